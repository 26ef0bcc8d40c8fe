"""Reads what policies must know; call it while the instrument is locked."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from webapp.accounts.models import Group, Membership, User
from webapp.facility.bookings.rules import effective
from webapp.facility.bookings.values import Facts, OutageSpan, Span, weeks
from webapp.facility.models import Booking, Instrument, Outage, Qualification


@dataclass(frozen=True)
class Parties:
    """Who books what: `actor` asks, the booking is for `user` of `group`."""

    actor: User
    instrument: Instrument
    group: Group
    user: User


def facility_zone() -> ZoneInfo:
    """Where the facility is: its weeks begin there."""
    return ZoneInfo(settings.TIME_ZONE)


def zone_of(user: User) -> ZoneInfo:
    """Where the user wants times told; UTC if the stored name is not known here."""
    try:
        return ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def gather(parties: Parties, within: Span, now: datetime.datetime, excluding: Collection[int] = ()) -> Facts:
    """Facts for wishes anywhere in `within` (which has an end); bookings `excluding` are about to change."""
    instrument, group, user = parties.instrument, parties.group, parties.user
    rules = effective(instrument.pk, group.pk)
    zone = facility_zone()
    buffer = datetime.timedelta(minutes=rules.buffer_minutes)
    touched = list(weeks(within, zone)) if within.ends_at > within.starts_at else []
    wide = Span(
        min([within.starts_at - buffer, *(week.starts_at for week in touched)]),
        max([within.ends_at + buffer, *(week.ends_at for week in touched)]),
    )
    rows = [
        (Span(starts_at, ends_at), user_id, group_id)
        for starts_at, ends_at, user_id, group_id in Booking.objects.filter(
            instrument=instrument, state__in=Booking.HOLDING, starts_at__lt=wide.ends_at, ends_at__gt=wide.starts_at
        )
        .exclude(pk__in=list(excluding))
        .order_by("starts_at")
        .values_list("starts_at", "ends_at", "user_id", "group_id")
    ]
    # read anew under the lock: the group may have been archived, or the user taken out of it, a moment ago
    archived_at, member = (
        Group.objects.annotate(member=Exists(Membership.objects.filter(user=user, group=OuterRef("pk"))))
        .values_list("archived_at", "member")
        .get(pk=group.pk)
    )
    return Facts(
        now=now,
        rules=rules,
        zone=zone,
        display_zone=zone_of(parties.actor),
        is_member=user.is_staff or member,
        group_archived=archived_at is not None,
        user_active=user.is_active,
        qualified_until=qualified_until(instrument, user, now) if rules.needs_qualification else None,
        taken=tuple(span for span, _user, _group in rows),
        outages=outages(instrument, within),
        user_spans=tuple(span for span, user_id, _group in rows if user_id == user.pk),
        group_spans=tuple(span for span, _user, group_id in rows if group_id == group.pk),
    )


def outages(instrument: Instrument, within: Span) -> tuple[OutageSpan, ...]:
    """Outages that touch a span."""
    found = Outage.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=within.starts_at),
        instrument=instrument, withdrawn_at__isnull=True, starts_at__lt=within.ends_at,
    )  # fmt: skip
    return tuple(
        OutageSpan(Span(starts_at, ends_at), reason)
        for starts_at, ends_at, reason in found.values_list("starts_at", "ends_at", "reason")
    )


def qualified_until(instrument: Instrument, user: User, now: datetime.datetime) -> datetime.datetime | None:
    """Until when the user's training on the instrument counts; None if it does not, datetime.max without an end."""
    rows = Qualification.objects.filter(instrument=instrument, user=user, revoked_at__isnull=True)
    for expires_at in rows.values_list("expires_at", flat=True):
        if expires_at is None:
            return datetime.datetime.max.replace(tzinfo=datetime.UTC)
        if expires_at > now:
            return expires_at
    return None
