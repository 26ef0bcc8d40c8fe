"""What is measured."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Sample(models.Model):
    """A sample of a group. `nuclides` lists the quadrupolar nuclides of its formula, e.g. ["35Cl", "37Cl", "39K"].

    `elements` are the symbols of the formula between spaces, " Cl K O ", so that one of them can be searched for.
    """

    name = models.CharField(max_length=160)
    formula = models.CharField(max_length=120, blank=True)
    nuclides = models.JSONField(default=list, blank=True)
    elements = models.CharField(max_length=400, blank=True, editable=False)
    mass_g = models.FloatField(null=True, blank=True)
    temperature_k = models.FloatField(null=True, blank=True)
    notes = models.TextField(blank=True)
    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="samples")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived = models.BooleanField(default=False)

    class Meta:
        ordering = ["-updated_at"]
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="sample_name_in_group")]

    def __str__(self) -> str:
        return self.name
