"""Settings that a group keeps to measure with again."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class RunTemplate(models.Model):
    """A method with its parameters under a name. `shared` shows it to every group; only its own may change it."""

    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="run_templates")
    name = models.CharField(max_length=120)
    notes = models.TextField(blank=True, max_length=2000)
    method = models.CharField(max_length=40)
    parameters = models.JSONField()
    shared = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="template_name_in_group")]

    def __str__(self) -> str:
        return self.name
