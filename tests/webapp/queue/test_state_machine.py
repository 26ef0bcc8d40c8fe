"""Any sequence of what people, workers, sweeps and latecomers do, against a model of who owns what."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from acquisition.errors import InvalidParameters
from webapp.accounts.models import Group, Membership, User
from webapp.errors import Conflict, IdempotencyMismatch, NotAllowed
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.runs import services
from webapp.runs.models import CaptureRecord, GroupShare, Run, RunEvent
from webapp.runs.queue import jobs, ownership
from webapp.runs.queue.claim import claim_next
from webapp.runs.queue.jobs import Job, JobLost
from webapp.runs.queue.lease import lease_s
from webapp.runs.queue.ownership import Claim, LeaseLost
from webapp.runs.queue.sweep import sweep
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum

pytestmark = pytest.mark.slow

#: sequences tried; on PostgreSQL, where each takes longer, what matters is that the statements work there too
EXAMPLES = 4 if os.environ["DATABASE_URL"] else 12

State, Status = Run.State, Instrument.Status
START = datetime.datetime(2027, 3, 1, 8, tzinfo=datetime.UTC)

#: the documented graph (docs/explanation/nothing-lost.md)
FOLLOWS: dict[str, set[str]] = {
    "": {State.QUEUED},
    State.QUEUED: {State.CLAIMED, State.CANCELLED},
    State.CLAIMED: {State.ACQUIRING, *Run.FINAL} - {State.DONE},
    State.ACQUIRING: {State.PROCESSING, *Run.FINAL} - {State.DONE},
    State.PROCESSING: {State.DONE, State.FAILED, State.CANCELLED},
}

number = st.just(0) | st.integers(0, 50)  # counted from the newest, which most is about
two = st.integers(0, 1)
instruments = st.sampled_from([0, 0, 0, 1])  # mostly the same, so that much happens to it
who = st.integers(0, 3)
ENDS = st.sampled_from(
    [(State.PROCESSING, Status.READY), (State.FAILED, Status.READY), (State.FAILED, Status.OFFLINE),
     (State.CANCELLED, Status.READY), (State.INTERRUPTED, Status.NEEDS_CHECK), (State.INTERRUPTED, Status.READY)]
)  # fmt: skip


class Clock:
    """What `timezone.now` says; every look takes a microsecond, so that no two moments are one."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime.datetime:
        self.now += datetime.timedelta(microseconds=1)
        return self.now


@dataclass
class Seen:
    """Everything of the database that counts, after one step."""

    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    events: dict[int, list[tuple[int, str, str]]] = field(default_factory=dict)
    fences: dict[tuple[str, int], int] = field(default_factory=dict)
    shares: dict[tuple[int, int], tuple[float, datetime.datetime]] = field(default_factory=dict)


