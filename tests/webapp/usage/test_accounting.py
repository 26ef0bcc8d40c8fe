"""Rules that any account keeps, whatever the rows are."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.usage.accounting import Account, Facts, Spans, account
from webapp.usage.periods import HOUR_US, Month, Period

HOUR = st.integers(0, 100)
ROWS = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 2), HOUR, st.integers(0, 30)), max_size=8
)
MEASURES = ("booked", "used", "within", "transmitting", "no_show")


def _spans(rows: list[tuple[int, ...]], scale: int = 977) -> Spans:
    instrument, group, user, start, length = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Spans(instrument, group, user, start * scale, (start + length) * scale)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    bookings, runs, outages = _spans(draw(ROWS)), _spans(draw(ROWS)), _spans(draw(ROWS))
    count = len(runs.start)
    shares = draw(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 120)), min_size=count, max_size=count))
    parts = np.array(shares, dtype=np.int64).reshape(-1, 2)
    length = runs.end - runs.start
    return Facts(
        bookings=bookings,
        no_show=np.array(
            draw(st.lists(st.booleans(), min_size=len(bookings.start), max_size=len(bookings.start))), bool
        ),
        runs=runs,
        acquiring_us=runs.start + length * parts[:, 0] // 100,
        transmitting_us=length * parts[:, 1] // 100,
        outages=outages,
        instruments=np.array([2, 1]),
        since_us=np.array([draw(HOUR), 0]) * 977,
        now_us=draw(HOUR) * 977,
    )


def _sums(found: Account) -> dict[tuple[object, ...], int]:
    told = {("users", key, name): int(getattr(found.users, name)[k].sum())
            for k, key in enumerate(found.users.keys) for name in MEASURES}  # fmt: skip
    told |= {("groups", key, name): int(getattr(found.groups, name)[k].sum())
             for k, key in enumerate(found.groups.keys) for name in MEASURES}  # fmt: skip
    names = ("existing", "open", "idle", "outage", "booked", "used", "transmitting", "no_show")
    return told | {(key, name): int(getattr(found.machines, name)[k].sum())
                   for k, key in enumerate(found.machines.keys) for name in names}  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(facts(), st.lists(st.integers(1, 120_000), min_size=1, max_size=4, unique=True))
def test_sums(given_facts: Facts, cuts: list[int]) -> None:
    edges = np.array([0, *sorted(cuts), 127_010])
    found = account(given_facts, edges)
    length = np.diff(edges)[None, :]
    for hours in (found.users, found.groups):
        assert (hours.within >= 0).all()
        assert (hours.within <= np.minimum(hours.booked, hours.used)).all()
        assert (np.maximum(hours.booked, hours.used) <= length).all()
        assert (hours.no_show <= hours.booked).all()
        assert all((getattr(hours, name) >= 0).all() for name in MEASURES)
    machines = found.machines
    assert (machines.existing == machines.open + machines.outage).all()
    assert (machines.idle >= 0).all()
    assert (machines.idle + machines.used + machines.outage >= machines.existing).all()
    assert (machines.open - machines.idle <= machines.used).all()
    assert (machines.existing <= length).all()
    # Users' hours are at least their group's, as two users of a group may be there at once; never less.
    assert found.users.booked.sum() >= found.groups.booked.sum() >= machines.booked.sum()
    assert found.users.transmitting.sum() == found.groups.transmitting.sum() == machines.transmitting.sum()


@settings(max_examples=40, deadline=None)
@given(facts(), st.integers(1, 127_009))
def test_a_period_cut_in_two_adds_up_exactly(given_facts: Facts, cut: int) -> None:
    whole, first, second = (
        _sums(account(given_facts, np.array(edges))) for edges in ([0, 127_010], [0, cut], [cut, 127_010])
    )
    assert whole == {key: first[key] + second[key] for key in whole}


@pytest.mark.parametrize(
    ("zone", "month", "hours"),
    [
        ("Europe/London", Month(2027, 3), 31 * 24 - 1),
        ("Europe/London", Month(2027, 10), 31 * 24 + 1),
        ("America/New_York", Month(2027, 11), 30 * 24 + 1),
        ("Asia/Tokyo", Month(2027, 3), 31 * 24),
        ("Africa/Cairo", Month(2027, 4), 30 * 24 - 1),  # its clocks skip a midnight
    ],
)
def test_a_month_has_the_hours_that_clocks_give_it(zone: str, month: Month, hours: int) -> None:
    edges = Period(month, month).edges_us(ZoneInfo(zone))
    assert (edges[-1] - edges[0]) == hours * HOUR_US
    assert (np.diff(edges) > 0).all()
    nobody = _spans([])
    always = _spans([(1, 1, 1, 0, 1)])
    always = Spans(always.instrument, always.group, always.user, edges[:1] - 5, edges[-1:] + 5)
    found = account(
        Facts(always, np.array([False]), always, always.start, np.array([0]), nobody, np.array([1]), np.array([0]),
              int(edges[-1]) + 10),
        edges,
    )  # fmt: skip
    assert found.groups.booked.sum() == found.groups.used.sum() == found.groups.within.sum() == hours * HOUR_US
    assert found.machines.idle.sum() == 0


def test_months_follow_each_other() -> None:
    period = Period(Month(2026, 11), Month(2027, 2))
    assert [str(month) for month in period.months] == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert period.days[0] == datetime.date(2026, 11, 1)
    assert period.days[-1] == datetime.date(2027, 2, 28)
