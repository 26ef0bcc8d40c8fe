"""The waitlist: when time becomes free, it is held for the first in line, who may take it until the offer expires."""

from __future__ import annotations

import datetime
import math

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import Group, User
from webapp.errors import Conflict, NotAllowed
from webapp.facility import policies
from webapp.facility.bookings import core, events
from webapp.facility.bookings.facts import Parties, gather
from webapp.facility.bookings.locking import locked
from webapp.facility.bookings.values import Facts, Span, Wish
from webapp.facility.models import Booking, Instrument, WaitlistEntry
from webapp.facility.policies import approval

State, Kind, Entry = Booking.State, events.Kind, WaitlistEntry.State

#: an offer can be taken for this long, but not after the time offered has begun
OFFER_LIFETIME = datetime.timedelta(hours=2)
#: nothing is offered that begins sooner
OFFER_LEAD = datetime.timedelta(minutes=15)
#: offered times begin on the clock's marks
MARK = datetime.timedelta(minutes=5)
ENTRIES_PER_USER_MAX = 10
#: of one instrument, looked at when time becomes free
ENTRIES_AT_ONCE = 100
_RANGE_MAX = datetime.timedelta(days=60)


def join(
    actor: User,
    *,
    instrument: Instrument,
    group: Group,
    earliest_at: datetime.datetime,
    latest_at: datetime.datetime,
    duration_minutes: int,
    user: User | None = None,
    title: str = "",
) -> WaitlistEntry:
    """Wait for `duration_minutes` somewhere in [earliest_at, latest_at); what is free already is offered at once."""
    user = user or actor
    if not core.may_book_for(actor, user, group):
        raise NotAllowed("Only leaders of the group and staff may wait for somebody else.", "user")
    title = core.check_title(title)
    duration = datetime.timedelta(minutes=max(1, duration_minutes))
    with locked(instrument.pk) as now:
        errors = _faults_of_range(earliest_at, latest_at, duration, now)
        if not errors:
            start = max(earliest_at, now)
            wish = Wish(Span(start, start + duration), by_staff=actor.is_staff)
            facts = gather(Parties(actor, instrument, group, user), wish.span, now)
            names = {"starts_at": "earliest_at", "ends_at": "duration_minutes"}
            wrong = policies.faults(wish, facts, (*policies.PERSONAL, *policies.TIME))
            errors = [FieldError(names.get(fault.field, fault.field), fault.message) for fault in wrong]
        if errors:
            raise InvalidParameters(errors)
        open_entries = WaitlistEntry.objects.filter(instrument=instrument, user=user, state__in=WaitlistEntry.OPEN)
        if open_entries.count() >= ENTRIES_PER_USER_MAX:
            raise Conflict(f"{ENTRIES_PER_USER_MAX} wishes on one instrument may wait at once; withdraw one first.")
        entry = WaitlistEntry.objects.create(
            instrument=instrument, group=group, user=user, earliest_at=earliest_at, latest_at=latest_at,
            duration_minutes=duration_minutes, title=title,
        )  # fmt: skip
        offer(instrument, now)
        entry.refresh_from_db()
    return entry


def accept(actor: User, entry: WaitlistEntry) -> Booking:
    """Take what is offered. It becomes a booking, or a request where approval is needed."""
    _may(actor, entry)
    with locked(entry.instrument_id) as now:
        found, booking = _offered(entry)
        if booking.offer_expires_at <= now:
            raise Conflict("The offer has expired.", "state")
        wish = Wish(core.span_of(booking), by_staff=actor.is_staff)
        facts = gather(Parties(actor, booking.instrument, booking.group, booking.user), wish.span, now, [booking.pk])
        core.judge(wish, facts)
        booking.state = State.PENDING if approval.needed(wish, facts.rules) else State.CONFIRMED
        booking.offer_expires_at = None
        booking.sequence += 1
        booking.save(update_fields=["state", "offer_expires_at", "sequence", "updated_at"])
        events.record(booking, Kind.ACCEPTED, actor, **events.span(booking), state=booking.state)
        _set(found, Entry.ACCEPTED)
    return booking


def decline(actor: User, entry: WaitlistEntry) -> None:
    """Let the offered time go to the next in line, and stop waiting."""
    _may(actor, entry)
    with locked(entry.instrument_id) as now:
        found, booking = _offered(entry)
        _set(found, Entry.DECLINED)
        core.end(booking, State.LAPSED, Kind.LAPSED, actor, now)
        offer(booking.instrument, now)


