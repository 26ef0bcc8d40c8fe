"""Published and uploaded reference lines, the index of measured lines for searches, and searches that users keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Compound(models.Model):
    """A compound with its known lines: of the literature library (no group), or uploaded for one group.

    `elements` are the symbols of the formula between spaces, such as " Cl K O ", empty where it cannot be read.
    """

    name = models.CharField(max_length=300)
    formula = models.CharField(max_length=160, blank=True)
    elements = models.CharField(max_length=400, blank=True)
    group = models.ForeignKey(
        "accounts.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="reference_compounds"
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(group__isnull=True), name="literature_compound_once"),
            models.UniqueConstraint(fields=["group", "name"], name="uploaded_compound_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ReferenceLine(models.Model):
    """One known line. Without `temperature_k` it was measured at a room temperature that is not stated.

    `consistent` says whether the listed C_Q and eta reproduce the listed lines, if that could be checked.
    """

    compound = models.ForeignKey(Compound, on_delete=models.CASCADE, related_name="lines")
    nuclide = models.CharField(max_length=8, blank=True)
    site = models.CharField(max_length=40, blank=True)
    frequency_hz = models.FloatField()
    temperature_k = models.FloatField(null=True)
    dnu_dt_hz_per_k = models.FloatField(null=True)
    t1_s = models.FloatField(null=True)
    t2_s = models.FloatField(null=True)
    cq_hz = models.FloatField(null=True)
    eta = models.FloatField(null=True)
    consistent = models.BooleanField(null=True)
    source = models.CharField(max_length=300, blank=True)
    citation = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["frequency_hz", "pk"]
        indexes = [models.Index(fields=["frequency_hz"], name="reference_frequency")]

    def __str__(self) -> str:
        return f"{self.compound}, {self.frequency_hz:.0f} Hz"


class Peak(models.Model):
    """The index of measured lines: the confirmed ones of each run's newest version, as narrow rows.

    It holds nothing that is not in `SpectralLine`, and can be made anew by `manage.py index_lines`. Searches among many
    millions of lines read it alone: everything they need is in its two indexes.
    """

    spectrum = models.ForeignKey("spectra.Spectrum", on_delete=models.CASCADE, related_name="peaks", db_index=False)
    group = models.ForeignKey("accounts.Group", on_delete=models.CASCADE, related_name="+", db_index=False)
    frequency_hz = models.FloatField()
    relative_height = models.FloatField()  # of the highest peak of its spectrum

    class Meta:
        indexes = [
            models.Index(
                fields=["frequency_hz"], include=["spectrum", "group", "relative_height"], name="peak_frequency"
            ),
            models.Index(fields=["spectrum"], include=["frequency_hz"], name="peak_spectrum"),
        ]

    def __str__(self) -> str:
        return f"{self.frequency_hz:.0f} Hz of spectrum {self.spectrum_id}"


class SavedSearch(models.Model):
    """A search that a user keeps under a name: the query string of its page."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_search_once")]

    def __str__(self) -> str:
        return self.name
