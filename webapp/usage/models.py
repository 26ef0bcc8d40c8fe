"""What accounting adds to the rows of bookings and runs: prices, tariffs of groups, and corrections.

Nothing here is ever changed or deleted: a later row replaces or reverses an earlier one, so that the trail stays.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


class WrittenOnce(Exception):
    """Somebody tried to change or delete a row of the accounts."""


class LedgerQuerySet(models.QuerySet):
    """Rows that can be added and read."""

    def update(self, **fields: Any) -> int:
        raise WrittenOnce("Rows of the accounts are not changed; add one that replaces or reverses the old one.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise WrittenOnce("Rows of the accounts are not deleted; add one that replaces or reverses the old one.")


class LedgerRow(models.Model):
    """A row that is written once. `made_by` and `made_at` say who did so and when."""

    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(auto_now_add=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise WrittenOnce("Rows of the accounts are not changed; add one that replaces or reverses the old one.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise WrittenOnce("Rows of the accounts are not deleted; add one that replaces or reverses the old one.")


class Tariff(models.TextChoices):
    INTERNAL = "internal", "Internal"
    ACADEMIC = "academic", "Academic, external"
    COMMERCIAL = "commercial", "Commercial"


class GroupTariff(LedgerRow):
    """What class a group belongs to from a day on; a group without a row is internal."""

    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="tariffs")
    tariff = models.CharField(max_length=12, choices=Tariff)
    valid_from = models.DateField()

    class Meta:
        ordering = ["group", "valid_from", "id"]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_tariff_display()} from {self.valid_from}"


class Rate(LedgerRow):
    """Prices of an hour from a day on, for an instrument (or all) and a class of groups (or all).

    Of the rates that apply on a day the one that names the instrument counts before one that does not, then the one
    that names the tariff, then the latest `valid_from`, then the row made last.
    """

    class Rule(models.TextChoices):
        BOOKING_COVERS_USE = "booking_covers_use", "Booked hours, and used hours outside own bookings"
        LARGER = "larger", "Booked or used hours, whichever costs more in the month"
        EACH = "each", "Every kind of hour, also where they coincide"

    instrument = models.ForeignKey(
        "facility.Instrument", null=True, blank=True, on_delete=models.PROTECT, related_name="rates",
        help_text="Empty: every instrument.",
    )  # fmt: skip
    tariff = models.CharField(
        max_length=12, choices=Tariff, blank=True, help_text="Class of groups. Empty: every class."
    )
    valid_from = models.DateField(help_text="First day in the facility's time zone.")
    rule = models.CharField(max_length=20, choices=Rule, default=Rule.BOOKING_COVERS_USE)
    booked_hour = models.DecimalField("price of a booked hour", max_digits=9, decimal_places=2, default=0)
    used_hour = models.DecimalField("price of a used hour", max_digits=9, decimal_places=2, default=0)
    transmitting_hour = models.DecimalField("price of a transmitting hour", max_digits=9, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217; the same in all rates.")

    class Meta:
        ordering = ["-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(booked_hour__gte=0) & Q(used_hour__gte=0) & Q(transmitting_hour__gte=0),
                name="rate_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument or 'All instruments'}, {self.get_tariff_display() or 'all groups'}, {self.valid_from}"


class UsageCorrection(LedgerRow):
    """Hours or money that staff add to a group's account on a day (negative: take off), and why.

    A reversal is a row with the opposite value that names what it reverses; neither can be reversed again.
    """

    class Kind(models.TextChoices):
        BOOKED = "booked", "Booked hours"
        USED = "used", "Used hours"
        TRANSMITTING = "transmitting", "Transmitting hours"
        AMOUNT = "amount", "Amount"

    group = models.ForeignKey("accounts.Group", on_delete=models.PROTECT, related_name="usage_corrections")
    instrument = models.ForeignKey("facility.Instrument", on_delete=models.PROTECT, related_name="usage_corrections")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="usage_corrections"
    )  # whose hours; None: nobody's in particular
    day = models.DateField(help_text="Day in the facility's time zone; its month and its rate count.")
    kind = models.CharField(max_length=12, choices=Kind)
    value = models.DecimalField(
        max_digits=10, decimal_places=4, validators=[MinValueValidator(-100_000), MaxValueValidator(100_000)],
        help_text="Hours, or money in the currency of the rates; negative takes off.",
    )  # fmt: skip
    reason = models.CharField(max_length=300)
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversal", editable=False
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(value=0), name="correction_not_zero")]
        indexes = [
            models.Index(fields=["day"], name="correction_day"),
            models.Index(fields=["group", "day"], name="correction_group"),
        ]

    @property
    def signed(self) -> str:
        """The value with its sign and no more decimals than it needs."""
        return f"{self.value.normalize():+f}".replace("-", "−")

    def __str__(self) -> str:
        return f"{self.signed} ({self.get_kind_display().lower()}) for {self.group} on {self.day}"


class ClosedMonth(LedgerRow):
    """A month whose hours are kept as they were when it was closed, by `ClosedHours`; it is not opened again.

    What is corrected afterwards is added to them, and is told apart by being made later.
    """

    month = models.DateField(unique=True, help_text="Its first day.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ClosedHours(models.Model):
    """Hours of a closed month: of a user of a group on an instrument, of the group there, or of the instrument.

    `hours` has for each measure of webapp.usage.accounting a list of whole microseconds, one for each day.
    """

    closed = models.ForeignKey(ClosedMonth, on_delete=models.PROTECT, related_name="hours")
    instrument = models.ForeignKey("facility.Instrument", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey("accounts.Group", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # None: of the whole group
    hours = models.JSONField()

    objects = LedgerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(user=None) | Q(group__isnull=False), name="closed_hours_of_a_group")
        ]

    def __str__(self) -> str:
        return f"{self.closed}, {self.instrument}, {self.group or 'all'}, {self.user or 'all'}"