def withdraw(actor: User, entry: WaitlistEntry) -> None:
    """Stop waiting; an open offer goes to the next in line. Doing so twice changes nothing."""
    _may(actor, entry)
    with locked(entry.instrument_id) as now:
        found = WaitlistEntry.objects.select_related("booking__instrument", "instrument").get(pk=entry.pk)
        if found.state == Entry.WITHDRAWN:
            return
        if found.state not in WaitlistEntry.OPEN:
            raise Conflict(f"It waits no more: {found.get_state_display().lower()}.", "state")
        offered = found.state == Entry.OFFERED
        _set(found, Entry.WITHDRAWN)
        if offered and found.booking is not None:
            core.end(found.booking, State.LAPSED, Kind.LAPSED, actor, now)
            offer(found.instrument, now)


def expire(instrument_id: int, now: datetime.datetime) -> int:
    """End offers that were not taken in time, and wishes whose time is over; how many. The instrument is locked."""
    late = Booking.objects.filter(instrument=instrument_id, state=State.OFFERED, offer_expires_at__lte=now)
    ended = list(late.select_related("instrument"))
    for booking in ended:
        WaitlistEntry.objects.filter(booking=booking, state=Entry.OFFERED).update(state=Entry.EXPIRED)
        core.end(booking, State.LAPSED, Kind.LAPSED, None, booking.offer_expires_at)
    waiting = WaitlistEntry.objects.filter(instrument=instrument_id, state=Entry.WAITING)
    return len(ended) + waiting.filter(latest_at__lte=now).update(state=Entry.EXPIRED)


def offer(instrument: Instrument, now: datetime.datetime) -> int:
    """Offer what is free on the locked instrument to those who wait, in the order they came; how many offers."""
    entries = WaitlistEntry.objects.filter(instrument=instrument, state=Entry.WAITING, latest_at__gt=now)
    made = 0
    for entry in entries.select_related("group", "user").order_by("id")[:ENTRIES_AT_ONCE]:
        parties = Parties(entry.user, instrument, entry.group, entry.user)
        facts = gather(parties, Span(max(entry.earliest_at, now), entry.latest_at), now)
        wish = _first_free(entry, facts)
        if wish is None:
            continue
        expires_at = min(now + OFFER_LIFETIME, wish.span.starts_at)
        booking = core.insert(
            parties, wish, facts.rules, title=entry.title, state=State.OFFERED, offer_expires_at=expires_at
        )
        events.record(booking, Kind.OFFERED, None, **events.span(booking), state=State.OFFERED.value)
        entry.booking = booking
        _set(entry, Entry.OFFERED)
        made += 1
    return made


def _first_free(entry: WaitlistEntry, facts: Facts) -> Wish | None:
    duration = datetime.timedelta(minutes=entry.duration_minutes)
    buffer = datetime.timedelta(minutes=facts.rules.buffer_minutes)
    first = max(entry.earliest_at, _mark(facts.now + OFFER_LEAD))
    ends = [span.ends_at + buffer for span in facts.taken]
    ends += [outage.span.ends_at for outage in facts.outages if outage.span.ends_at is not None]
    for start in sorted({first, *(end for end in ends if end > first)}):
        if start + duration > entry.latest_at:
            return None
        wish = Wish(Span(start, start + duration), by_staff=entry.user.is_staff)
        if not policies.faults(wish, facts):
            return wish
    return None


def _mark(moment: datetime.datetime) -> datetime.datetime:
    seconds = MARK.total_seconds()
    return datetime.datetime.fromtimestamp(math.ceil(moment.timestamp() / seconds) * seconds, datetime.UTC)


def _faults_of_range(
    earliest_at: datetime.datetime, latest_at: datetime.datetime, duration: datetime.timedelta, now: datetime.datetime
) -> list[FieldError]:
    if latest_at <= earliest_at:
        return [FieldError("latest_at", "Must be after earliest_at.")]
    if latest_at <= now:
        return [FieldError("latest_at", "Is in the past.")]
    if latest_at - max(earliest_at, now) < duration:
        return [FieldError("duration_minutes", "Is longer than the time from earliest_at to latest_at.")]
    if latest_at - earliest_at > _RANGE_MAX:
        return [FieldError("latest_at", f"Must be within {_RANGE_MAX.days} days of earliest_at.")]
    return []


def _offered(entry: WaitlistEntry) -> tuple[WaitlistEntry, Booking]:
    found = WaitlistEntry.objects.get(pk=entry.pk)
    if found.state != Entry.OFFERED or found.booking_id is None:
        raise Conflict(f"Nothing is on offer: {found.get_state_display().lower()}.", "state")
    return found, Booking.objects.select_related("instrument", "group", "user").get(pk=found.booking_id)


def _may(actor: User, entry: WaitlistEntry) -> None:
    if not core.may_book_for(actor, entry.user, entry.group):
        raise NotAllowed("Only whoever waits, leaders of the group and staff may do this.")


def _set(entry: WaitlistEntry, state: str) -> None:
    entry.state = state
    entry.save(update_fields=["state", "booking"])
