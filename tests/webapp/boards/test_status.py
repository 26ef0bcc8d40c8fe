"""The board on the wall: who sees it, what it tells, and what it keeps to itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.webapp.boards.conftest import page
from tests.webapp.facility.conftest import Clock, at
from webapp.accounts.models import User
from webapp.boards import now as instruments_now
from webapp.facility.bookings import outages
from webapp.facility.models import Booking, Instrument
from webapp.runs.models import Run

Book = Callable[..., Booking]


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RASGADO_PUBLIC_STATUS", True)


def test_it_is_public_only_if_the_settings_say_so(
    instrument: Instrument, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Client().get("/status/")
    assert answer.status_code == 302 and answer["Location"] == "/accounts/login/?next=/status/"
    assert "Alpha" in page(user, "/status/")
    monkeypatch.setattr(settings, "RASGADO_PUBLIC_STATUS", True)
    assert "Alpha" in page(None, "/status/")


def test_nobody_is_named_unless_allowed(
    public: None, book: Book, make_run: Callable[..., Run], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(1, 2, title="Secret salt")
    make_run(title="Secret run", state=Run.State.ACQUIRING, claimed_at=at(1))
    clock.now = at(1.5)
    shown = page(None, "/status/")
    assert "Booked until" in shown and "10:00" in shown
    assert not any(word in shown for word in ("Secret", "ada", "KClO3", "Chlorates"))
    monkeypatch.setattr(settings, "RASGADO_STATUS_NAMES", True)
    shown = page(None, "/status/")
    assert "ada: Secret salt" in shown and "Secret run, KClO3" in shown


def test_every_state_has_its_word(public: None, book: Book, staff: User, instrument: Instrument, clock: Clock) -> None:
    assert ">Free<" in page(None, "/status/")
    Instrument.objects.update(held=True, hold_reason="Cooling down")
    assert ">Held<" in page(None, "/status/")
    Instrument.objects.update(held=False, status="needs_check")
    assert "wall-tile down" in page(None, "/status/")
    outages.declare(staff, instrument=instrument, kind="outage", starts_at=at(0), ends_at=None, reason="Leak <b>")
    shown = page(None, "/status/")
    assert "until further notice" in shown and "Leak &lt;b&gt;" in shown


def test_it_says_how_old_it_is_and_refreshes_without_scripts(public: None, instrument: Instrument) -> None:
    shown = page(None, "/status/")
    assert 'datetime="2027-03-01T08:00:00+00:00" data-age' in shown
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in shown


def test_without_instruments(public: None, db: None) -> None:
    assert "No instruments yet" in page(None, "/status/")


def test_what_comes_next_and_when_a_run_ends(
    book: Book, make_run: Callable[..., Run], instrument: Instrument, clock: Clock
) -> None:
    book(3, 4)
    progress: dict[str, Any] = {"duration_planned_s": 100.0, "duration_done_s": 25.0}
    make_run(state=Run.State.ACQUIRING, progress=progress)
    make_run()
    (one,) = instruments_now.look([instrument], instruments_now.everybody, clock.now)
    assert one.run is not None and one.run.share_done == 0.25
    assert one.run.ends_at == clock.now + datetime.timedelta(seconds=75)
    assert one.following is not None and one.following.starts_at == at(3)
    assert one.waiting == 1 and not one.free


def test_a_no_show_holds_nothing_before_the_sweep(
    book: Book, rule: Callable[..., Any], instrument: Instrument, clock: Clock
) -> None:
    rule(no_show_minutes=10)
    book(1, 3)
    (one,) = instruments_now.look([instrument], instruments_now.nobody, at(1.1))
    assert one.booking is not None
    (one,) = instruments_now.look([instrument], instruments_now.nobody, at(1.5))
    assert one.booking is None and one.free


def test_queries_do_not_grow_with_instruments(
    instrument: Instrument, clock: Clock, django_assert_num_queries: Any
) -> None:
    others = [Instrument.objects.create(slug=f"i{n}", name=f"I{n}", uri="ip:192.0.2.9") for n in range(5)]
    with django_assert_num_queries(4):
        assert len(instruments_now.look([instrument, *others], instruments_now.nobody, clock.now)) == 6
