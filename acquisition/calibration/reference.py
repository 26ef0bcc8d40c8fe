"""The error of the radio's frequency reference, from where a known line is seen."""

from __future__ import annotations

import math

from acquisition.reception import RadioState


def reference_error(
    seen_hz: float, seen_sigma_hz: float, known_hz: float, known_sigma_hz: float, centre_hz: float, radio: RadioState
) -> tuple[float, float]:
    """(error, one-sigma) of the reference as a fraction, of a line seen at `seen_hz` that lies at `known_hz`.

    A reference that is too fast by a fraction e puts the radio, tuned to r, at r (1 + e). Behind a converter with an
    oscillator of its own the NQR frequency f = r - L (upper side) or L - r (lower side) is then off by +-r e, so the
    line is seen too low (too high) by that. All of a difference is put down to the radio's reference: an error of the
    converter's oscillator is indistinguishable with one line and is corrected along with it near that line.
    """
    sign = -1.0 if radio.inverted else 1.0
    scale_hz = sign * (radio.frequency_hz + sign * (seen_hz - centre_hz))
    return (known_hz - seen_hz) / scale_hz, math.hypot(seen_sigma_hz, known_sigma_hz) / abs(scale_hz)
