"""Broadcasting and other transmitters: a signal of constant frequency that is there whatever is sent.

It does not answer the teeth: it is as strong before the sweep has reached its place as after it, and never decays.
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.artefacts.nuisance import CARRIER, Nuisance


def reason(nuisance: Nuisance, together: Sequence[Nuisance]) -> str:
    """Why a signal of constant frequency is no line; empty for anything else."""
    if nuisance.kind != CARRIER:
        return ""
    return "A carrier of constant frequency that does not answer the pulses and does not decay: interference."
