"""Samples that say nothing: where the receiver was saturated, and where samples are missing.

A saturated receiver stands at an end of its scale, so that samples lie exactly there; whatever the signal was is lost.
It happens where ring-down outlasts the dead time. A drop-out of the transfer leaves zeros, which noise never gives, or,
where it hit some of the averages only, a stretch in which noise is weaker than anywhere else by sudden steps. The first
two are taken out of the data; the third is harmless but for the amplitude, and is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from acquisition.shot import Capture

RAIL = 0.98
"""|I| or |Q| in units of the full scale from which on a sample counts as saturated."""

BEYOND = 1.05
"""Samples above this show that a capture is not in units of the receiver's full scale."""

ZEROS_LEAST = 8
"""Shortest stretch of zeros, in samples, that is no chance."""

BLOCK = 256
WEAK_SIGMAS = 8.0
"""Samples of a block of noise power, and how many standard deviations below the others make a gap in the averages."""

_KINDS = ("The receiver was saturated", "The receiver was overloaded", "Samples were missing", "In ")
"""How notes on samples begin, the radio driver's own among them."""

Flags = npt.NDArray[np.bool_]


def without_faulty_samples(capture: Capture) -> Capture:
    """The capture with saturated and missing samples marked as no data, and a note on each kind. Idempotent."""
    data = capture.receive_mask
    if not data.any():
        return capture
    bad = _saturated(capture, data)
    notes = []
    if bad.any():
        notes.append(f"The receiver was saturated in {_share(bad, data)} of the data, which were left out.")
    zeros = _zeros(capture, data)
    if zeros.any():
        notes.append(f"Samples were missing in {_share(zeros, data)} of the data, which were left out.")
    else:
        lost = _weaker(capture, data)
        if lost > 0.0:
            notes.append(f"In {100 * lost:.2g} % of the data some of the averages are missing; they were kept.")
    missing = _stretches((bad | zeros) & data)
    fresh = tuple(note for note in notes if note not in capture.notes)
    if not missing and not fresh:
        return capture
    return replace(capture, missing=(*capture.missing, *missing), notes=(*capture.notes, *fresh))


def notes_on_samples(captures: Sequence[Capture]) -> list[str]:
    """What was noted on the samples of captures, each kind once, with the number of captures it is about."""
    noted: dict[str, list[str]] = {}
    for capture in map(without_faulty_samples, captures):
        for note in capture.notes:
            kind = next((start for start in _KINDS if note.startswith(start)), None)
            if kind is not None:
                noted.setdefault(kind, []).append(note)
    return [
        notes[0] if len(notes) == 1 else f"{notes[0]} Likewise in {len(notes) - 1} other captures."
        for notes in noted.values()
    ]


def _share(flags: Flags, data: Flags) -> str:
    return f"{100 * float(np.count_nonzero(flags & data)) / float(np.count_nonzero(data)):.2g} %"


def _saturated(capture: Capture, data: Flags) -> Flags:
    size = np.maximum(np.abs(capture.samples.real), np.abs(capture.samples.imag))
    largest = float(np.max(size, where=data, initial=0.0))
    if not RAIL <= largest <= BEYOND:
        return np.zeros(len(size), dtype=bool)
    return np.asarray((size >= RAIL) & data)


def _zeros(capture: Capture, data: Flags) -> Flags:
    """Stretches of exact zeros among the data; transmission and dead time in between do not end a stretch."""
    found = np.zeros(len(data), dtype=bool)
    places = np.flatnonzero(data)
    silent = capture.samples[places] == 0
    if silent.all():
        return found  # nothing was received at all, which is another matter
    for begin, end in _stretches(silent):
        if end - begin >= ZEROS_LEAST:
            found[places[begin:end]] = True
    return found


def _weaker(capture: Capture, data: Flags) -> float:
    """Share of the data that lies in blocks whose power is below what noise allows. Signals only ever add power."""
    values = np.abs(capture.samples[data].astype(np.complex128)) ** 2
    blocks = len(values) // BLOCK
    if blocks < 16:
        return 0.0
    power = values[: blocks * BLOCK].reshape(blocks, BLOCK).mean(axis=1)
    # The lower quartile is noise wherever a quarter of the capture is; its scatter is that of so many samples.
    floor = float(np.quantile(power, 0.25))
    scatter = floor / math.sqrt(BLOCK)
    return float(np.mean(power < floor - WEAK_SIGMAS * scatter)) if floor > 0.0 else 0.0


def _stretches(flags: Flags) -> tuple[tuple[int, int], ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
