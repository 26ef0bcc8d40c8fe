"""The ring-down of probe and receiver: the decay, within microseconds, of the energy that the teeth leave there.

It answers the waveform like a line hundreds of kHz wide, at every tooth alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from acquisition.artefacts.nuisance import RING_DOWN, Nuisance


def reason(nuisance: Nuisance, together: Sequence[Nuisance]) -> str:
    """Why this is ring-down, with its decay time; empty for anything else."""
    if nuisance.kind != RING_DOWN:
        return ""
    decay_us = 1e6 / (math.pi * max(nuisance.fwhm_hz, 1.0))
    tunings = {round(other.tuned_hz) for other in together if other.kind == RING_DOWN}
    where = f" at each of {len(tunings)} tunings" if len(tunings) > 1 else ""
    return f"Ring-down of the probe{where}: it answers every tooth and decays within {decay_us:.2g} µs."
