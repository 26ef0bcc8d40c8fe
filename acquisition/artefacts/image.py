"""The quadrature image: every signal has a weak mirror image on the other side of the tuned frequency.

It is the complex conjugate of the signal, from unequal I and Q. That of a line follows the transmitted phase the other
way round, so that the phase cycle cancels it; that of a carrier does not follow it at all and stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.artefacts.nuisance import CARRIER, Nuisance

IMAGE_FRACTION = 0.1
"""Largest amplitude of an image relative to its signal: receivers have 20 dB of image rejection at least."""

WITHIN_RESOLUTIONS = 1.0


def reason(nuisance: Nuisance, together: Sequence[Nuisance]) -> str:
    """Why a carrier is the image of a stronger one; empty if it is not."""
    if nuisance.kind != CARRIER:
        return ""
    mirror_hz = 2.0 * nuisance.tuned_hz - nuisance.frequency_hz
    for other in sorted(together, key=lambda one: -one.amplitude):
        if other.kind != CARRIER or nuisance.amplitude > IMAGE_FRACTION * other.amplitude:
            continue
        same_tuning = abs(other.tuned_hz - nuisance.tuned_hz) < 1.0
        if same_tuning and abs(other.frequency_hz - mirror_hz) <= WITHIN_RESOLUTIONS * nuisance.resolution_hz:
            return (
                f"The mirror image of the carrier at {other.frequency_hz / 1e6:.4f} MHz about the tuned frequency of "
                f"{nuisance.tuned_hz / 1e6:.4f} MHz."
            )
    return ""
