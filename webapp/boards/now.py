"""What every instrument does now, who has it, and until when."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from webapp.accounts.models import User
from webapp.facility.models import Booking, Instrument, Outage
from webapp.notifications.wording import name_of
from webapp.runs.models import Run

#: what comes later than this is not worth saying
AHEAD = datetime.timedelta(hours=24)

#: whether a viewer may know whose something is, by the number of its group
MayName = Callable[[int], bool]


@dataclass(frozen=True)
class Hold:
    """Somebody's or something's hold on an instrument. `who` and `what` are empty for those who may not know."""

    kind: str  # "booking", "run" or "outage"
    starts_at: datetime.datetime | None
    ends_at: datetime.datetime | None  # None: until further notice, or nobody knows
    who: str = ""
    what: str = ""
    share_done: float | None = None  # of a run, 0 to 1
    path_of: int | None = None  # number of the run or booking, for those who may open it


@dataclass(frozen=True)
class Now:
    """An instrument at this moment."""

    instrument: Instrument
    run: Hold | None
    booking: Hold | None
    outage: Hold | None
    following: Hold | None  # the next booking or outage
    waiting: int

    @property
    def free(self) -> bool:
        """Whether anybody's run would start now."""
        one = self.instrument
        return one.status == one.Status.READY and not (one.held or self.run or self.booking or self.outage)

    @property
    def ailing(self) -> bool:
        return self.instrument.status in (Instrument.Status.NEEDS_CHECK, Instrument.Status.OFFLINE)


def nobody(_group_id: int) -> bool:
    """For boards that name nobody."""
    return False


def everybody(_group_id: int) -> bool:
    return True


def look(instruments: Iterable[Instrument], may_name: MayName, now: datetime.datetime) -> list[Now]:
    """What each of the instruments does; five queries for all of them."""
    shown = list(instruments)
    booked = Booking.objects.filter(
        Q(no_show_at__isnull=True) | Q(checked_in_at__isnull=False) | Q(no_show_at__gt=now),
        instrument__in=shown, state__in=(Booking.State.CONFIRMED, Booking.State.PENDING), ends_at__gt=now,
        starts_at__lt=now + AHEAD,
    ).select_related("user").order_by("starts_at")  # fmt: skip
    down = Outage.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        instrument__in=shown, withdrawn_at__isnull=True, starts_at__lt=now + AHEAD,
    ).order_by("starts_at")  # fmt: skip
    active = Run.objects.filter(instrument__in=shown, state__in=Run.ACTIVE).select_related("submitted_by", "sample")
    queued = Run.objects.filter(instrument__in=shown, state=Run.State.QUEUED).values("instrument").order_by()
    waiting = dict(queued.annotate(count=Count("pk")).values_list("instrument", "count"))
    bookings: dict[int, list[Hold]] = {}
    outages: dict[int, list[Hold]] = {}
    for booking in booked:
        if booking.state == Booking.State.CONFIRMED or booking.starts_at > now:
            bookings.setdefault(booking.instrument_id, []).append(_booking(booking, may_name))
    for outage in down:
        entry = Hold("outage", outage.starts_at, outage.ends_at, what=outage.reason)
        outages.setdefault(outage.instrument_id, []).append(entry)
    runs = {run.instrument_id: _run(run, may_name, now) for run in active}
    return [
        _now(one, runs.get(one.pk), bookings.get(one.pk, []), outages.get(one.pk, []), waiting.get(one.pk, 0), now)
        for one in shown
    ]


def _now(
    one: Instrument, run: Hold | None, bookings: list[Hold], outages: list[Hold], waiting: int, now: datetime.datetime
) -> Now:
    def current(holds: list[Hold]) -> Hold | None:
        return next((hold for hold in holds if hold.starts_at is not None and hold.starts_at <= now), None)

    later = [hold for hold in [*bookings, *outages] if hold.starts_at is not None and hold.starts_at > now]
    following = min(later, key=lambda hold: hold.starts_at or now, default=None)
    return Now(one, run, current(bookings), current(outages), following, waiting)


def _booking(booking: Booking, may_name: MayName) -> Hold:
    if not may_name(booking.group_id):
        return Hold("booking", booking.starts_at, booking.ends_at)
    who, what = name_of(booking.user), booking.title
    return Hold("booking", booking.starts_at, booking.ends_at, who, what, path_of=booking.pk)


def _run(run: Run, may_name: MayName, now: datetime.datetime) -> Hold:
    planned_s = float(run.progress.get("duration_planned_s") or 0.0)
    left_s = max(0.0, planned_s - float(run.progress.get("duration_done_s") or 0.0))
    known = planned_s > 0 and run.paused_at is None
    ends_at = now + datetime.timedelta(seconds=left_s) if known else None
    share = 1.0 - left_s / planned_s if planned_s > 0 else None
    if not may_name(run.group_id):
        return Hold("run", run.claimed_at, ends_at, share_done=share)
    what = f"{run}, {run.sample}"
    return Hold("run", run.claimed_at, ends_at, name_of(run.submitted_by), what, share, run.pk)


def own_groups(user: User) -> MayName:
    """For pages of one user: staff know everything, others what belongs to their groups."""
    if user.is_staff:
        return everybody
    own = set(user.memberships.values_list("group", flat=True))
    return own.__contains__
