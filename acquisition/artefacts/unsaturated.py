"""Acoustic ringing: coil and probe are shaken by the pulse and ring on for 10 to 100 µs, at any frequency.

It answers the pulses like a broad line, with their phase, at every centre frequency. But it is a linear answer: however
often and however hard it was excited before, the next pulse gives as much again. Spins do not: three pulses of four,
two and one times the usual length scramble the magnetisation, and the pulse after them finds less than a third of it,
whatever the spin (computed for powders of I = 1, 3/2, 5/2 and 7/2 with flip angles wrong by up to 20 %; T1 is to be
longer than the train).
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.artefacts.amplitudes import heard, root_mean_square
from acquisition.coverage import excites, excites_after_saturation
from acquisition.free_decay import pulses
from acquisition.lines import Line
from acquisition.shot import Capture

RINGING_FWHM_HZ = 2.1e3
"""Ringing decays within 100 µs or so; a signal that may be broader than this (T2* of 150 µs) may be ringing."""

UNSATURATED = 0.6
"""Amplitude after a saturation train, relative to that without it, above which a signal is no answer of spins."""


def needs_saturation(line: Line, narrow: Sequence[Capture]) -> bool:
    """Whether a confirmed line is so broad that it could be ringing. What was refocused to an echo is not."""
    if line.fwhm_hz + 2.0 * max(line.fwhm_sigma_hz, 0.0) < RINGING_FWHM_HZ:
        return False
    return any(len(pulses(capture.waveform)) == 1 for capture in narrow if excites(capture, line.frequency_hz))


def fault(line: Line, narrow: Sequence[Capture]) -> str:
    """Why the signal is no answer of spins; empty if saturation takes it away, or was not tried."""
    plain = heard(line, [capture for capture in narrow if excites(capture, line.frequency_hz)])
    after = heard(line, [capture for capture in narrow if excites_after_saturation(capture, line.frequency_hz)])
    if not plain or not after:
        return ""
    remains = root_mean_square(after)[0] / max(root_mean_square(plain)[0], 1e-300)
    if remains <= UNSATURATED:
        return ""
    return (
        f"After pulses that saturate spins it is {100 * remains:.0f} % as strong as without them: acoustic ringing or "
        "another linear response of the probe."
    )
