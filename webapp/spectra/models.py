"""Processed results: versions of spectra and their lines. Old versions stay."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Spectrum(models.Model):
    """One processing of one run's captures: (captures, parameters, software version) -> result, with a content hash.

    Values are complex64 in the storage "spectra" under `name`; bin k lies at x0_hz + k * dx_hz. The row is also the
    job: a processing worker claims it by fence and lease like a run.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        PROCESSING = "processing", "Processing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="spectra")
    sample = models.ForeignKey("samples.Sample", on_delete=models.PROTECT, related_name="spectra")
    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="spectra")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    parameters = models.JSONField(default=dict)  # acquisition.reconstruction.ReconstructionParameters
    software_version = models.CharField(max_length=60, blank=True)
    inputs = models.JSONField(default=list)  # [{"name", "sha256"}] of the captures used
    content_sha256 = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200, blank=True)
    x0_hz = models.FloatField(null=True)
    dx_hz = models.FloatField(null=True)
    points = models.PositiveIntegerField(default=0)
    noise_sigma = models.FloatField(null=True)
    windows = models.JSONField(default=list, blank=True)  # fields of acquisition.experiment.SpectrumWindow, each
    detection_snr = models.FloatField(null=True)  # lines were looked for above it
    detection_false_alarms = models.FloatField(null=True)  # that noise alone puts above it in the whole survey
    temperature_k = models.FloatField(null=True, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    fence = models.PositiveBigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["run", "version"], name="spectrum_version_once")]
        indexes = [
            models.Index(fields=["sample", "-id"], name="spectrum_sample"),
            models.Index(fields=["group", "-id"], name="spectrum_group"),
            models.Index(fields=["state", "lease_expires_at"], condition=~Q(state="done"), name="spectrum_open"),
        ]

    def __str__(self) -> str:
        return f"{self.sample} · run {self.run_id} · version {self.version}"


class SpectralLine(models.Model):
    """A line of a processing version; fields as acquisition.lines.Line."""

    class Status(models.TextChoices):
        CANDIDATE = "candidate", "Candidate"
        CONFIRMED = "confirmed", "Confirmed"
        MOVED = "moved", "Moved to another tooth"
        REJECTED = "rejected", "Rejected"

    spectrum = models.ForeignKey(Spectrum, on_delete=models.CASCADE, related_name="lines")
    frequency_hz = models.FloatField()
    frequency_sigma_hz = models.FloatField(null=True)
    fwhm_hz = models.FloatField()
    fwhm_sigma_hz = models.FloatField(null=True)
    amplitude = models.FloatField()
    amplitude_sigma = models.FloatField(null=True)
    phase_rad = models.FloatField(default=0)
    snr = models.FloatField()
    unfolding_confidence = models.FloatField()
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["frequency_hz"]
        indexes = [models.Index(fields=["frequency_hz"], name="line_frequency")]


class MeasuredCurve(models.Model):
    """A curve of a processing version; `data` holds the axes and the arrays of acquisition.curves.Curve."""

    spectrum = models.ForeignKey(Spectrum, on_delete=models.CASCADE, related_name="curves")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    model = models.CharField(max_length=300, blank=True)
    data = models.JSONField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["spectrum", "name"], name="curve_name_once")]

    def __str__(self) -> str:
        return self.title


class MeasuredQuantity(models.Model):
    """A number read from a processing version; fields as acquisition.curves.Quantity."""

    spectrum = models.ForeignKey(Spectrum, on_delete=models.CASCADE, related_name="quantities")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    symbol = models.CharField(max_length=60)
    value = models.FloatField()
    sigma = models.FloatField(null=True)
    unit = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=500, blank=True)
    display_unit = models.CharField(max_length=30, blank=True)
    scale = models.FloatField(default=1.0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["spectrum", "name"], name="quantity_name_once")]
        indexes = [models.Index(fields=["name", "value"], name="quantity_value")]

    def __str__(self) -> str:
        return f"{self.symbol} = {self.value:g} {self.unit}".strip()
