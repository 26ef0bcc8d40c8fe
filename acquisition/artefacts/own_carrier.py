"""DC and leakage of the local oscillator: a carrier exactly at the frequency that the radio is tuned to.

They belong to the receiver and move with the tuned frequency. The phase cycle cancels most of both.
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.artefacts.nuisance import CARRIER, Nuisance

WITHIN_RESOLUTIONS = 1.0
"""Distance from the tuned frequency, in units of the capture's resolution, up to which a carrier is the radio's own."""


def is_own_carrier(nuisance: Nuisance) -> bool:
    """Whether a carrier lies at the tuned frequency."""
    distance_hz = abs(nuisance.frequency_hz - nuisance.tuned_hz)
    return nuisance.kind == CARRIER and distance_hz <= WITHIN_RESOLUTIONS * nuisance.resolution_hz


def reason(nuisance: Nuisance, together: Sequence[Nuisance]) -> str:
    """Why this is the receiver's own carrier; empty if it is not."""
    if not is_own_carrier(nuisance):
        return ""
    tunings = {round(other.tuned_hz) for other in together if is_own_carrier(other)}
    where = "the frequency that the radio is tuned to"
    if len(tunings) > 1:
        where = f"each of {len(tunings)} frequencies that the radio is tuned to (this is the strongest)"
    return f"A carrier at {where}: DC or leakage of the receiver's own oscillator."
