"""Recurring bookings: made as one, changed and cancelled one by one, from one on, or all.

Occurrences keep their wall-clock time over changes of the clocks. A time that comes twice is the earlier of the two
unless asked otherwise, as in RFC 5545; one that does not exist speaks against its occurrence like any policy.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import Group, User
from webapp.errors import Conflict, IdempotencyMismatch
from webapp.facility.bookings import core, idempotency, localtime, recurrence, service, sweep, waitlist
from webapp.facility.bookings.facts import Parties, gather
from webapp.facility.bookings.locking import locked
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.bookings.rules import effective
from webapp.facility.bookings.values import Facts, Span, Wish
from webapp.facility.models import Booking, BookingSeries, Instrument
from webapp.facility.policies import recurrence_bound

State = Booking.State

SCOPES = ("this", "following", "all")
ON_CONFLICT = ("refuse", "skip")
#: faults of single occurrences that are told; more would not help
FAULTS_MAX = 20


@dataclass(frozen=True)
class Skipped:
    """An occurrence that was left out, and what spoke against it."""

    starts_local: datetime.datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Occurrence:
    """One time that a rule gives: its span, None where clocks do not show it, and what speaks against booking it."""

    starts_local: datetime.datetime
    span: Span | None
    faults: tuple[FieldError, ...]


@dataclass(frozen=True)
class SeriesBooked:
    """A series with its bookings; `created` is False when the idempotency key had made it before."""

    series: BookingSeries
    bookings: tuple[Booking, ...]
    skipped: tuple[Skipped, ...] = ()
    created: bool = True


def book(
    actor: User,
    *,
    instrument: Instrument,
    group: Group,
    starts_local: datetime.datetime,
    ends_local: datetime.datetime,
    time_zone: str,
    recurrence_: Recurrence,
    user: User | None = None,
    title: str = "",
    fold: localtime.Fold = "earlier",
    on_conflict: str = "refuse",
    idempotency_key: str | None = None,
) -> SeriesBooked:
    """Book every occurrence of a wall-clock time (naive), the first at `starts_local` or, with weekdays, after it.

    Each is judged like a single booking, with those before it. What speaks against one refuses all of them (faults
    begin with its date), or leaves it out with `on_conflict` "skip". Raises as service.book does.
    """
    zone = _check(time_zone, recurrence_, starts_local, ends_local)
    if on_conflict not in ON_CONFLICT:
        raise InvalidParameters([FieldError("on_conflict", f"Must be one of {', '.join(ON_CONFLICT)}.")])
    parties = service.parties_of(actor, instrument, group, user)
    title = core.check_title(title)
    idempotency.check(idempotency_key)
    facts_of_series = {
        "title": title,
        "time_zone": zone.key,
        "starts_local": starts_local.isoformat(),
        "ends_local": ends_local.isoformat(),
        "recurrence": recurrence_.as_json(),
    }
    contents = idempotency.digest(
        instrument=instrument.pk, group=group.pk, user=parties.user.pk, fold=fold, on_conflict=on_conflict,
        **facts_of_series,
    )  # fmt: skip
    try:
        with locked(instrument.pk) as now:
            earlier = idempotency.made_before(BookingSeries, actor, idempotency_key, contents)
            if earlier is not None:
                return SeriesBooked(earlier, tuple(earlier.bookings.all()), created=False)
            sweep.settle(instrument, now)
            times = _times(parties, recurrence_, starts_local, ends_local, now)
            series = BookingSeries.objects.create(
                instrument=instrument, group=group, user=parties.user, created_by=actor,
                idempotency_key=idempotency_key, contents_sha256=contents, **facts_of_series,
            )  # fmt: skip
            made, skipped = _book_each(parties, series, times, zone, fold, now)
            if skipped and (on_conflict == "refuse" or not made):
                raise InvalidParameters([fault for _skipped, faults in skipped for fault in faults][:FAULTS_MAX])
    except IntegrityError:
        if idempotency_key is None:
            raise
        raise IdempotencyMismatch from None
    return SeriesBooked(series, tuple(made), tuple(entry for entry, _faults in skipped))


def preview(
    actor: User,
    *,
    instrument: Instrument,
    group: Group,
    starts_local: datetime.datetime,
    ends_local: datetime.datetime,
    time_zone: str,
    recurrence_: Recurrence,
    user: User | None = None,
    fold: localtime.Fold = "earlier",
    now: datetime.datetime,
) -> list[Occurrence]:
    """The occurrences that `book` would make, and what speaks against each, without making them. Raises as `book`."""
    zone = _check(time_zone, recurrence_, starts_local, ends_local)
    parties = service.parties_of(actor, instrument, group, user)
    times = _times(parties, recurrence_, starts_local, ends_local, now)
    return list(_judged(parties, times, zone, fold, _facts(parties, times, zone, now)))


def edit(
    actor: User,
    booking: Booking,
    scope: str,
    *,
    starts_at: datetime.datetime | None = None,
    ends_at: datetime.datetime | None = None,
    title: str | None = None,
) -> list[Booking]:
    """Change a booking and, by the same shift of the wall clock, others of its series that have not begun.

    "following" makes a series of its own of this booking and those after it. Those that were changed by themselves
    before are left alone. All is done, or nothing.
    """
    if _scope(scope) == "this":
        return [service.edit(actor, booking, starts_at=starts_at, ends_at=ends_at, title=title)]
    core.must_change(actor, booking)
    with locked(booking.instrument_id) as now:
        sweep.settle(booking.instrument, now)
        found, members = _members(booking, scope, now)
        zone = ZoneInfo(found.series.time_zone)
        span = Span(starts_at or found.starts_at, ends_at or found.ends_at)
        if title is not None:
            for member in members:
                service.rename(actor, member, title)
        before = core.span_of(found)
        series = _split(actor, found, members, zone) if scope == "following" else found.series
        if span != before:
            _shift(actor, found, members, span, zone, now)
            waitlist.offer(found.instrument, now)
        _describe(series, before, span, zone, title)
    return members


def cancel(actor: User, booking: Booking, scope: str, reason: str = "") -> list[Booking]:
    """Cancel a booking and others of its series that have not begun; all of them, or none with the reason why."""
    if _scope(scope) == "this":
        return [service.cancel(actor, booking, reason)]
    core.must_change(actor, booking)
    reason = core.check_reason(reason)
    with locked(booking.instrument_id) as now:
        found, members = _members(booking, scope, now, exceptions=True)
        for member in members:
            service.may_cancel_now(actor, member, now)
            core.end(member, State.CANCELLED, core.Kind.CANCELLED, actor, now, reason)
        waitlist.offer(found.instrument, now)
    return members


def _scope(scope: str) -> str:
    if scope not in SCOPES:
        raise InvalidParameters([FieldError("scope", f"Must be one of {', '.join(SCOPES)}.")])
    return scope


def _check(
    time_zone: str, recurrence_: Recurrence, starts_local: datetime.datetime, ends_local: datetime.datetime
) -> ZoneInfo:
    zone = localtime.zone(time_zone)
    recurrence.check(recurrence_)
    if ends_local <= starts_local:
        raise InvalidParameters([FieldError("ends_at", "Must be after the start.")])
    return zone


def _times(
    parties: Parties,
    recurrence_: Recurrence,
    starts_local: datetime.datetime,
    ends_local: datetime.datetime,
    now: datetime.datetime,
) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """Wall-clock times of the occurrences; raises InvalidParameters for a rule that gives too many or none."""
    rules = effective(parties.instrument.pk, parties.group.pk)
    starts = recurrence.starts(starts_local, recurrence_, rules.series_count_max + 1)
    fault = recurrence_bound.check(recurrence_, starts, rules, now)
    if fault is not None:
        raise InvalidParameters([fault])
    return [(start, start + (ends_local - starts_local)) for start in starts]


def _judged(
    parties: Parties,
    times: list[tuple[datetime.datetime, datetime.datetime]],
    zone: ZoneInfo,
    fold: localtime.Fold,
    facts: Facts,
) -> Iterator[Occurrence]:
    """Each occurrence judged with those before it that can be booked."""
    for start, end in times:
        span = None
        try:
            span = Span(
                localtime.resolve(start, zone, fold, "starts_at"), localtime.resolve(end, zone, fold, "ends_at")
            )
            core.judge(Wish(span, by_staff=parties.actor.is_staff), facts)
        except InvalidParameters as error:
            yield Occurrence(start, span, tuple(error.errors))
        else:
            yield Occurrence(start, span, ())
            facts = _with(facts, span)


def _facts(
    parties: Parties,
    times: list[tuple[datetime.datetime, datetime.datetime]],
    zone: ZoneInfo,
    now: datetime.datetime,
) -> Facts:
    day = datetime.timedelta(days=1)  # more than any clock is put
    return gather(parties, Span(times[0][0].replace(tzinfo=zone) - day, times[-1][1].replace(tzinfo=zone) + day), now)


def _book_each(
    parties: Parties,
    series: BookingSeries,
    times: list[tuple[datetime.datetime, datetime.datetime]],
    zone: ZoneInfo,
    fold: localtime.Fold,
    now: datetime.datetime,
) -> tuple[list[Booking], list[tuple[Skipped, list[FieldError]]]]:
    facts = _facts(parties, times, zone, now)
    made: list[Booking] = []
    skipped: list[tuple[Skipped, list[FieldError]]] = []
    for one in _judged(parties, times, zone, fold, facts):
        if one.span is not None and not one.faults:
            wish = Wish(one.span, by_staff=parties.actor.is_staff)
            made.append(core.insert(parties, wish, facts.rules, title=series.title, series=series))
            continue
        start = one.starts_local
        faults = [FieldError(fault.field, f"{start:%Y-%m-%d}: {fault.message}") for fault in one.faults]
        skipped.append((Skipped(start, tuple(fault.message for fault in one.faults)), faults))
    return made, skipped


def _members(
    booking: Booking, scope: str, now: datetime.datetime, exceptions: bool = False
) -> tuple[Booking, list[Booking]]:
    found = core.current(booking)
    if found.series_id is None:
        raise Conflict("The booking is not one of a series.", "scope")
    core.must_hold(found, now)
    if found.starts_at <= now:
        raise Conflict("The booking has begun; choose one that has not, or change this one alone.", "scope")
    rows = Booking.objects.filter(
        series=found.series_id, state__in=(State.PENDING, State.CONFIRMED), starts_at__gt=now
    ).select_related("instrument", "group", "user", "series")
    if scope == "following":
        rows = rows.filter(starts_at__gte=found.starts_at)
    members = [row for row in rows.order_by("starts_at") if exceptions or not row.series_exception or row == found]
    return found, members


def _shift(
    actor: User, found: Booking, members: list[Booking], span: Span, zone: ZoneInfo, now: datetime.datetime
) -> None:
    """Move every member by the shift of the wall clock that takes `found` to `span`."""

    def shifted(
        moment: datetime.datetime, old: datetime.datetime, new: datetime.datetime, field: str
    ) -> datetime.datetime:
        by = localtime.wall_clock(new, zone) - localtime.wall_clock(old, zone)
        return localtime.resolve(localtime.wall_clock(moment, zone) + by, zone, "earlier", field)

    plan: list[tuple[Booking, Span]] = []
    errors: list[FieldError] = []
    for member in members:
        try:
            target = Span(
                shifted(member.starts_at, found.starts_at, span.starts_at, "starts_at"),
                shifted(member.ends_at, found.ends_at, span.ends_at, "ends_at"),
            )
            plan.append((member, target))
        except InvalidParameters as error:
            errors += _dated(member, zone, error)
    if plan:
        reach = Span(min(target.starts_at for _m, target in plan), max(target.ends_at for _m, target in plan))
        parties = service.parties_of_booking(actor, found)
        facts = gather(parties, reach, now, excluding=[member.pk for member in members])
        for member, target in plan:
            try:
                core.judge(service.wish_to_move(actor, member, target), facts)
            except InvalidParameters as error:
                errors += _dated(member, zone, error)
            facts = _with(facts, target)
    if errors:
        raise InvalidParameters(errors[:FAULTS_MAX])
    # In this order none is put where another still is, which the database would refuse.
    later = span.starts_at > found.starts_at
    for member, target in sorted(plan, key=lambda step: step[0].starts_at, reverse=later):
        core.move(actor, member, service.wish_to_move(actor, member, target), facts.rules)


def _split(actor: User, found: Booking, members: list[Booking], zone: ZoneInfo) -> BookingSeries:
    """A series of its own from `found` on; the one it has if there is nothing before it."""
    old = found.series
    earlier = old.bookings.filter(starts_at__lt=found.starts_at)
    if not earlier.exists():
        return old
    rule = Recurrence.from_json(old.recurrence)
    day_before = localtime.wall_clock(found.starts_at, zone).date() - datetime.timedelta(days=1)
    old.recurrence = replace(rule, count=None, until=day_before).as_json()
    old.save(update_fields=["recurrence"])
    count = None if rule.count is None else max(1, rule.count - earlier.count())
    new = BookingSeries.objects.create(
        instrument=old.instrument, group=old.group, user=old.user, title=old.title, time_zone=old.time_zone,
        starts_local=localtime.wall_clock(found.starts_at, zone).isoformat(),
        ends_local=localtime.wall_clock(found.ends_at, zone).isoformat(),
        recurrence=replace(rule, count=count).as_json(), split_from=old, created_by=actor,
    )  # fmt: skip
    Booking.objects.filter(series=old, starts_at__gte=found.starts_at).update(series=new)
    for member in members:
        member.series = new
    return new


def _describe(series: BookingSeries, before: Span, after: Span, zone: ZoneInfo, title: str | None) -> None:
    """The series says what its members are like now: its first occurrence shifts as they do."""
    for name, old, new in (
        ("starts_local", before.starts_at, after.starts_at),
        ("ends_local", before.ends_at, after.ends_at),
    ):
        by = localtime.wall_clock(new, zone) - localtime.wall_clock(old, zone)
        setattr(series, name, (datetime.datetime.fromisoformat(getattr(series, name)) + by).isoformat())
    series.title = series.title if title is None else core.check_title(title)
    series.save(update_fields=["starts_local", "ends_local", "title"])


def _with(facts: Facts, span: Span) -> Facts:
    """The facts after a booking of the same user and group at `span`."""
    return replace(
        facts,
        taken=(*facts.taken, span),
        user_spans=(*facts.user_spans, span),
        group_spans=(*facts.group_spans, span),
    )


def _dated(member: Booking, zone: ZoneInfo, error: InvalidParameters) -> list[FieldError]:
    day = f"{localtime.wall_clock(member.starts_at, zone):%Y-%m-%d}"
    return [FieldError(fault.field, f"{day}: {fault.message}") for fault in error.errors]
