"""Finds the comb in a waveform; no parameter is trusted for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def tooth_spacing_samples(drive: npt.NDArray[np.complex128]) -> float | None:
    """Period of the gate in samples (any real number), or None where the waveform has no regular teeth.

    The starts of the teeth are put on a straight line: start_m = first + m * period with whole numbers m, so missing
    teeth and periods that are no whole number of samples do no harm.
    """
    driven = np.concatenate([[False], drive != 0])
    starts = np.flatnonzero(driven[1:] & ~driven[:-1]).astype(np.float64)
    if len(starts) < 4:
        return None
    period = float(np.median(np.diff(starts)))
    if period < 2:
        return None
    for _ in range(3):
        number = np.round((starts - starts[0]) / period)
        if number[-1] < 3:
            return None
        place = number - number.mean()
        period = float(place @ starts / (place @ place))
        offset = starts.mean() - period * number.mean()
    scatter = starts - (offset + period * number)
    return period if float(np.sqrt(np.mean(scatter**2))) < 0.05 * period + 0.6 else None
