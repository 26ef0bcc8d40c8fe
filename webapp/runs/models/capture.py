"""What runs have measured."""

from __future__ import annotations

from django.db import models


class CaptureRecord(models.Model):
    """A stored capture: where its SigMF files lie in the storage "captures", and the hash of their bytes."""

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="captures")
    index = models.PositiveIntegerField()
    name = models.CharField(max_length=200)  # storage name without .sigmf-meta/.sigmf-data
    sha256 = models.CharField(max_length=64)  # of data, metadata and excitation, see runs.services.captures
    size_bytes = models.PositiveBigIntegerField()
    method = models.CharField(max_length=40)
    purpose = models.CharField(max_length=200, blank=True)
    centre_frequency_hz = models.FloatField()
    sample_rate_hz = models.FloatField()
    averages = models.PositiveIntegerField()
    alignment = models.CharField(max_length=20)
    transmit_s = models.FloatField(null=True, blank=True)  # of all averages; None: from before it was noted
    complete = models.BooleanField(default=True)  # False: stopped before all its averages were done
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["run", "index"]
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="capture_index_once")]
