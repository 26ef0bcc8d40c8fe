"""What policies judge: the rules that count, what is asked for, and what is known. No database in here."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Span:
    """Half-open time [starts_at, ends_at), UTC; `ends_at` None is open-ended."""

    starts_at: datetime.datetime
    ends_at: datetime.datetime | None

    def overlaps(self, other: Span) -> bool:
        """Whether both share some time; spans that only touch do not."""
        return (other.ends_at is None or self.starts_at < other.ends_at) and (
            self.ends_at is None or other.starts_at < self.ends_at
        )

    def seconds_within(self, other: Span) -> float:
        """How much of a span with an end lies within another one that has an end, s."""
        if self.ends_at is None or other.ends_at is None:
            raise ValueError("Open-ended spans have no length.")
        overlap = min(self.ends_at, other.ends_at) - max(self.starts_at, other.starts_at)
        return max(0.0, overlap.total_seconds())


@dataclass(frozen=True)
class Rules:
    """The values that count for one instrument and group; see webapp.facility.bookings.rules for where they come from.

    Durations in minutes and hours, as staff give them. None: no such rule.
    """

    duration_min_minutes: int = 5
    duration_max_minutes: int = 7 * 24 * 60
    horizon_days: int = 180
    weekly_hours_user_max: float | None = None
    weekly_hours_group_max: float | None = None
    buffer_minutes: int = 0
    cancel_deadline_minutes: int = 0
    no_show_minutes: int | None = None
    series_count_max: int = 60
    needs_qualification: bool = False
    needs_approval: bool = False


@dataclass(frozen=True)
class OutageSpan:
    """An outage as policies see it."""

    span: Span
    reason: str


@dataclass(frozen=True)
class Wish:
    """What is asked for. `before` is the present time of the booking that shall change, None for a new one."""

    span: Span
    by_staff: bool = False
    before: Span | None = None
    approved: bool = False  # the booking that shall change is confirmed


@dataclass(frozen=True)
class Facts:
    """What is known when a wish is judged; spans of the booking that shall change are not among them.

    `qualified_until` is None without a qualification, datetime.max for one that does not expire. Spans of the group
    include those of the user.
    """

    now: datetime.datetime
    rules: Rules
    zone: ZoneInfo  # of the facility, in which weeks begin
    display_zone: ZoneInfo  # of whoever asks, in which times are told
    is_member: bool = True
    group_archived: bool = False
    user_active: bool = True
    qualified_until: datetime.datetime | None = None
    taken: tuple[Span, ...] = ()
    outages: tuple[OutageSpan, ...] = ()
    user_spans: tuple[Span, ...] = ()
    group_spans: tuple[Span, ...] = field(default=())

    def say(self, moment: datetime.datetime) -> str:
        """A moment for people."""
        return f"{moment.astimezone(self.display_zone):%Y-%m-%d %H:%M} ({self.display_zone.key})"


def weeks(span: Span, zone: ZoneInfo) -> Iterable[Span]:
    """The calendar weeks (Monday 00:00 in `zone`) that a span with an end touches; weeks with a clock change are 167 or
    169 hours long."""
    assert span.ends_at is not None
    day = span.starts_at.astimezone(zone).date()
    monday = day - datetime.timedelta(days=day.weekday())
    while True:
        following = monday + datetime.timedelta(days=7)
        week = Span(_midnight(monday, zone), _midnight(following, zone))
        if week.starts_at >= span.ends_at:
            return
        yield week
        monday = following


def _midnight(day: datetime.date, zone: ZoneInfo) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), zone).astimezone(datetime.UTC)


@dataclass(frozen=True)
class Window:
    """[starts_at, ends_at) in which only runs of `group_id` may take place; nobody's when None, as in an outage."""

    starts_at: datetime.datetime
    ends_at: datetime.datetime | None
    group_id: int | None
