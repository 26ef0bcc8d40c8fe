"""The one place where the recognisers are applied, to what the survey shows and to what the second look shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acquisition.artefacts import (
    carrier,
    follows_receiver,
    image,
    own_carrier,
    ring_down,
    unexcited,
    unsaturated,
)
from acquisition.artefacts.nuisance import CARRIER, RING_DOWN, Nuisance
from acquisition.lines import Line
from acquisition.shot import Capture

_NARROW = (follows_receiver.fault, unexcited.fault, unsaturated.fault)
"""Recognisers of what speaks against a line that narrow-band captures show."""

_SURVEY = (ring_down.reason, own_carrier.reason, image.reason, carrier.reason)
"""Recognisers of what the survey explains without a line, the most particular first."""


LISTED_SNR = 5.0
"""Signals below this are not listed: a survey whose candidates are measured again lets some noise through."""

SAME_SIGNAL_HZ, MODULATED_LEAST = 2e3, 4
"""Distance of neighbouring carriers, and number of them, from which on they are one modulated signal."""


def narrow_fault(line: Line, narrow: Sequence[Capture]) -> str:
    """Why a signal that is there is not a line of the sample; empty if nothing speaks against it."""
    return next((reason for recogniser in _NARROW if (reason := recogniser(line, narrow))), "")


def rejected_signals(nuisances: Sequence[Nuisance]) -> tuple[Line, ...]:
    """What was recognised in a survey beside its lines, as rejected lines with their reasons, by rising frequency.

    The same signal in several captures is listed once, and so are what every tuning has of its own: the strongest of
    the receiver's own carriers, and the strongest ring-down.
    """
    listed = []
    loud = [nuisance for nuisance in nuisances if nuisance.snr >= LISTED_SNR]
    for nuisance in _each_once(loud):
        reason = next(reason for recogniser in _SURVEY if (reason := recogniser(nuisance, loud)))
        if nuisance.captures > 1 and not (nuisance.kind == RING_DOWN or own_carrier.is_own_carrier(nuisance)):
            reason = f"{reason} Seen in {nuisance.captures} captures."
        listed.append(nuisance.rejected(reason))
    return tuple(sorted(listed, key=lambda line: line.frequency_hz))


def steady_bands_hz(nuisances: Sequence[Nuisance]) -> list[tuple[float, float]]:
    """The places of carriers that come from outside, which disturb every capture there: (lowest, highest) frequency.

    Several close to one another are one modulated signal, and what lies between them belongs to it.
    """
    outside = [
        one
        for one in nuisances
        if one.kind == CARRIER and one.snr >= LISTED_SNR and not own_carrier.is_own_carrier(one)
        if not image.reason(one, nuisances)
    ]
    half_hz = 0.5
    places = sorted(one.frequency_hz for one in _each_once(outside))
    groups: list[list[float]] = []
    for place in places:
        if groups and place - groups[-1][-1] < SAME_SIGNAL_HZ:
            groups[-1].append(place)
        else:
            groups.append([place])
    bands = []
    for group in groups:
        parts = [group] if len(group) >= MODULATED_LEAST else [[place] for place in group]
        bands += [(part[0] - half_hz, part[-1] + half_hz) for part in parts]
    return bands


def _each_once(nuisances: Sequence[Nuisance]) -> list[Nuisance]:
    """The strongest of each signal, with the number of captures that show it."""
    kept: list[Nuisance] = []
    for nuisance in sorted(nuisances, key=lambda one: -one.snr):
        for place, known in enumerate(kept):
            if _same(nuisance, known):
                kept[place] = replace(known, captures=known.captures + 1)
                break
        else:
            kept.append(nuisance)
    return kept


def _same(one: Nuisance, other: Nuisance) -> bool:
    if one.kind != other.kind:
        return False
    if one.kind == RING_DOWN:
        return True
    own = own_carrier.is_own_carrier(one), own_carrier.is_own_carrier(other)
    if any(own):
        return all(own)
    if (one.tuned_hz, one.place) == (other.tuned_hz, other.place):
        return False  # told apart within one capture
    return abs(one.frequency_hz - other.frequency_hz) < max(one.resolution_hz, other.resolution_hz)
