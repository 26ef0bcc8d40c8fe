"""What is known of an instrument's errors: measured by runs, valid for a time, used by later runs."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import models


class Calibration(models.Model):
    """One quantity of an instrument as one calibration run found it, in SI units.

    `quantity` is a name of acquisition.calibration.quantities. A row counts when somebody (or a rule) has accepted it
    and nobody has withdrawn it; of those that count the newest measurement is in force, also when it has become stale.
    Value and uncertainty are never changed: later runs say that they used this row.
    """

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="calibrations")
    quantity = models.CharField(max_length=40)
    symbol = models.CharField(max_length=60)
    value = models.FloatField()
    sigma = models.FloatField()
    unit = models.CharField(max_length=30, blank=True)
    display_unit = models.CharField(max_length=30, blank=True)
    scale = models.FloatField(default=1.0)
    note = models.CharField(max_length=500, blank=True)
    sample_rate_hz = models.FloatField(default=0.0)  # it is true for this rate only; 0: for every rate
    run = models.ForeignKey("runs.Run", on_delete=models.PROTECT, related_name="calibrations")
    measured_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)  # why it waits for consent, or was withdrawn
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-measured_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["run", "quantity"], name="calibration_once")]
        indexes = [models.Index(fields=["instrument", "quantity", "-measured_at"], name="calibration_newest")]

    def __str__(self) -> str:
        return f"{self.symbol} of {self.instrument}"

    @property
    def counts(self) -> bool:
        """Whether it is accepted and not withdrawn."""
        return self.accepted_at is not None and self.withdrawn_at is None

    @property
    def state(self) -> str:
        """A word for the page and the API."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "waiting" if self.accepted_at is None else "accepted"

    def stale(self, now: datetime.datetime) -> bool:
        """Whether its time is over."""
        return self.valid_until <= now


class CalibrationValidity(models.Model):
    """For how long a quantity of an instrument counts as known, where it is not the usual time."""

    instrument = models.ForeignKey("facility.Instrument", on_delete=models.CASCADE, related_name="calibration_validity")
    quantity = models.CharField(max_length=40)
    days = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instrument", "quantity"], name="validity_once")]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.instrument}: {self.days:g} days"


class UsedCalibration(models.Model):
    """A calibration that was in force when a run started, with the value that the run used. Written once."""

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="used_calibrations")
    calibration = models.ForeignKey(Calibration, on_delete=models.PROTECT, related_name="uses")
    quantity = models.CharField(max_length=40)
    value = models.FloatField()
    sigma = models.FloatField()
    stale = models.BooleanField()  # its time was over when the run started

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "calibration"], name="used_once")]

    def __str__(self) -> str:
        return f"{self.quantity} in run {self.run_id}"
