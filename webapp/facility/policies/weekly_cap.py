"""How much of an instrument one user, and one group, may book in a week; the smaller remainder counts.

A week begins on Monday 00:00 in the facility's time zone. A booking over a week's end counts in both, each with its
part.
"""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Span, Wish, weeks


def check(wish: Wish, facts: Facts) -> FieldError | None:
    caps = (
        ("user", facts.rules.weekly_hours_user_max, facts.user_spans),
        ("group", facts.rules.weekly_hours_group_max, facts.group_spans),
    )
    for week in weeks(wish.span, facts.zone):
        wanted_h = _hours((wish.span,), week)
        for whose, cap_h, spans in caps:
            if cap_h is None:
                continue
            booked_h = _hours(spans, week)
            if booked_h + wanted_h > cap_h + 1e-9:
                monday = week.starts_at.astimezone(facts.zone).date()
                return FieldError(
                    "ends_at",
                    f"One {whose} may book this instrument for at most {cap_h:g} h a week; in the week of {monday} "
                    f"{booked_h:g} h are booked, and this would add {wanted_h:g} h.",
                )
    return None


def _hours(spans: tuple[Span, ...], week: Span) -> float:
    return sum(span.seconds_within(week) for span in spans) / 3600
