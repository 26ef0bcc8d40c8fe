"""What users chose to be told, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.notifications.kinds import SECTIONS, Channel, Kind, Section, default
from webapp.notifications.models import LEAD_MAX_MINUTES, Preference

LEAD_MINUTES = 60
LEAD_MIN_MINUTES = 5


def channels(users: Iterable[User], kind: Kind) -> dict[int, Channel]:
    """Where this kind goes for each of the users, by id."""
    ids = [user.pk for user in users]
    chosen = dict(Preference.objects.filter(user__in=ids, kind=kind).values_list("user", "channel"))
    return {pk: Channel(chosen[pk]) if pk in chosen else default(kind) for pk in ids}


def of_user(user: User) -> dict[Kind, Channel]:
    """Every kind that the user can be told about with its channel."""
    chosen = dict(user.preferences.values_list("kind", "channel"))
    return {
        kind: Channel(chosen[kind]) if kind in chosen else default(kind)
        for section in sections(user)
        for kind in section.kinds
    }


def sections(user: User) -> tuple[Section, ...]:
    """Sections of kinds that the user can be told about."""
    return tuple(section for section in SECTIONS if user.is_staff or not section.for_staff)


def lead_minutes(user: User) -> int:
    """How long before a booking the user wants its reminder."""
    row = user.preferences.filter(kind=Kind.REMINDER).values_list("lead_minutes", flat=True).first()
    return row or LEAD_MINUTES


def choose(user: User, chosen: Mapping[Kind, Channel], lead: int) -> None:
    """Keep the user's choice. Kinds that are left out keep what they have."""
    if not LEAD_MIN_MINUTES <= lead <= LEAD_MAX_MINUTES:
        range_of = f"{LEAD_MIN_MINUTES} to {LEAD_MAX_MINUTES} minutes"
        raise InvalidParameters([FieldError("lead_minutes", f"A reminder comes {range_of} before a booking.")])
    known = of_user(user)
    unknown = [kind for kind in chosen if kind not in known]
    if unknown:
        raise InvalidParameters([FieldError(kind, "Is told to the facility's staff only.") for kind in unknown])
    with transaction.atomic():
        for kind, channel in chosen.items():
            lead_of = {"lead_minutes": lead} if kind == Kind.REMINDER else {}
            Preference.objects.update_or_create(user=user, kind=kind, defaults={"channel": channel} | lead_of)
