"""Reordering, priorities, holding and pausing: who may, what it does to the order, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import SURVEY
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Instrument
from webapp.runs import services
from webapp.runs.models import Run, RunEvent
from webapp.runs.queue.claim import claim_next
from webapp.runs.services import queue_order
from webapp.samples.models import Sample

MakeRun = Callable[..., Run]


@pytest.fixture
def colleague(group: Group) -> User:
    user = User.objects.create_user("bea")
    Membership.objects.create(user=user, group=group)
    return user


@pytest.fixture
def leader(group: Group) -> User:
    user = User.objects.create_user("lea")
    Membership.objects.create(user=user, group=group, role=Membership.Role.LEADER)
    return user


def test_own_runs_change_places_and_those_of_others_keep_theirs(
    user: User, colleague: User, make_run: MakeRun, instrument: Instrument
) -> None:
    mine, theirs, mine_too = make_run(), make_run(submitted_by=colleague), make_run()
    services.move(user, mine_too, "first")
    assert queue_order(instrument.pk) == [mine_too.pk, theirs.pk, mine.pk]
    services.move(user, mine_too, "later")
    assert queue_order(instrument.pk) == [mine.pk, theirs.pk, mine_too.pk]


@pytest.mark.parametrize(("place", "expected"), [("first", [2, 0, 1, 3]), ("earlier", [0, 2, 1, 3]),
                                                 ("later", [0, 1, 3, 2]), ("last", [0, 1, 3, 2])])  # fmt: skip
def test_places(user: User, make_run: MakeRun, instrument: Instrument, place: str, expected: list[int]) -> None:
    runs = [make_run() for _ in range(4)]
    services.move(user, runs[2], place)
    assert queue_order(instrument.pk) == [runs[number].pk for number in expected]


def test_leaders_and_staff_move_any_run_of_a_group(
    leader: User, staff: User, make_run: MakeRun, instrument: Instrument
) -> None:
    first, second = make_run(), make_run()
    services.move(leader, second, "first")
    assert queue_order(instrument.pk) == [second.pk, first.pk]
    services.move(staff, second, "last")
    assert queue_order(instrument.pk) == [first.pk, second.pk]


def test_others_may_not_move_hold_pause_or_prioritise(colleague: User, make_run: MakeRun) -> None:
    run = make_run()
    for attempt in (
        lambda: services.move(colleague, run, "first"),
        lambda: services.hold(colleague, run),
        lambda: services.pause(colleague, run),
        lambda: services.resume(colleague, run),
        lambda: services.prioritise(colleague, run, Run.Priority.BACKGROUND),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_only_staff_put_a_run_before_all_others(user: User, staff: User, make_run: MakeRun) -> None:
    first, second = make_run(), make_run()
    with pytest.raises(NotAllowed, match="staff"):
        services.prioritise(user, second, Run.Priority.URGENT)
    services.prioritise(staff, second, Run.Priority.URGENT)
    with pytest.raises(NotAllowed):
        services.prioritise(user, second, Run.Priority.NORMAL)
    services.prioritise(user, first, Run.Priority.BACKGROUND)
    assert queue_order(first.instrument_id) == [second.pk, first.pk]


def test_a_held_run_is_passed_over_until_it_is_resumed(user: User, make_run: MakeRun) -> None:
    held, other = make_run(), make_run()
    services.hold(user, held, "waits for the cryostat")
    claim = claim_next("alpha", "w")
    assert claim is not None and claim.run_id == other.pk
    Run.objects.filter(pk=other.pk).update(state=Run.State.DONE)
    Instrument.objects.update(status="ready")
    assert claim_next("alpha", "w") is None
    services.resume(user, held)
    again = claim_next("alpha", "w")
    assert again is not None and again.run_id == held.pk
    texts = [event.payload["text"] for event in RunEvent.objects.filter(run=held, kind="message")]
    assert texts == ["ada held the run.", "ada resumed the run."]


def test_what_cannot_be_done_in_a_state_says_what_can(user: User, make_run: MakeRun) -> None:
    waiting, ended = make_run(), make_run(state=Run.State.DONE)
    with pytest.raises(Conflict, match="can be held"):
        services.pause(user, waiting)
    with pytest.raises(Conflict, match="queue it again"):
        services.resume(user, ended)
    with pytest.raises(Conflict, match="does not wait"):
        services.move(user, ended, "first")
    with pytest.raises(InvalidParameters, match="first, earlier, later, last"):
        services.move(user, waiting, "up")


def test_the_api_does_all_of_it(api: APIClient, stranger_api: APIClient, make_run: MakeRun) -> None:
    run, active = make_run(), make_run(state=Run.State.ACQUIRING)
    held = api.post(f"/api/v1/runs/{run.pk}/hold", {"reason": "later"}, format="json").json()
    assert (held["held"], held["hold_reason"], held["queue"]["note"]) == (True, "later", "It is held: later")
    assert api.post(f"/api/v1/runs/{run.pk}/resume").json()["held"] is False
    assert api.post(f"/api/v1/runs/{active.pk}/pause").json()["pause_requested"] is True
    assert api.post(f"/api/v1/runs/{run.pk}/move", {"to": "last"}, format="json").status_code == 200
    assert api.post(f"/api/v1/runs/{run.pk}/priority", {"priority": -1}, format="json").json()["priority"] == -1
    refused = api.post(f"/api/v1/runs/{run.pk}/priority", {"priority": 1}, format="json")
    assert refused.status_code == 403 and refused.json()["errors"][0]["field"] == "priority"
    wrong = api.post(f"/api/v1/runs/{run.pk}/move", {"to": "up"}, format="json")
    assert wrong.status_code == 400 and wrong.json()["errors"][0]["field"] == "to"
    for action in ("hold", "resume", "pause", "move", "priority"):
        assert stranger_api.post(f"/api/v1/runs/{run.pk}/{action}", {}, format="json").status_code == 404


def test_the_runs_of_other_groups_keep_their_places_whoever_moves(
    staff: User, stranger: User, foreign_sample: Sample, make_run: MakeRun
) -> None:
    """Between groups the fair order decides, not even staff by moving."""
    theirs = make_run(position=1, submitted_by=stranger, sample=foreign_sample, group=foreign_sample.group)
    first, second = make_run(position=2), make_run(position=3)
    services.move(staff, second, "first")
    places = {run.pk: Run.objects.get(pk=run.pk).position for run in (theirs, first, second)}
    assert places == {theirs.pk: 1, second.pk: 2, first.pk: 3}


def test_what_is_submitted_comes_behind_what_waits(
    user: User, instrument: Instrument, sample: Sample, make_run: MakeRun
) -> None:
    make_run(position=7.0)
    wanted = {"instrument": instrument, "sample": sample, "method": "survey", "parameters": SURVEY}
    assert [services.submit(user, **wanted).position for _ in range(2)] == [8.0, 9.0]
