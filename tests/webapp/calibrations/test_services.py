"""Calibrations: written once, in force in turn, used and frozen by runs, decided about by staff."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import SURVEY
from webapp.accounts.models import User
from webapp.calibrations import services
from webapp.calibrations.models import Calibration, UsedCalibration
from webapp.errors import Conflict, NotAllowed
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.runs import services as runs
from webapp.runs.models import Run
from webapp.samples.models import Sample
from webapp.spectra.models import MeasuredQuantity, Spectrum

Calibrate = Callable[..., list[Calibration]]


def in_force(instrument: Instrument) -> dict[str, float]:
    return {one.quantity: one.value for one in services.in_force(instrument.pk)}


def test_what_a_calibration_run_finds_is_written_once(
    calibrate: Calibrate, make_spectrum: Callable[..., Spectrum]
) -> None:
    (made,) = calibrate(dead_time_s=(3e-6, 1e-7), best_pulse_s=(8e-6, 1e-7))
    assert (made.value, made.sigma, made.state) == (3e-6, 1e-7, "accepted")
    assert made.valid_until - made.measured_at == datetime.timedelta(days=30)
    again = make_spectrum((), points=8, run=made.run)
    MeasuredQuantity.objects.create(
        spectrum=again, position=0, name="dead_time_s", symbol="t", value=9e-6, sigma=1e-7, unit="s"
    )
    assert services.record(again) == []
    assert Calibration.objects.get().value == 3e-6


def test_other_runs_and_undetermined_values_write_nothing(calibrate: Calibrate) -> None:
    assert calibrate("nutation", nutation_frequency_hz=(2e4, 10.0)) == []
    assert calibrate("calibrate_probe", dead_time_s=(2e-6, 1e-7)) == []
    assert calibrate(dead_time_s=(3e-6, None)) == []


def test_the_newest_that_counts_is_in_force(calibrate: Calibrate, instrument: Instrument, staff: User) -> None:
    calibrate(days_ago=40, dead_time_s=(3.0e-6, 1e-7))
    (newer,) = calibrate(days_ago=1, dead_time_s=(3.1e-6, 1e-7))
    calibrate(days_ago=60, dead_time_s=(3.2e-6, 1e-7))
    assert in_force(instrument) == {"dead_time_s": 3.1e-6}
    services.withdraw(staff, newer, "The amplifier was off.")
    assert in_force(instrument) == {"dead_time_s": 3.0e-6}
    with pytest.raises(Conflict):
        services.accept(staff, newer)


def test_what_is_true_for_one_sample_rate_stands_beside_that_for_another(
    calibrate: Calibrate, instrument: Instrument
) -> None:
    for rate_hz in (10e6, 20e6):
        calibrate("calibrate_probe", parameters={"sample_rate_hz": rate_hz}, tx_rx_delay_s=(1e-6, 1e-8))
    assert [one.sample_rate_hz for one in services.in_force(instrument.pk)] == [10e6, 20e6]


@pytest.mark.parametrize("why", ["jump", "member", "cancelled"])
def test_doubtful_values_wait_for_consent(
    calibrate: Calibrate, instrument: Instrument, staff: User, user: User, why: str
) -> None:
    calibrate(days_ago=5, dead_time_s=(3e-6, 1e-7))
    changes = {
        "jump": {"dead_time_s": (9e-6, 1e-7)},
        "member": {"dead_time_s": (3e-6, 1e-7), "submitted_by": user},
        "cancelled": {"dead_time_s": (3e-6, 1e-7), "state": Run.State.CANCELLED},
    }[why]
    (made,) = calibrate(**changes)
    assert made.state == "waiting"
    assert made.reason
    assert in_force(instrument) == {"dead_time_s": 3e-6}
    accepted = services.accept(staff, made)
    assert accepted.accepted_by == staff
    assert in_force(instrument) == {"dead_time_s": made.value}


def test_only_staff_decide(calibrate: Calibrate, user: User, instrument: Instrument) -> None:
    (made,) = calibrate(dead_time_s=(3e-6, 1e-7))
    for decide in (
        lambda: services.accept(user, made),
        lambda: services.withdraw(user, made),
        lambda: services.set_validity(user, instrument, "dead_time_s", 5.0),
    ):
        with pytest.raises(NotAllowed):
            decide()


def test_only_staff_calibrate(user: User, staff: User, instrument: Instrument, sample: Sample) -> None:
    wanted = {"instrument": instrument, "sample": sample, "method": "calibrate_dead_time"}
    with pytest.raises(NotAllowed, match="staff"):
        runs.submit(user, parameters={"frequency_hz": 28e6}, **wanted)
    run = runs.submit(staff, parameters={"frequency_hz": 28e6}, **wanted)
    assert run.state == Run.State.QUEUED
    with pytest.raises(NotAllowed):
        runs.submit_series(user, parameters={"frequency_hz": 28e6}, repeats=2, **wanted)


def test_validity_counts_for_what_was_measured_before_too(
    calibrate: Calibrate, staff: User, instrument: Instrument
) -> None:
    (made,) = calibrate(days_ago=10, dead_time_s=(3e-6, 1e-7))
    now = timezone.now()
    assert not made.stale(now)
    services.set_validity(staff, instrument, "dead_time_s", 7)
    made.refresh_from_db()
    assert made.stale(now)
    (newer,) = calibrate(dead_time_s=(3e-6, 1e-7))
    assert newer.valid_until - newer.measured_at == datetime.timedelta(days=7)
    services.set_validity(staff, instrument, "dead_time_s", None)
    made.refresh_from_db()
    assert not made.stale(now)
    for quantity, days in (("dead_time_s", 0.0), ("dead_time_s", 1e9), ("mood", 5.0)):
        with pytest.raises(InvalidParameters):
            services.set_validity(staff, instrument, quantity, days)


def test_plans_use_what_was_measured(calibrate: Calibrate, instrument: Instrument, user: User) -> None:
    entered = facility.limits(instrument)
    calibrate(dead_time_s=(6e-6, 0.5e-6))
    calibrate("calibrate_b1", nutation_frequency_hz=(31e3, 100.0))
    measured = facility.limits(instrument)
    assert (entered.dead_time_s, entered.nutation_frequency_hz) == (4e-6, 20e3)
    assert measured.dead_time_s == pytest.approx(7e-6)  # and two standard deviations
    assert measured.nutation_frequency_hz == 31e3
    plan = runs.preview(instrument, "nutation", {"frequency_hz": 28e6})
    assert any("357" in note for note in plan.notes)  # degrees that 32 µs turn by


def test_a_run_is_frozen_with_what_counted_at_its_start(
    calibrate: Calibrate, instrument: Instrument, make_run: Callable[..., Run], staff: User
) -> None:
    (old,) = calibrate(days_ago=40, dead_time_s=(3e-6, 1e-7))
    calibrate("calibrate_reference", xo_error=(2e-6, 1e-8))
    run = make_run()
    used = services.freeze(run)
    assert {(one.quantity, one.value, one.stale) for one in used} == {
        ("dead_time_s", 3e-6, True),
        ("xo_error", 2e-6, False),
    }
    services.withdraw(staff, old)
    calibrate(dead_time_s=(3.3e-6, 1e-7))
    assert {one.pk for one in services.freeze(run)} == {one.pk for one in used}
    assert UsedCalibration.objects.filter(run=run).count() == 2
    assert facility.limits(instrument, used).dead_time_s == pytest.approx(3.2e-6)
    plain = services.plain(services.frozen(run))
    assert [(one.quantity, one.number) for one in plain] == [(one.quantity, one.calibration_id) for one in used]
    assert all(one.measured_at for one in plain)
    # A run that calibrates sees the radio as it is.
    own = services.freeze(make_run(method="calibrate_reference"))
    assert {one.quantity for one in own} == {"dead_time_s"}


def test_the_form_of_a_run_says_what_is_stale_and_what_lies_outside_the_probe(
    calibrate: Calibrate, instrument: Instrument
) -> None:
    assert services.plan_notes(instrument) == ()
    calibrate(days_ago=40, dead_time_s=(3e-6, 1e-7))
    calibrate("calibrate_probe", probe_resonance_hz=(28e6, 1e3), probe_q=(100.0, 1.0))
    plan = runs.preview(instrument, "survey", SURVEY | {"centre_frequency_hz": 35e6})
    stale, outside = services.plan_notes(instrument, plan)
    assert stale == "Dead time: last measured 40 days ago, counts for 30 days."
    assert "27.860 to 28.140 MHz" in outside
    inside = runs.preview(instrument, "fid", {"frequency_hz": 28.01e6})
    assert len(services.plan_notes(instrument, inside)) == 1
