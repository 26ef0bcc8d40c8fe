"""Values of the booking policies, as staff set them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

#: nothing longer than a year is meant seriously, and it keeps times within what calendars can say
_MINUTES = [MinValueValidator(0), MaxValueValidator(366 * 24 * 60)]
_HOURS = [MinValueValidator(0.0), MaxValueValidator(168.0)]


class BookingRules(models.Model):
    """Rules for an instrument (or all), and for a group (or all). Empty fields say nothing.

    Of all rows that apply to a booking the most restrictive value counts, whichever row it is in; a value that no row
    gives has the default of webapp.facility.bookings.rules.
    """

    instrument = models.ForeignKey(
        "facility.Instrument", null=True, blank=True, on_delete=models.CASCADE, related_name="booking_rules",
        help_text="Empty: every instrument.",
    )  # fmt: skip
    group = models.ForeignKey(
        "accounts.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="booking_rules",
        help_text="Empty: every group.",
    )  # fmt: skip
    duration_min_minutes = models.PositiveIntegerField(null=True, blank=True, validators=_MINUTES)
    duration_max_minutes = models.PositiveIntegerField(null=True, blank=True, validators=_MINUTES)
    horizon_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text="How far ahead a booking may end.",
    )  # fmt: skip
    weekly_hours_user_max = models.FloatField(
        null=True, blank=True, validators=_HOURS, help_text="Hours that one user may book on an instrument in a week."
    )
    weekly_hours_group_max = models.FloatField(
        null=True, blank=True, validators=_HOURS, help_text="Hours that one group may book on an instrument in a week."
    )
    buffer_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=_MINUTES, help_text="Free time between two bookings, as for changing samples."
    )
    cancel_deadline_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=_MINUTES, help_text="How long before its start a booking may be cancelled."
    )
    no_show_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=_MINUTES,
        help_text="A booking that nobody has checked in this long after its start is released. Empty: no check-in.",
    )  # fmt: skip
    series_count_max = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text="Bookings that one series may have.",
    )  # fmt: skip
    needs_qualification = models.BooleanField(null=True, blank=True)
    needs_approval = models.BooleanField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["instrument", "group"]
        verbose_name_plural = "booking rules"
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "group"],
                condition=Q(instrument__isnull=False, group__isnull=False),
                name="booking_rules_of_both_once",
            ),
            models.UniqueConstraint(
                fields=["instrument"], condition=Q(group__isnull=True), name="booking_rules_of_instrument_once"
            ),
            models.UniqueConstraint(
                fields=["group"], condition=Q(instrument__isnull=True), name="booking_rules_of_group_once"
            ),
        ]

    def clean(self) -> None:
        """One row for each pair; the database cannot say so of rows for everything, as NULL equals nothing."""
        same = BookingRules.objects.filter(instrument=self.instrument, group=self.group).exclude(pk=self.pk)
        if same.exists():
            raise ValidationError({"instrument": "There are rules for this instrument and group already."})
        low, high = self.duration_min_minutes, self.duration_max_minutes
        if low is not None and high is not None and low > high:
            raise ValidationError({"duration_max_minutes": f"Must be at least the shortest duration, {low} min."})

    def __str__(self) -> str:
        return f"Rules of {self.instrument or 'all instruments'} for {self.group or 'all groups'}"
