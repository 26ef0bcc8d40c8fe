"""What the facility's serializers share: times, and looking up what a request names."""

from __future__ import annotations

import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.access import active_groups
from webapp.accounts.api import named_user
from webapp.accounts.models import Group, User
from webapp.config.fields import StrictSerializer
from webapp.facility import access
from webapp.facility.bookings import localtime
from webapp.facility.models import Instrument


class UtcField(serializers.DateTimeField):
    """A time as stored, always told in UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=datetime.UTC, read_only=True, **options)


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.CharField):
    """A time in ISO 8601, with offset, or without one and with a `time_zone` beside it; read by `times`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Must be a time in ISO 8601.")
        return super().to_internal_value(data)


class ZonedSerializer(StrictSerializer):
    """Base of bodies with times."""

    time_zone = serializers.CharField(
        required=False, max_length=64,
        help_text="IANA zone of times without offset, whose clocks then decide.",
    )  # fmt: skip
    fold = serializers.ChoiceField(
        required=False, choices=localtime.FOLDS,
        help_text="Which is meant of times that come twice when clocks are put back.",
    )  # fmt: skip


def times(wanted: dict[str, Any], *names: str) -> dict[str, datetime.datetime]:
    """Takes these times and the zone out of a body; UTC. Raises InvalidParameters naming each wrong one."""
    zone, fold = wanted.pop("time_zone", None), wanted.pop("fold", None)
    found: dict[str, datetime.datetime] = {}
    errors: list[FieldError] = []
    for name in names:
        text = wanted.pop(name, None)
        if text is None:
            continue
        try:
            found[name] = localtime.moment(text, zone, fold, name)
        except InvalidParameters as error:
            errors += [fault for fault in error.errors if fault not in errors]
    if errors:
        raise InvalidParameters(errors)
    return found


def named_instrument(request: Request, slug: str) -> Instrument:
    """The instrument of this name; raises InvalidParameters."""
    instrument = access.instruments(request.user).filter(slug=slug).first()
    if instrument is None:
        known = ", ".join(access.instruments(request.user).values_list("slug", flat=True)[:20])
        raise InvalidParameters([FieldError("instrument", f"Unknown instrument; known are {known}.")])
    return instrument


def named_group(request: Request, slug: str | None) -> Group:
    """One of the user's groups; may be left out by who has only one. Raises InvalidParameters."""
    own = active_groups(request.user)
    if slug is not None:
        group = own.filter(slug=slug).first()
        if group is None:
            raise InvalidParameters([FieldError("group", "You are not a member of a group of this name.")])
        return group
    found = list(own[:2])
    if len(found) != 1:
        raise InvalidParameters([FieldError("group", "Say which group it is for.")])
    return found[0]


def parties(request: Request, wanted: dict[str, Any]) -> dict[str, Instrument | Group | User | None]:
    """Takes instrument, group and user out of a body."""
    username = wanted.pop("user", None)
    return {
        "instrument": named_instrument(request, wanted.pop("instrument")),
        "group": named_group(request, wanted.pop("group", None)),
        "user": None if username is None else named_user(username, "user"),
    }
