"""Forms of bookings. They read what people type; whether it can be had is decided by the services."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts import access as accounts_access
from webapp.accounts.models import Group, Membership, User
from webapp.errors import ServiceError
from webapp.facility import access
from webapp.facility.bookings import localtime, outages, series
from webapp.facility.bookings.core import REASON_MAX, TITLE_MAX
from webapp.facility.bookings.facts import zone_of
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.models import Booking, Instrument, Outage
from webapp.home.forms import show_errors

CLOCK = "%Y-%m-%dT%H:%M"
WEEKDAYS = (
    ("MO", "Monday"), ("TU", "Tuesday"), ("WE", "Wednesday"), ("TH", "Thursday"), ("FR", "Friday"), ("SA", "Saturday"),
    ("SU", "Sunday"),
)  # fmt: skip
SCOPES = (("this", "This booking only"), ("following", "This and those after it"), ("all", "All that are to come"))
NO_SUCH_GROUP = "You are not a member of a group of this name, or it is archived."


class MomentField(forms.CharField):
    """A wall-clock time, typed or picked; the form reads it in the user's zone."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=CLOCK)
        super().__init__(max_length=40, widget=widget, **options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # the browser's picker takes no maxlength


class ZonedForm(forms.Form):
    """Base of forms with times: `moments` names the fields, cleaned to UTC by the clocks of the user's zone."""

    moments: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.zone = user, zone_of(user)
        self.fields["fold"] = forms.ChoiceField(
            label="Clocks are put back here. Which is meant?", required=False,
            choices=[("", "Choose"), ("earlier", "The first time clocks show it"), ("later", "The second time")],
        )  # fmt: skip

    @property
    def asks_fold(self) -> bool:
        """Whether a time was given that comes twice."""
        return bool(self.data.get("fold")) or any(
            "comes twice" in fault for name in self.moments for fault in self.errors.get(name, ())
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in self.moments:
            text = values.get(name)
            if text:
                try:
                    values[name] = localtime.moment(text, self.zone.key, values.get("fold") or None, name)
                except InvalidParameters as error:
                    show_errors(self, error)
        return values

    def refuse(self, error: InvalidParameters | ServiceError) -> None:
        """Put what the service said beside the fields; those of the recurrence have their last names here."""
        if isinstance(error, InvalidParameters):
            error = InvalidParameters(
                [FieldError(fault.field.removeprefix("recurrence."), fault.message) for fault in error.errors]
            )
        show_errors(self, error)


class PartiesForm(ZonedForm):
    """Who wants which instrument: `user` is there for leaders and staff only."""

    instrument = forms.ModelChoiceField(
        queryset=Instrument.objects.none(), to_field_name="slug", empty_label=None,
        error_messages={"invalid_choice": "There is no such instrument."},
    )  # fmt: skip
    group = forms.ModelChoiceField(
        queryset=Group.objects.none(), to_field_name="slug", error_messages={"invalid_choice": NO_SUCH_GROUP}
    )
    user_ = forms.ModelChoiceField(
        label="For", queryset=User.objects.none(), to_field_name="username", required=False, empty_label="Myself"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"] = self.fields.pop("user_")
        own = accounts_access.active_groups(self.user)
        self.fields["instrument"].queryset = access.instruments(self.user)
        self.fields["group"].queryset = own
        self.fields["group"].empty_label = None if len(own[:2]) == 1 else "Choose a group"
        bookable = _bookable_for(self.user)
        if bookable.exists():
            self.fields["user"].queryset = bookable
            self.fields["user"].label_from_instance = lambda user: user.get_full_name() or user.get_username()
        else:
            del self.fields["user"]

    @property
    def parties(self) -> dict[str, Any]:
        """Keyword arguments of the services."""
        return {name: self.cleaned_data.get(name) for name in ("instrument", "group", "user")}


def _bookable_for(user: User) -> QuerySet[User]:
    """Whom else one may book for: leaders the members of their groups, staff everybody."""
    others = accounts_access.users(user).filter(is_active=True).exclude(pk=user.pk)
    if user.is_staff:
        return others
    led = Membership.objects.filter(user=user, role=Membership.Role.LEADER).values("group")
    return others.filter(Q(pk__in=Membership.objects.filter(group__in=led).values("user")))


class BookingForm(PartiesForm):
    """A booking, or a series of them."""

    moments = ("starts_at", "ends_at")

    starts_at = MomentField(label="From")
    ends_at = MomentField(label="Until")
    title = forms.CharField(
        required=False, max_length=TITLE_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Your groups see it; others see that the time is booked.",
    )  # fmt: skip
    frequency = forms.ChoiceField(
        label="Repeat", required=False,
        choices=[("", "Does not repeat"), ("daily", "Daily"), ("weekly", "Weekly"), ("monthly", "Monthly")],
    )  # fmt: skip
    interval = forms.IntegerField(
        label="Every", required=False, help_text="Every 2 with “Weekly” is every other week.",
        widget=forms.NumberInput(attrs={"min": 1, "placeholder": "1"}),
    )  # fmt: skip
    weekdays = forms.MultipleChoiceField(
        label="On", required=False, choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple,
        help_text="Of weekly bookings. None: on the weekday of the first.",
    )  # fmt: skip
    count = forms.IntegerField(label="How often", required=False, widget=forms.NumberInput(attrs={"min": 1}))
    until = forms.DateField(
        label="Or until", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day, included.",
    )  # fmt: skip
    skip = forms.BooleanField(label="Leave out what cannot be booked", required=False)
    # Sent twice, by a double click or a reload, the form still books once.
    idempotency_key = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = lambda: f"page-{uuid.uuid4()}"

    def clean(self) -> dict[str, Any]:
        typed = {name: self.cleaned_data.get(name) for name in self.moments}
        values = super().clean()
        if self.is_series:
            for name, text in typed.items():
                if text and name not in self.errors:
                    values[f"{name}_local"] = localtime.read(text, name).replace(tzinfo=None)
        return values

    @property
    def is_series(self) -> bool:
        return bool(self.cleaned_data.get("frequency"))

    @property
    def series_is_open(self) -> bool:
        return bool(self["frequency"].value())

    @property
    def series_values(self) -> dict[str, Any]:
        """Keyword arguments of series.preview and, with on_conflict, series.book."""
        given = self.cleaned_data
        interval = given["interval"]
        return {
            "starts_local": given["starts_at_local"],
            "ends_local": given["ends_at_local"],
            "time_zone": self.zone.key,
            "fold": given["fold"] or "earlier",
            "recurrence_": Recurrence(
                given["frequency"], 1 if interval is None else interval, tuple(given["weekdays"]), given["count"],
                given["until"],
            ),
        }  # fmt: skip

    @property
    def on_conflict(self) -> str:
        return series.ON_CONFLICT[1 if self.cleaned_data["skip"] else 0]


class ChangeForm(ZonedForm):
    """Another time or title for a booking, and for how many of its series."""

    moments = ("starts_at", "ends_at")

    starts_at = MomentField(label="From")
    ends_at = MomentField(label="Until")
    title = forms.CharField(required=False, max_length=TITLE_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    scope = forms.ChoiceField(label="Change", choices=SCOPES, initial="this", widget=forms.RadioSelect)

    def __init__(self, *args: Any, booking: Booking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking
        # Seconds, and which of two times a clock shows, are not in the fields: what is left as it is must not move.
        self._shown = {name: clock(getattr(booking, name), self.zone) for name in self.moments}
        self.initial = {**self._shown, "title": booking.title, "scope": "this"} | self.initial
        if booking.series_id is None:
            del self.fields["scope"]

    def clean(self) -> dict[str, Any]:
        unchanged = [name for name in self.moments if self.cleaned_data.get(name) == self._shown[name]]
        for name in unchanged:
            self.cleaned_data[name] = ""
        values = super().clean()
        return values | {name: getattr(self.booking, name) for name in unchanged}


class EndForm(forms.Form):
    """Why a booking is given up or declined, and for how many of its series."""

    scope = forms.ChoiceField(label="Cancel", choices=SCOPES, initial="this", widget=forms.RadioSelect)
    reason = forms.CharField(
        required=False, max_length=REASON_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, series: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not series:
            del self.fields["scope"]


class WaitForm(PartiesForm):
    """Waiting for time on an instrument."""

    moments = ("earliest_at", "latest_at")

    earliest_at = MomentField(label="Not before")
    latest_at = MomentField(label="Over by")
    duration_minutes = forms.IntegerField(label="For how long", widget=forms.NumberInput(attrs={"min": 1}))
    title = forms.CharField(required=False, max_length=TITLE_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["duration_minutes"].unit = "min"


class OutageForm(ZonedForm):
    """Staff: when an instrument cannot be used."""

    moments = ("starts_at", "ends_at")

    instrument = forms.ModelChoiceField(queryset=Instrument.objects.none(), to_field_name="slug", empty_label=None)
    kind = forms.ChoiceField(choices=Outage.Kind.choices)
    starts_at = MomentField(label="From")
    ends_at = MomentField(label="Until", required=False, help_text="Empty: until further notice.")
    reason = forms.CharField(
        max_length=REASON_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"}), help_text="Everybody sees it."
    )
    on_bookings = forms.ChoiceField(
        label="Bookings in it", initial=outages.ON_BOOKINGS[0], widget=forms.RadioSelect,
        choices=[("keep", "Keep them and tell their users"), ("cancel", "Cancel those to come, cut short what runs")],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["instrument"].queryset = access.instruments(self.user)


class GrantForm(ZonedForm):
    """Staff: somebody has been trained on an instrument."""

    person = forms.ModelChoiceField(
        label="User", queryset=User.objects.none(), to_field_name="username", empty_label="Choose a user"
    )
    instrument = forms.ModelChoiceField(queryset=Instrument.objects.none(), to_field_name="slug", empty_label=None)
    expires_on = forms.DateField(
        label="Valid until", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="This day included. Empty: it does not expire.",
    )  # fmt: skip
    note = forms.CharField(required=False, max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["instrument"].queryset = access.instruments(self.user)
        self.fields["person"].queryset = accounts_access.users(self.user).filter(is_active=True)
        self.fields["person"].label_from_instance = lambda user: user.get_full_name() or user.get_username()

    @property
    def expires_at(self) -> datetime.datetime | None:
        """The end of the last day, by the user's clocks."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        return datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), self.zone)

    def refuse(self, error: InvalidParameters | ServiceError) -> None:
        if isinstance(error, InvalidParameters):
            names = {"expires_at": "expires_on", "user": "person"}
            error = InvalidParameters(
                [FieldError(names.get(fault.field, fault.field), fault.message) for fault in error.errors]
            )
        show_errors(self, error)


def clock(at: datetime.datetime, zone: datetime.tzinfo) -> str:
    """A moment as fields of these forms show it."""
    return at.astimezone(zone).strftime(CLOCK)
