"""What pages, API and downloads are asked for: months and filters as text, checked."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.access import Viewer
from webapp.usage import access
from webapp.usage.periods import Month, Period, read_month
from webapp.usage.report import Filters


def this_month() -> Month:
    """The month that it is in the facility's time zone."""
    return Month.of(timezone.localdate(timezone=timezone.get_default_timezone()))


def period(values: Mapping[str, str]) -> Period:
    """`month` (this one if it is not given) to `until` (the same month); raises InvalidParameters."""
    first = read_month(values["month"]) if values.get("month") else this_month()
    last = read_month(values["until"], "until") if values.get("until") else first
    return Period(first, last)


def filters(viewer: Viewer, values: Mapping[str, str]) -> Filters:
    """`group` and `instrument` by slug, `user` by name, among those the viewer may ask for; InvalidParameters."""
    errors: list[FieldError] = []
    group = instrument = user = None
    if name := values.get("group"):
        group = access.groups(viewer).filter(slug=name).first()
        if group is None:
            errors.append(FieldError("group", "You are not a member of a group of this name."))
    if name := values.get("instrument"):
        instrument = access.instruments(viewer).filter(slug=name).first()
        if instrument is None:
            errors.append(FieldError("instrument", "There is no instrument of this name."))
    if name := values.get("user"):
        user = access.people(viewer).filter(username=name).first()
        if user is None:
            errors.append(FieldError("user", "This is neither you nor a member of a group that you lead."))
    if errors:
        raise InvalidParameters(errors)
    return Filters(group, instrument, user)
