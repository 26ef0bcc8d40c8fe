"""What moves with the frequency that the radio is tuned to: spurs, quadrature images, resonances of the receiver.

A line of the sample has an absolute frequency. When the radio is tuned elsewhere and the same place is excited, it is
there again; what is tied to the receiver is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.artefacts.amplitudes import ONE_SIDED, heard, root_mean_square
from acquisition.coverage import excites
from acquisition.lines import Line
from acquisition.shot import Capture


def fault(line: Line, narrow: Sequence[Capture]) -> str:
    """Why the signal is tied to the receiver; empty if it is there at every centre frequency."""
    by_centre: dict[int, list[tuple[float, float]]] = {}
    for capture in narrow:
        if excites(capture, line.frequency_hz):
            for value in heard(line, [capture]):
                by_centre.setdefault(round(capture.centre_frequency_hz), []).append(value)
    seen = {centre: root_mean_square(values) for centre, values in by_centre.items()}
    if not seen:
        return ""
    most = max(amplitude for amplitude, _ in seen.values())
    missing = min(seen, key=lambda centre: seen[centre][0])
    least, sigma = seen[missing]
    if least + 3.0 * sigma >= ONE_SIDED * most:
        return ""
    return f"It is gone when the centre frequency is moved to {missing / 1e6:.4f} MHz: an artefact of the receiver."
