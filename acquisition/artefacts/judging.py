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
    the receiver's own carriers, and the strongest ring-down; and a modulated carrier, of which the survey shows the
    sidebands one by one.
    """
    listed = []
    loud = [nuisance for nuisance in nuisances if nuisance.snr >= LISTED_SNR]
    once = _each_once(loud)
    modulated = [group for group in _groups(once, loud) if len(group) >= MODULATED_LEAST]
    for group in modulated:
        listed.append(_modulated(group))
    for nuisance in once:
        if any(nuisance is one for group in modulated for one in group):
            continue
        reason = next(reason for recogniser in _SURVEY if (reason := recogniser(nuisance, loud)))
        if nuisance.captures > 1 and not (nuisance.kind == RING_DOWN or own_carrier.is_own_carrier(nuisance)):
            reason = f"{reason} Seen in {nuisance.captures} captures."
        listed.append(nuisance.rejected(reason))
    return tuple(sorted(listed, key=lambda line: line.frequency_hz))


def steady_bands_hz(nuisances: Sequence[Nuisance]) -> list[tuple[float, float]]:
    """The places of carriers that come from outside, which disturb every capture there: (lowest, highest) frequency.

    Several close to one another are one modulated signal, and what lies between them belongs to it.
    """
    half_hz = 0.5
    loud = [nuisance for nuisance in nuisances if nuisance.snr >= LISTED_SNR]
    bands = []
    for group in _groups(_each_once(loud), loud):
        places = [one.frequency_hz for one in group]
        parts = [places] if len(places) >= MODULATED_LEAST else [[place] for place in places]
        bands += [(part[0] - half_hz, part[-1] + half_hz) for part in parts]
    return bands


def _groups(once: Sequence[Nuisance], together: Sequence[Nuisance]) -> list[list[Nuisance]]:
    """Carriers from outside, those together that lie close to one another, by rising frequency."""
    outside = [
        one
        for one in once
        if one.kind == CARRIER and not own_carrier.is_own_carrier(one) and not image.reason(one, together)
    ]
    groups: list[list[Nuisance]] = []
    for one in sorted(outside, key=lambda one: one.frequency_hz):
        if groups and one.frequency_hz - groups[-1][-1].frequency_hz < SAME_SIGNAL_HZ:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _modulated(group: Sequence[Nuisance]) -> Line:
    """A modulated carrier, from its sidebands."""
    strongest = max(group, key=lambda one: one.snr)
    width_hz = group[-1].frequency_hz - group[0].frequency_hz + strongest.resolution_hz
    reason = (
        f"A modulated carrier of {len(group)} parts that do not answer the pulses and do not decay: interference. "
        f"Lines of the sample within its {width_hz / 1e3:.1f} kHz are not seen."
    )
    return replace(strongest, fwhm_hz=width_hz).rejected(reason)


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
