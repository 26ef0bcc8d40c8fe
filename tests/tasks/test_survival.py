"""What is left when processes die: real web, Redis, workers and a radio that keeps its own log."""

from __future__ import annotations

import signal
import time

import pytest

from tests.tasks.conftest import LEASE_S, SWEEP_S
from tests.tasks.facility import SHORT, Facility

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: Long enough to be killed in the middle: over 20 s of transmission in one shot.
LONG = SHORT | {"averages": 400, "averages_max": 400, "repetition_time_s": 0.05}


def acquisitions(facility: Facility) -> int:
    """Acquisitions that the radio has seen begin."""
    return len([event for event in facility.radio_events() if event["event"] == "acquisition"])


def test_killed_worker_leaves_an_interrupted_run_a_quiet_radio_and_a_queue_that_goes_on(facility: Facility) -> None:
    killed = facility.submit(LONG)
    following = facility.submit(SHORT)
    facility.wait_transmitting(killed)
    facility.stack.kill("instrument")
    killed_at_s = time.monotonic()
    # the guard outlives the worker and needs no database
    facility.wait_quiet(timeout_s=LEASE_S)
    # nobody but the sweep is there to see it, and it has to within the time that the setting promises
    run = facility.wait(killed, "interrupted", timeout_s=killed_at_s + LEASE_S - time.monotonic())
    assert run["error_code"] == "worker_lost"
    seen_before = acquisitions(facility)

    facility.stack.start("instrument")
    facility.wait(following, "done")
    assert facility.confirmed_hz(following)
    assert facility.run(killed)["state"] == "interrupted"
    assert [e["state"] for e in facility.events(killed, "state")] == ["queued", "claimed", "acquiring", "interrupted"]
    assert [e["state"] for e in facility.events(following, "state")].count("acquiring") == 1
    assert acquisitions(facility) > seen_before
    facility.wait_quiet(timeout_s=2)
    assert facility.instrument()["status"] == "ready"


def test_flushed_redis_in_mid_run_loses_nothing(facility: Facility) -> None:
    import redis

    running = facility.submit(LONG | {"averages": 100, "averages_max": 100})
    waiting = facility.submit(SHORT)
    facility.wait_transmitting(running)
    redis.Redis.from_url(facility.stack.redis_url).flushall()
    for run_id in (running, waiting):
        facility.wait(run_id, "done", timeout_s=90)
        assert facility.confirmed_hz(run_id)
        states = [event["state"] for event in facility.events(run_id, "state")]
        assert states == ["queued", "claimed", "acquiring", "processing", "done"]
    facility.wait_quiet(timeout_s=2)


def test_killed_redis_in_mid_run_loses_nothing(facility: Facility) -> None:
    running = facility.submit(LONG | {"averages": 100, "averages_max": 100})
    facility.wait_transmitting(running)
    facility.stack.kill("redis")
    # submitting works without a broker: the row is the job
    waiting = facility.submit(SHORT)
    facility.stack.start("redis")
    for run_id in (running, waiting):
        facility.wait(run_id, "done", timeout_s=120)
        assert facility.confirmed_hz(run_id)


def test_frozen_worker_that_wakes_after_its_lease_writes_nothing(facility: Facility) -> None:
    frozen = facility.submit(LONG)
    facility.wait_transmitting(frozen)
    facility.stack.signal("instrument", signal.SIGSTOP)
    facility.wait(frozen, "interrupted", timeout_s=LEASE_S)
    facility.wait_quiet(timeout_s=2 * LEASE_S)
    shots = facility.events(frozen, "shot")
    following = facility.submit(SHORT)
    facility.stack.signal("instrument", signal.SIGCONT)
    facility.wait(following, "done")
    assert facility.confirmed_hz(following)
    after = facility.run(frozen)
    assert after["state"] == "interrupted"
    assert facility.events(frozen, "shot") == shots
    facility.wait_quiet(timeout_s=2)


def test_cancel_is_shown_only_after_the_transmitter_is_off_and_keeps_what_was_measured(facility: Facility) -> None:
    run_id = facility.submit(LONG)
    facility.wait_transmitting(run_id)
    answer = facility.http.post(f"runs/{run_id}/cancel")
    assert answer.status_code in (200, 202), answer.text
    quiet_when_shown: list[bool] = []

    def shown() -> bool:
        if facility.run(run_id)["state"] != "cancelled":
            return False
        quiet_when_shown.append(not facility.transmitting())
        return True

    facility.wait_until(shown, 10, "the run to be cancelled")
    assert quiet_when_shown == [True]
    following = facility.submit(SHORT)
    facility.wait(following, "done")


