"""Staff decide on bookings that need approval; what nobody decides before its start lapses."""

from __future__ import annotations

import datetime

from acquisition.errors import InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.bookings import core, events, waitlist
from webapp.facility.bookings.facts import Parties, gather
from webapp.facility.bookings.locking import locked
from webapp.facility.bookings.values import Wish
from webapp.facility.models import Booking
from webapp.facility.policies import outage, qualification

State, Kind = Booking.State, events.Kind


def approve(actor: User, booking: Booking) -> Booking:
    """Confirm a booking that waits for it. Doing so twice changes nothing; an outage or lost training prevents it."""
    _decides(actor)
    with locked(booking.instrument_id) as now:
        found = core.current(booking)
        if found.state == State.CONFIRMED:
            return found
        core.must_hold(found, now)
        wish = Wish(core.span_of(found), by_staff=True)
        facts = gather(Parties(actor, found.instrument, found.group, found.user), wish.span, now, [found.pk])
        faults = [fault for check in (outage.check, qualification.check) if (fault := check(wish, facts)) is not None]
        if faults:
            raise InvalidParameters(faults)
        found.state, found.decided_by = State.CONFIRMED, actor
        found.sequence += 1
        found.save(update_fields=["state", "decided_by", "sequence", "updated_at"])
        events.record(found, Kind.APPROVED, actor, **events.span(found), state=found.state)
    return found


def decline(actor: User, booking: Booking, reason: str = "") -> Booking:
    """Refuse a booking that waits for approval; its time becomes free."""
    _decides(actor)
    reason = core.check_reason(reason)
    with locked(booking.instrument_id) as now:
        found = core.current(booking)
        if found.state == State.DECLINED:
            return found
        if found.state != State.PENDING:
            raise Conflict(f"The booking is {found.get_state_display().lower()}, not awaiting approval.", "state")
        found.decided_by = actor
        core.end(found, State.DECLINED, Kind.DECLINED, actor, now, reason)
        waitlist.offer(found.instrument, now)
    return found


def lapse_undecided(instrument_id: int, now: datetime.datetime) -> int:
    """Requests on the locked instrument whose time has come without a decision; how many."""
    undecided = Booking.objects.filter(instrument=instrument_id, state=State.PENDING, starts_at__lte=now)
    lapsed = list(undecided.select_related("instrument"))
    for booking in lapsed:
        core.end(booking, State.LAPSED, Kind.LAPSED, None, booking.starts_at)
    return len(lapsed)


def _decides(actor: User) -> None:
    if not actor.is_staff:
        raise NotAllowed("Only the facility's staff may decide on bookings.")
