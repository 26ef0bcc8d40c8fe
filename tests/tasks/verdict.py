"""What must be true of all runs when everything is over, whatever was killed meanwhile."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.tasks.radio_log import RadioLog
from tests.tasks.rows import FINAL, Rows
from tests.tasks.submitter import Submitter

if TYPE_CHECKING:
    from tests.tasks.ordeal import Report

#: the simulated sample's line at room temperature, and how near a confirmed one has to be
LINE_HZ, NEAR_HZ = 28.0846e6, 2e3

#: the states that may follow a state
FOLLOWS = {
    "": {"queued"},
    "queued": {"claimed", "cancelled"},
    "claimed": {"acquiring", "failed", "cancelled", "interrupted"},
    "acquiring": {"processing", "failed", "cancelled", "interrupted"},
    "processing": {"done", "failed", "cancelled"},
}

#: the clocks of the radio's log and of the rows are one, but a row is written after what it tells
SLACK_S = 0.5


def judge(
    report: Report, rows: Rows, radio: RadioLog, submitter: Submitter, acquisitions_per_shot: int, bound_s: float
) -> None:
    """Add what is wrong to the report."""
    runs = rows.runs()
    report.runs, report.retries = len(runs), submitter.retries
    report.states = Counter(run["state"] for run in runs)
    report.problems += submitter.broken_promises
    _nothing_lost(report, runs, submitter)
    _nothing_twice(report, rows, runs, radio, acquisitions_per_shot)
    _never_left_on(report, radio, bound_s)
    _nothing_unexpected(report, runs)
    _results(report, rows, runs)


def _nothing_lost(report: Report, runs: list[dict[str, Any]], submitter: Submitter) -> None:
    by_key = Counter(run["idempotency_key"] for run in runs)
    ids = {run["idempotency_key"]: run["id"] for run in runs}
    for key in submitter.keys:
        if by_key[key] != 1:
            report.lost.append(f"Key {key} has {by_key[key]} runs.")
        elif submitter.promised.get(key) != ids[key]:
            report.lost.append(f"Key {key} was answered with run {submitter.promised.get(key)}, and is run {ids[key]}.")
    strangers = set(by_key) - set(submitter.keys) - {None}
    if strangers or by_key[None] != 1:  # the undisturbed run has no key
        report.lost.append(f"Runs that nobody asked for: {sorted(strangers)}, {by_key[None] - 1} without a key.")
    report.lost += [f"Run {run['id']} has stayed {run['state']}." for run in runs if run["state"] not in FINAL]


def _nothing_twice(
    report: Report, rows: Rows, runs: list[dict[str, Any]], radio: RadioLog, acquisitions_per_shot: int
) -> None:
    """By events, by fences, and by what the radio itself has seen."""
    states: dict[int, list[str]] = {run["id"]: [""] for run in runs}
    shots: Counter[int] = Counter()
    for event in rows.ask("SELECT run_id, kind, payload FROM runs_runevent ORDER BY id"):
        run_id, kind = event["run_id"], event["kind"]
        if kind == "state":
            before, after = states[run_id][-1], rows.json(event["payload"])["state"]
            if after not in FOLLOWS.get(before, set()):
                report.twice.append(f"Run {run_id} went from {before!r} to {after!r}.")
            states[run_id].append(after)
        elif kind in ("shot", "progress", "lines"):
            if states[run_id][-1] != "acquiring":
                report.twice.append(f"Run {run_id} had a {kind} while it was {states[run_id][-1]}.")
            shots[run_id] += kind == "shot"
    for run in runs:
        if states[run["id"]][-1] != run["state"]:
            report.lost.append(f"Run {run['id']} is {run['state']}, its last event says {states[run['id']][-1]}.")
    fences = [run["fence"] for run in sorted(runs, key=lambda run: run["claimed_at"] or 0) if run["claimed_at"]]
    if any(later <= earlier for earlier, later in itertools.pairwise(fences)):
        report.twice.append(f"The fences do not grow from claim to claim: {fences}.")
    _acquisitions(report, runs, radio, shots, acquisitions_per_shot)


def _acquisitions(
    report: Report, runs: list[dict[str, Any]], radio: RadioLog, shots: Counter[int], acquisitions_per_shot: int
) -> None:
    """Every acquisition belongs to the run that had the instrument, and a run has those of its shots and no more."""
    seen: Counter[int] = Counter()
    of_shots = set(radio.acquisitions_s)
    owners = [run for run in runs if run["claimed_at"]]
    for at_s in sorted([*radio.acquisitions_s, *radio.references_s]):
        owner = [run["id"] for run in owners if run["claimed_at"] - SLACK_S <= at_s <= run["acquired_at"] + SLACK_S]
        if not owner:
            report.twice.append(f"The radio acquired at {at_s:.3f}, when no run had it.")
        elif len(owner) == 1 and at_s in of_shots:
            seen[owner[0]] += 1
    for run in owners:
        most = acquisitions_per_shot * (shots[run["id"]] + (run["state"] != "done"))
        if seen[run["id"]] > most:
            report.twice.append(f"Run {run['id']} has {shots[run['id']]} shots and {seen[run['id']]} acquisitions.")


def _never_left_on(report: Report, radio: RadioLog, bound_s: float) -> None:
    if radio.transmitting():
        report.tx_left_on.append("The transmitter is on though nothing runs.")
    if radio.overlaps:
        report.tx_left_on.append(f"The transmitter was turned on {radio.overlaps} times while it was on.")
    for sent in radio.transmissions:
        if sent.off_s is not None and sent.off_s - sent.on_s > bound_s:
            report.tx_left_on.append(f"The transmitter was on for {sent.off_s - sent.on_s:.1f} s.")


def _nothing_unexpected(report: Report, runs: list[dict[str, Any]]) -> None:
    """A run may end by what was done to it, but not by an error of our own, which would also hide all that follows."""
    failed = Counter(run["error_code"] for run in runs if run["state"] == "failed")
    report.failures = dict(failed)
    if failed["internal"]:
        report.problems.append(f"{failed['internal']} runs failed by an unexpected error.")


def _results(report: Report, rows: Rows, runs: list[dict[str, Any]]) -> None:
    """A run that is done has its spectrum with the sample's line in it, confirmed."""
    found = rows.ask(
        "SELECT s.run_id AS run_id, l.frequency_hz AS frequency_hz FROM spectra_spectralline l"
        " JOIN spectra_spectrum s ON s.id = l.spectrum_id WHERE s.state = 'done' AND l.status = 'confirmed'"
    )
    good = {row["run_id"] for row in found if abs(row["frequency_hz"] - LINE_HZ) < NEAR_HZ}
    for run in runs:
        if run["state"] == "done" and run["id"] not in good:
            report.problems.append(f"Run {run['id']} is done and has no confirmed line.")
