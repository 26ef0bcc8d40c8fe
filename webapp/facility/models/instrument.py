"""Instruments: where their radios are, what they may do, and what state they are in."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from acquisition.errors import InvalidParameters


class Instrument(models.Model):
    """One spectrometer: where its radio is, what it may do, and what state it is in.

    `limits` holds the fields of acquisition.limits.InstrumentLimits, `converter` those of sdr's ConverterSettings, as
    JSON. `fence` grows with every claim; a process that holds an older fence has lost the instrument.
    """

    class Status(models.TextChoices):
        READY = "ready", "Ready"
        BUSY = "busy", "Running"
        NEEDS_CHECK = "needs_check", "Needs check"
        OFFLINE = "offline", "Offline"

    class Synchronisation(models.TextChoices):
        AUTO = "auto", "TDD core if the firmware has it"
        TDD = "tdd", "TDD core required"
        LEAKAGE = "leakage", "Transmit leakage"

    class ProbeTuning(models.TextChoices):
        FIXED = "fixed", "Not during a run"
        PROMPT = "prompt", "By people, who are asked to"
        STEPPER = "stepper", "By a tuner"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    location = models.CharField(max_length=120, blank=True)
    driver = models.CharField(max_length=40, default="pluto")
    uri = models.CharField(max_length=200)
    serial = models.CharField(max_length=80, blank=True)
    converter = models.JSONField(default=dict, blank=True)
    limits = models.JSONField(default=dict, blank=True)
    rx_gain_db = models.FloatField(default=30.0)
    tx_attenuation_db = models.FloatField(default=10.0)
    synchronisation = models.CharField(max_length=10, choices=Synchronisation, default=Synchronisation.AUTO)
    probe_tuning = models.CharField(max_length=10, choices=ProbeTuning, default=ProbeTuning.FIXED)
    tr_switch = models.JSONField(default=dict, blank=True)  # fields of sdr's SwitchSettings
    tuner_uri = models.CharField(max_length=200, blank=True)  # tcp:host:port of the probe's tuner

    status = models.CharField(max_length=20, choices=Status, default=Status.READY)
    status_message = models.CharField(max_length=300, blank=True)
    held = models.BooleanField(default=False)  # staff stopped new runs from starting
    hold_reason = models.CharField(max_length=300, blank=True)
    stopped = models.BooleanField(default=False)  # staff's emergency stop is in force (webapp.safety)
    fence = models.PositiveBigIntegerField(default=0)
    identity = models.JSONField(default=dict, blank=True)  # sdr's RadioIdentity as last seen
    last_seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Limits, converter, address and serial number must make sense before they are saved."""
        from webapp.facility import radios, services  # services build on models

        faults: dict[str, list[str]] = {}
        readers = {
            "limits": services.read_limits,
            "converter": services.read_converter,
            "tr_switch": services.read_switch,
        }
        for field, read in readers.items():
            try:
                read(getattr(self, field))
            except InvalidParameters as error:
                faults[field] = [f"{fault.field}: {fault.message}" for fault in error.errors]
        for field, sentences in radios.setting_faults(self).items():
            faults.setdefault(field, []).extend(sentences)
        if self.probe_tuning == self.ProbeTuning.STEPPER and not self.tuner_uri:
            faults["tuner_uri"] = ["A probe with a tuner needs the tuner's address, tcp:host:port."]
        if faults:
            raise ValidationError(faults)