def test_polite_shutdown_of_the_worker_interrupts_and_keeps_the_measured(facility: Facility) -> None:
    run_id = facility.submit(LONG)
    facility.wait_transmitting(run_id)
    facility.stack.stop("instrument")
    run = facility.run(run_id)
    assert (run["state"], run["error_code"]) == ("interrupted", "worker_shutdown")
    assert not facility.transmitting()
    facility.stack.start("instrument")
    assert facility.run(run_id)["state"] == "interrupted"


def test_vanished_radio_interrupts_the_run_and_the_queue_waits_for_it(facility: Facility) -> None:
    run_id = facility.submit(LONG)
    facility.wait_transmitting(run_id)
    facility.stack.kill("simulator")
    run = facility.wait(run_id, "interrupted", "failed", timeout_s=30)
    assert run["error_code"] == "radio_lost"
    following = facility.submit(SHORT)
    facility.wait_until(
        lambda: facility.instrument()["status"] in ("offline", "needs_check"), 10, "the instrument to be out of use"
    )
    assert facility.run(following)["state"] == "queued"
    facility.stack.start("simulator")
    facility.wait(following, "done")
    assert facility.confirmed_hz(following)


def test_a_run_goes_on_with_a_radio_that_comes_back_within_its_grace(facility: Facility) -> None:
    run_id = facility.submit(SHORT | {"averages": 200, "averages_max": 200})
    facility.wait_transmitting(run_id)
    facility.stack.kill("simulator")
    facility.stack.start("simulator")  # switched on again: as after power-up, set to nothing of the run
    facility.wait(run_id, "done", timeout_s=30)
    assert facility.confirmed_hz(run_id)
    assert not facility.transmitting()


def test_a_paused_run_waits_between_shots_with_its_transmitter_off_and_goes_on(facility: Facility) -> None:
    run_id = facility.submit(SHORT | {"span_hz": 2.5e6, "averages": 20, "averages_max": 20})
    facility.wait_transmitting(run_id)
    assert facility.http.post(f"runs/{run_id}/pause").status_code == 200
    facility.wait_until(lambda: facility.run(run_id)["paused_at"] is not None, 20, "the run to pause")
    assert not facility.transmitting()
    seen = acquisitions(facility)
    time.sleep(1.5 * LEASE_S)  # long enough for the lease to end if nobody renewed it: nothing may happen meanwhile
    assert facility.run(run_id)["state"] == "acquiring" and acquisitions(facility) == seen
    assert facility.http.post(f"runs/{run_id}/resume").status_code == 200
    facility.wait(run_id, "done")
    assert acquisitions(facility) > seen and facility.confirmed_hz(run_id)
    assert facility.events(run_id, "pause") == [{"paused": True}, {"paused": False}]
    facility.wait_quiet(timeout_s=2)


def measured_s(facility: Facility, run_id: int) -> float:
    """How much of a run has been measured, by its own word."""
    return float((facility.run(run_id)["progress"] or {}).get("duration_done_s", 0.0))


def test_an_emergency_stop_reaches_the_radio_of_a_frozen_worker_and_keeps_what_was_measured(facility: Facility) -> None:
    facility.become_staff()
    run_id = facility.submit(LONG)
    # a whole phase cycle, in bursts of half a second each
    facility.wait_until(lambda: measured_s(facility, run_id) > 2.5, 30, "a phase cycle to be measured")
    facility.stack.signal("instrument", signal.SIGSTOP)
    pressed_unix_s = time.time()
    made = facility.http.post("emergency-stops", json={"instrument": "demo", "reason": "smoke"})
    assert made.status_code == 201, made.text
    facility.wait_quiet(timeout_s=5)
    assert [e for e in facility.radio_events() if e["event"] == "tx_off"][-1]["unix_s"] - pressed_unix_s < 1.0
    [stop] = made.json()
    facility.wait_until(lambda: facility.stop(stop["id"])["is_off"], 3, "the guard to have read it back")

    following = facility.submit(SHORT)
    facility.stack.signal("instrument", signal.SIGCONT)
    run = facility.wait(run_id, "interrupted", timeout_s=10)
    assert run["error_code"] == "emergency_stop"
    assert facility.events(run_id, "shot"), "what was measured is not kept"
    time.sleep(2 * SWEEP_S)  # a sweep or two: nothing may start
    assert facility.run(following)["state"] == "queued" and not facility.transmitting()
    assert facility.instrument()["stopped"] is True

    released = facility.http.post(f"emergency-stops/{stop['id']}/release", json={"note": "a test"})
    assert released.status_code == 200, released.text
    facility.wait(following, "done")
    facility.wait_quiet(timeout_s=2)
