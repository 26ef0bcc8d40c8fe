"""What becomes of the work of somebody who is no longer in a group: bookings to come, wishes for time, runs that wait.

It belongs to the group. It is kept for it, with bookings handed over to somebody who is there, or cancelled.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict, ServiceError
from webapp.facility.bookings import locking, service, waitlist
from webapp.facility.models import Booking, Instrument, WaitlistEntry
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.services.lifecycle import request_cancel


class Work(StrEnum):
    """What to do with it."""

    KEEP = "keep"
    CANCEL = "cancel"


@dataclass
class Settled:
    """Numbers of what was kept and what was cancelled."""

    bookings_kept: list[int] = field(default_factory=list)
    bookings_cancelled: list[int] = field(default_factory=list)
    runs_kept: list[int] = field(default_factory=list)
    runs_cancelled: list[int] = field(default_factory=list)

    def as_payload(self) -> dict[str, list[int]]:
        return asdict(self)


def read_work(text: str) -> Work:
    """Raises InvalidParameters for anything else."""
    try:
        return Work(text)
    except ValueError:
        raise InvalidParameters([FieldError("work", f"Must be one of {', '.join(Work)}.")]) from None


def bookings_to_come(group: Group, user: User) -> list[Booking]:
    """Bookings of the user for the group that are not over, by their start."""
    rows = Booking.objects.filter(
        group=group, user=user, state__in=(Booking.State.CONFIRMED, Booking.State.PENDING),
        ends_at__gt=locking.clock(),
    )  # fmt: skip
    return list(rows.select_related("instrument", "group", "user").order_by("starts_at"))


def runs_waiting(group: Group, user: User) -> list[Run]:
    """Runs of the user for the group that wait; what is being measured goes on in any case."""
    rows = Run.objects.filter(group=group, submitted_by=user, state=Run.State.QUEUED, cancel_requested=False)
    return list(rows.select_related("instrument").order_by("pk"))


def settle(actor: User, group: Group, user: User, work: Work) -> Settled:
    """Do it; the user is out of the group already, in the same transaction.

    The instruments are locked first: whoever books meanwhile is judged afterwards, and is no member any more. A booking
    that nobody may take over is cancelled, and one that can be given up no more is handed over, as the rules have it.
    """
    list(Instrument.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    done = Settled()
    heir = _heir(actor, group, user)
    reason = f"{user.get_username()} is no longer in {group}."[:300]
    for entry in WaitlistEntry.objects.filter(group=group, user=user, state__in=WaitlistEntry.OPEN):
        waitlist.withdraw(actor, entry)
    for booking in bookings_to_come(group, user):
        steps = [_hand_over, _give_up] if work == Work.KEEP else [_give_up, _hand_over]
        ended = next((step for step in steps if step(actor, booking, heir, reason)), None)
        (done.bookings_cancelled if ended is _give_up else done.bookings_kept).append(booking.pk)
    for run in runs_waiting(group, user):
        verb = "stays" if work == Work.KEEP else "is cancelled"
        events.record(run.pk, "message", {"text": f"{reason} The run {verb}, as {actor.get_username()} decided."})
        if work == Work.CANCEL:
            request_cancel(actor, run)
        (done.runs_kept if work == Work.KEEP else done.runs_cancelled).append(run.pk)
    return done


def _heir(actor: User, group: Group, user: User) -> User | None:
    """Who has the bookings from now on: whoever decides, if they are in the group, otherwise one who leads it."""
    members = group.memberships.filter(user__is_active=True).exclude(user=user).select_related("user")
    own = members.filter(user=actor).first()
    found = own or members.filter(role=Membership.Role.LEADER).order_by("user__username").first()
    return None if found is None else found.user


def _hand_over(actor: User, booking: Booking, heir: User | None, reason: str) -> bool:
    if heir is None:
        return False
    try:
        service.hand_over(actor, booking, heir)
    except (InvalidParameters, ServiceError):
        return False
    return True


def _give_up(actor: User, booking: Booking, heir: User | None, reason: str) -> bool:
    try:
        try:
            service.cancel(actor, booking, reason)
        except Conflict:  # it has begun
            service.finish(actor, booking)
    except (InvalidParameters, ServiceError):
        return False
    return True
