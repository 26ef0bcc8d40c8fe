"""The small picture of a spectrum for lists: magnitude and its confirmed lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from django.template.loader import render_to_string

from webapp.home import svg

WIDTH, HEIGHT = 320, 110
_BASE, _TOP = HEIGHT - 14, 14


def thumbnail(magnitude: npt.NDArray[np.floating], x0_hz: float, dx_hz: float, lines_hz: Sequence[float]) -> str:
    """SVG document of a magnitude spectrum, shape (n,), with a mark at every confirmed line.

    Drawn on a transparent ground in colours that can be read on light and dark.
    """
    low, high = svg.columns(magnitude, WIDTH)
    # The floor is drawn just above the base line, the largest value near the top.
    y = svg.Scale(0.0, float(high.max()) or 1.0, _BASE, _TOP)
    x = svg.Scale(0, max(len(low) - 1, 1), 0, WIDTH)
    frequency = svg.Scale(x0_hz, x0_hz + dx_hz * max(len(magnitude) - 1, 1), 0, WIDTH)
    context = {
        "width": WIDTH,
        "height": HEIGHT,
        "base": _BASE,
        "path": svg.envelope(low.tolist(), high.tolist(), x, y),
        "marks": [f"{frequency(hz):.1f}" for hz in lines_hz if frequency.low <= hz <= frequency.high],
    }
    return render_to_string("spectra/thumbnail.svg", context)
