"""What people made of the lines of a sample: explanations that they accepted or rejected."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Assignment(models.Model):
    """One decision of one user about one explanation, as it was when they decided.

    Nothing is overwritten: of a sample the newest accepted decision that is not undone holds, so undoing it brings back
    the one before. `key` is that of acquisition.assignment.Explanation, `sites` its sites as plain values.
    """

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    sample = models.ForeignKey("samples.Sample", on_delete=models.CASCADE, related_name="assignments")
    decision = models.CharField(max_length=10, choices=Decision)
    key = models.CharField(max_length=32)
    sites = models.JSONField(default=list)
    probability = models.FloatField()
    score = models.FloatField()
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["sample", "-id"], name="assignment_sample")]

    def __str__(self) -> str:
        return f"{self.sample}: {self.get_decision_display().lower()} by {self.decided_by}"


class AssignedLine(models.Model):
    """A line of an assignment with what it was said to be; the frequency stays when the spectrum is made anew."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(
        "spectra.SpectralLine", null=True, blank=True, on_delete=models.SET_NULL, related_name="assignments"
    )
    frequency_hz = models.FloatField()
    tolerance_hz = models.FloatField()
    nuclide = models.CharField(max_length=8)
    transition = models.CharField(max_length=20)
    site = models.PositiveSmallIntegerField()  # place of the site in the assignment's `sites`

    class Meta:
        ordering = ["frequency_hz"]