class Queue(RuleBasedStateMachine):
    """Two instruments, two groups, three members and one of the staff; time moves when told to."""

    clock: Clock
    plan: ClassVar[dict[str, float]] = {"centre_frequency_hz": 28.1e6, "span_hz": 0.5e6}

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock.now = START
        self.instruments = [Instrument.objects.create(slug=s, name=s, uri=f"ip:{s}") for s in ("a", "b")]
        groups = [Group.objects.create(name=g, slug=g) for g in ("g", "h")]
        self.users = [User.objects.create(username=f"u{n}") for n in range(3)]
        for user, group in zip(self.users, (groups[0], groups[0], groups[1]), strict=True):
            Membership.objects.create(user=user, group=group)
        self.samples = [Sample.objects.create(name="s", group=g, created_by=self.users[0]) for g in groups]
        self.users.append(User.objects.create(username="staff", is_staff=True))
        self.claims: list[Claim] = []
        self.owner: dict[int, Claim] = {}  # by instrument: who may write, as the model has it
        self.jobs: list[Job] = []
        self.worker: dict[int, Job] = {}  # the same by spectrum
        self.keys: dict[tuple[int, str], int] = {}
        self.released: set[int] = set()  # runs let go of in this step
        self.seen = Seen()
        for member in (0, 1, 2, 0, 1):  # so that something happens from the first step on
            self.submit(member, 0, "", 0)
            self.seen = self.look_at_everything()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # -- what people do -----------------------------------------------------------------------------------------------
    @rule(member=st.integers(0, 2), instrument=instruments, key=st.sampled_from(["", "", "k", "l"]), title=two)
    def submit(self, member: int, instrument: int, key: str, title: int) -> None:
        user, count = self.users[member], Run.objects.count()
        wanted: dict[str, Any] = {"instrument": self.instruments[instrument], "sample": self.samples[member // 2]}
        wanted |= {"method": "survey", "parameters": self.plan, "title": f"t{title}"}
        try:
            run = services.submit(user, **wanted, idempotency_key=key or None)
        except IdempotencyMismatch:
            run = Run.objects.get(pk=self.keys[user.pk, key])
            assert (run.title, run.instrument_id) != (wanted["title"], wanted["instrument"].pk)
            return
        if (user.pk, key) in self.keys:
            assert run.pk == self.keys[user.pk, key] and Run.objects.count() == count
        else:
            assert run.pk not in self.seen.runs and run.state == State.QUEUED
            if key:
                self.keys[user.pk, key] = run.pk

    @rule(instrument=instruments, repeats=st.integers(1, 3), one_by_one=st.booleans())
    def submit_series(self, instrument: int, repeats: int, one_by_one: bool) -> None:
        made = services.submit_series(
            self.users[0], instrument=self.instruments[instrument], sample=self.samples[0], method="survey",
            parameters=self.plan, repeats=repeats, one_by_one=one_by_one,
        )  # fmt: skip
        held = list(made.series.runs.order_by("series_index").values_list("held", flat=True))
        assert held == [False, *[one_by_one] * (repeats - 1)]

    @rule(
        which=number, person=who,
        act=st.sampled_from(["hold", "pause", "resume", "first", "later", "urgent", "background", "cancel", "requeue",
                             "reprocess"]),
    )  # fmt: skip
    @precondition(lambda self: self.seen.runs)
    def ask(self, which: int, person: int, act: str) -> None:
        run, user = self.run_number(which), self.users[person]
        actions: dict[str, Callable[[], Any]] = {
            "hold": lambda: services.hold(user, run),
            "pause": lambda: services.pause(user, run),
            "resume": lambda: services.resume(user, run),
            "first": lambda: services.move(user, run, "first"),
            "later": lambda: services.move(user, run, "later"),
            "urgent": lambda: services.prioritise(user, run, 1),
            "background": lambda: services.prioritise(user, run, -1),
            "cancel": lambda: services.request_cancel(user, run),
            "requeue": lambda: services.requeue(user, run),
            "reprocess": lambda: services.reprocess(user, run, {}),
        }
        before = run.state
        try:
            with transaction.atomic():
                actions[act]()
        except (Conflict, NotAllowed):
            return
        except InvalidParameters:  # somebody of another group, who cannot measure this sample
            assert act == "requeue" and person < 3 and self.samples[person // 2].group_id != run.group_id
            return
        after = Run.objects.get(pk=run.pk)
        if act == "cancel":
            # one that is being measured is cancelled by its worker alone, when the transmitter is off
            assert after.cancel_requested and after.state == (before if before in Run.ACTIVE else State.CANCELLED)
        else:
            assert after.state == before

    @rule(instrument=instruments, held=st.booleans())
    def hold_instrument(self, instrument: int, held: bool) -> None:
        if held:
            facility.hold(self.users[3], self.instruments[instrument], "work on the probe")
        else:
            facility.release(self.users[3], self.instruments[instrument])

    # -- the usual course ---------------------------------------------------------------------------------------------
    def measure(self, instrument: int, steps: int) -> None:
        """What a sound worker does next, so that runs get as far as they can."""
        where = self.instruments[instrument]
        for _ in range(steps):
            claim = self.owner.get(where.pk)
            if claim is None:
                self.check(instrument, True)
                self.claim(where, "w")
            elif Run.objects.get(pk=claim.run_id).state == State.CLAIMED:
                ownership.start_acquiring(claim, {})
            elif not CaptureRecord.objects.filter(run=claim.run_id).exists():
                self.store_capture(claim)
            else:
                ownership.finish(claim, State.PROCESSING)
                self.let_go(claim)
                break  # one at a time: what is let go is looked at after every step

    # several rules, so that it is chosen often, as it is what makes everything else possible
    measure_little = rule(instrument=instruments, steps=st.integers(1, 2))(measure)
    measure_more = rule(instrument=instruments, steps=st.integers(2, 4))(measure)
    measure_to_the_end = rule(instrument=instruments, steps=st.just(5))(measure)
    measure_again = rule(instrument=instruments, steps=st.integers(1, 5))(measure)

    @rule(finish=st.booleans())
    @precondition(lambda self: Spectrum.objects.filter(state="queued").exists())
    def process(self, finish: bool) -> None:
        """What a sound processing worker does with what waits longest."""
        job = jobs.claim_job(Spectrum.objects.filter(state="queued").earliest("pk").pk)
        assert job is not None
        self.jobs.append(job)
        if finish:
            jobs.close_job(job)
        else:
            self.worker[job.spectrum_id] = job

    # -- what workers do, the owner and those that only think they are ------------------------------------------------
    @rule(instrument=instruments, hints=st.integers(1, 3))
    def look(self, instrument: int, hints: int) -> None:
        """One hint, or late and doubled ones to several workers."""
        for worker in range(hints):
            self.claim(self.instruments[instrument], f"w{worker}")

    def claim(self, instrument: Instrument, worker: str) -> None:
        row = Instrument.objects.get(pk=instrument.pk)
        free = not row.held and row.status == Status.READY and instrument.pk not in self.owner
        waiting = [run for run in self.seen_queue(instrument) if not run.held]
        claim = claim_next(instrument.slug, worker)
        if not (free and waiting):
            assert claim is None
            return
        assert claim is not None and claim.fence == row.fence + 1
        run = next(run for run in waiting if run.pk == claim.run_id)
        assert run.priority == max(other.priority for other in waiting)
        own = [other for other in waiting if (other.group_id, other.priority) == (run.group_id, run.priority)]
        assert run.pk == own[0].pk
        self.owner[instrument.pk] = claim
        self.claims.append(claim)

    @rule(
        which=number,
        write=st.sampled_from(["renew", "start", "report", "capture", "wait", "go on", "ask for a pause"]),
    )
    @precondition(lambda self: self.claims)
    def write(self, which: int, write: str) -> None:
        claim = self.claims[-1 - which % len(self.claims)]
        writes: dict[str, Callable[[], Any]] = {
            "renew": lambda: ownership.renew(claim),
            "start": lambda: ownership.start_acquiring(claim, {"model": "m"}),
            "report": lambda: ownership.report(claim, {"step": "survey"}),
            "capture": lambda: self.store_capture(claim),
            "wait": lambda: ownership.paused(claim, timezone.now()),
            "go on": lambda: ownership.paused(claim, None),
            "ask for a pause": lambda: ownership.pause_for(claim, "Tune the probe."),
        }
        # a worker says once that it starts, and has captures only after that
        state = self.seen.runs[claim.run_id]["state"] if self.is_owner(claim) else ""
        if (write, state) in (("start", State.ACQUIRING), ("capture", State.CLAIMED)):
            return
        self.fenced(claim, writes[write])
        if write == "renew" and self.is_owner(claim):
            lease = Run.objects.get(pk=claim.run_id).lease_expires_at
            assert lease is not None and lease > self.clock.now

    @rule(instrument=instruments)
    def write_with_an_older_fence(self, instrument: int) -> None:
        """The state of the run alone does not make somebody its owner."""
        claim = self.owner.get(self.instruments[instrument].pk)
        if claim is not None:
            former = dataclasses.replace(claim, fence=claim.fence - 1)
            self.fenced(former, lambda: ownership.report(former, {"step": "late"}))

    @rule(which=number, end=ENDS)
    @precondition(lambda self: self.claims)
    def finish(self, which: int, end: tuple[str, str]) -> None:
        claim = self.claims[-1 - which % len(self.claims)]
        state, status = end
        if self.is_owner(claim) and state == State.PROCESSING:
            if self.seen.runs[claim.run_id]["state"] == State.CLAIMED:
                return  # all is measured only of a run that has been started
        if self.fenced(claim, lambda: ownership.finish(claim, state, error_code="e", instrument_status=status)):
            self.let_go(claim)

    @rule(instrument=instruments, good=st.booleans())
    def check(self, instrument: int, good: bool) -> None:
        """As a worker does before it claims: nobody may own the instrument, or have claimed it during the check."""
        row = Instrument.objects.get(pk=self.instruments[instrument].pk)
        if row.status in (Status.NEEDS_CHECK, Status.OFFLINE) and row.pk not in self.owner:
            ownership.release_instrument(row.pk, row.fence, Status.READY if good else Status.OFFLINE, "")

    @rule(instrument=instruments)
    def release_late(self, instrument: int) -> None:
        """All former owners give an instrument back that somebody else has."""
        owner = self.owner.get(self.instruments[instrument].pk)
        for claim in self.claims if owner else []:
            if claim.instrument_id == self.instruments[instrument].pk and claim is not owner:
                ownership.release_instrument(claim.instrument_id, claim.fence, Status.READY, "")

    @rule(which=number)
    @precondition(lambda self: Spectrum.objects.exists())
    def claim_job(self, which: int) -> None:
        spectra = list(Spectrum.objects.order_by("pk"))
        spectrum = spectra[which % len(spectra)]
        leased = spectrum.lease_expires_at is not None and spectrum.lease_expires_at >= self.clock.now
        free = spectrum.state == "queued" or (spectrum.state == "processing" and not leased)
        job = jobs.claim_job(spectrum.pk)
        if not free or spectrum.fence >= jobs.ATTEMPTS_MAX:
            assert job is None
            if free:
                self.worker.pop(spectrum.pk, None)
            return
        assert job is not None and job.fence == spectrum.fence + 1
        self.worker[spectrum.pk] = job
        self.jobs.append(job)

    @rule(which=number, act=st.sampled_from(["renew", "close", "close", "fail"]))
    @precondition(lambda self: self.jobs)
    def write_job(self, which: int, act: str) -> None:
        job = self.jobs[-1 - which % len(self.jobs)]
        mine = self.worker.get(job.spectrum_id) == job
        before = Spectrum.objects.values().get(pk=job.spectrum_id)
        if act == "renew":
            assert jobs.renew_job(job) == mine
        elif act == "fail":
            jobs.fail_job(job, "It cannot be processed.")
        elif mine:
            jobs.close_job(job)
        else:
            with pytest.raises(JobLost):
                jobs.close_job(job)
        if not mine:
            assert Spectrum.objects.values().get(pk=job.spectrum_id) == before
        elif act != "renew":
            del self.worker[job.spectrum_id]

    # -- what time does -----------------------------------------------------------------------------------------------
    @rule(leases=st.sampled_from([0.3, 0.9, 1.2, 1.2]), swept=st.booleans())
    def wait(self, leases: float, swept: bool) -> None:
        self.clock.now += datetime.timedelta(seconds=leases * lease_s())
        if swept:
            self.sweep()

    @rule()
    def sweep(self) -> None:
        overdue = [
            claim for claim in self.owner.values()
            if self.seen.runs[claim.run_id]["lease_expires_at"] < self.clock.now
        ]  # fmt: skip
        assert sweep()["interrupted"] == len(overdue)
        for claim in overdue:
            run = Run.objects.get(pk=claim.run_id)
            assert (run.state, run.fence) == (State.INTERRUPTED, claim.fence + 1)
            row = Instrument.objects.get(pk=claim.instrument_id)
            assert (row.status, row.fence) == (Status.NEEDS_CHECK, claim.fence + 1)
            self.let_go(claim)

    # -- what must hold -----------------------------------------------------------------------------------------------
    @invariant()
    def nothing_is_lost_or_done_twice(self) -> None:
        seen, now = self.seen, self.look_at_everything()
        assert seen.runs.keys() <= now.runs.keys()
        assert all(now.fences[key] >= fence for key, fence in seen.fences.items())
        for run_id, row in now.runs.items():
            states = [state for _, kind, state in now.events[run_id] if kind == "state"]
            assert states[-1] == row["state"], "the events tell what the row says"
            assert all(b in FOLLOWS.get(a, ()) for a, b in itertools.pairwise(["", *states])), states
            earlier = seen.events.get(run_id, [])
            assert now.events[run_id][: len(earlier)] == earlier, "events are only ever added"
            before = seen.runs.get(run_id)
            if before is not None and before["state"] in Run.FINAL:
                assert row == before, "what has ended does not change"
            assert (row["lease_expires_at"] is not None) == (row["state"] in Run.ACTIVE)
            assert (row["finished_at"] is not None) == (row["state"] in Run.FINAL)
            spectra = Spectrum.objects.filter(run=run_id)
            if row["state"] == State.PROCESSING:
                assert spectra.filter(state__in=("queued", "processing")).exists(), "it would wait for ever"
            if row["acquired_at"] is not None and CaptureRecord.objects.filter(run=run_id).exists():
                assert spectra.filter(version=1).exists(), "what was measured is processed, however the run ended"
        self.shares_grow_while_owned(seen, now)
        self.seen, self.released = now, set()

    @invariant()
    def one_run_has_an_instrument(self) -> None:
        for instrument in Instrument.objects.all():
            active = list(instrument.runs.filter(state__in=Run.ACTIVE))
            owner = self.owner.get(instrument.pk)
            assert [(run.pk, run.fence, run.worker) for run in active] == (
                [(owner.run_id, owner.fence, owner.worker)] if owner else []
            )
            assert (instrument.status == Status.BUSY) == bool(active)

    def shares_grow_while_owned(self, seen: Seen, now: Seen) -> None:
        """A group is charged when one of its runs is let go, by the time it had; at no other time."""
        charged = {(now.runs[pk]["instrument_id"], now.runs[pk]["group_id"]) for pk in self.released}
        for key, (used_s, at) in now.shares.items():
            if key not in charged:
                assert seen.shares.get(key) == (used_s, at)
                continue
            had_s, since = seen.shares.get(key, (0.0, at))
            half_lives = (at - since).total_seconds() / 3600 / 72
            owned_s = sum(
                (now.runs[pk]["acquired_at"] - now.runs[pk]["claimed_at"]).total_seconds()
                for pk in self.released
                if (now.runs[pk]["instrument_id"], now.runs[pk]["group_id"]) == key
            )
            assert used_s == pytest.approx(had_s * 0.5**half_lives + owned_s, abs=1e-3)
        assert charged <= now.shares.keys()

    # -- helpers ------------------------------------------------------------------------------------------------------
    def is_owner(self, claim: Claim) -> bool:
        return self.owner.get(claim.instrument_id) is claim

    def let_go(self, claim: Claim) -> None:
        del self.owner[claim.instrument_id]
        self.released.add(claim.run_id)

    def fenced(self, claim: Claim, write: Callable[[], Any]) -> bool:
        """Whether the write was taken; one of somebody who owns nothing is refused, and has changed nothing."""
        if self.is_owner(claim):
            write()
            return True
        before = self.look_at_everything()
        with pytest.raises(LeaseLost):
            write()
        assert self.look_at_everything() == before
        return False

    def run_number(self, which: int) -> Run:
        ids = sorted(self.seen.runs)
        return Run.objects.select_related("instrument", "sample", "group").get(pk=ids[-1 - which % len(ids)])

    def seen_queue(self, instrument: Instrument) -> list[Run]:
        rows = Run.objects.filter(instrument=instrument, state=State.QUEUED, cancel_requested=False)
        return list(rows.order_by("position", "id"))

    def store_capture(self, claim: Claim) -> None:
        with ownership.owned(claim):
            CaptureRecord.objects.create(
                run_id=claim.run_id, index=CaptureRecord.objects.filter(run=claim.run_id).count(), name="c",
                sha256="0" * 64, size_bytes=1, method="survey", centre_frequency_hz=28e6, sample_rate_hz=1e7,
                averages=2, alignment="tdd",
            )  # fmt: skip

    def look_at_everything(self) -> Seen:
        now = Seen()
        for row in Run.objects.order_by("pk").values():
            now.runs[row["id"]], now.events[row["id"]] = row, []
            now.fences["run", row["id"]] = row["fence"]
        for pk, run_id, kind, payload in RunEvent.objects.order_by("pk").values_list("pk", "run_id", "kind", "payload"):
            now.events[run_id].append((pk, kind, payload.get("state", "")))
        for name, model in (("instrument", Instrument), ("spectrum", Spectrum)):
            now.fences |= {(name, pk): fence for pk, fence in model.objects.values_list("pk", "fence")}
        rows = GroupShare.objects.values_list("instrument_id", "group_id", "used_s", "at")
        now.shares = {(instrument, group): (used_s, at) for instrument, group, used_s, at in rows}
        return now


def test_any_sequence_loses_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Queue.clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", Queue.clock)
    monkeypatch.setattr("webapp.runs.events._announce", lambda *_arguments: None)
    run_state_machine_as_test(
        Queue,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
