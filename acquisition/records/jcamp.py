"""Spectra as JCAMP-DX 5.01, one component per file, in the plain (AFFN) form.

There is no data type for NQR: readers know "NMR SPECTRUM", so that is what we say, and what is special to NQR stands
in private labels. XUNITS is HZ and frequencies are absolute.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from acquisition.experiment import Spectrum
from acquisition.lines import Line
from acquisition.records.description import Description, component_values

# Ordinates are written as integers up to this: a resolution of 1e-9 of the largest value.
_FULL_SCALE = 999_999_999
_LINE_LENGTH = 80


def write(
    spectrum: Spectrum,
    lines: Sequence[Line] = (),
    description: Description | None = None,
    component: str = "magnitude",
) -> str:
    """The text of a JCAMP-DX file (ASCII) of one component: "magnitude", "real" or "imaginary".

    Raises ValueError for a spectrum with fewer than two points or with values that are not finite.
    """
    about = description or Description()
    y = component_values(spectrum, component)
    if len(y) < 2:
        raise ValueError("A spectrum needs at least two points to be written as JCAMP-DX.")
    if not np.all(np.isfinite(y)):
        raise ValueError("A spectrum with values that are not finite cannot be written as JCAMP-DX.")
    last_hz = spectrum.x0_hz + spectrum.dx_hz * (len(y) - 1)
    largest = float(np.max(np.abs(y)))
    factor = float(f"{largest / _FULL_SCALE:.12e}") if largest > 0 else 1.0
    ordinates = np.rint(y / factor).astype(np.int64)
    labels: list[tuple[str, str]] = [
        ("TITLE", about.title or about.sample or "NQR spectrum"),
        ("JCAMP-DX", "5.01"),
        ("DATA TYPE", "NMR SPECTRUM"),
        ("DATA CLASS", "XYDATA"),
        ("ORIGIN", about.origin or "unknown"),
        ("OWNER", about.owner or "unknown"),
    ]
    if about.measured_at is not None:
        labels.append(("LONGDATE", about.measured_at.strftime("%Y/%m/%d %H:%M:%S")))
    labels.append((".OBSERVE FREQUENCY", f"{(spectrum.x0_hz + last_hz) / 2e6:.9f}"))
    if nucleus := _nucleus(about.nuclide):
        labels.append((".OBSERVE NUCLEUS", nucleus))
    labels += _private_labels(spectrum, lines, about, component)
    labels += [
        ("XUNITS", "HZ"),
        ("YUNITS", "ARBITRARY UNITS"),
        ("XFACTOR", "1"),
        ("YFACTOR", f"{factor:.12e}"),
        ("FIRSTX", f"{spectrum.x0_hz:.6f}"),
        ("LASTX", f"{last_hz:.6f}"),
        ("FIRSTY", f"{y[0]:.9e}"),
        ("MINX", f"{min(spectrum.x0_hz, last_hz):.6f}"),
        ("MAXX", f"{max(spectrum.x0_hz, last_hz):.6f}"),
        ("MINY", f"{y.min():.9e}"),
        ("MAXY", f"{y.max():.9e}"),
        ("NPOINTS", str(len(y))),
        ("XYDATA", "(X++(Y..Y))"),
    ]
    head = "".join(f"##{name}= {_plain(value)}\n" for name, value in labels)
    return head + "".join(_table(spectrum.x0_hz, spectrum.dx_hz, ordinates)) + "##END=\n"


def _private_labels(
    spectrum: Spectrum, lines: Sequence[Line], about: Description, component: str
) -> list[tuple[str, str]]:
    labels = [
        ("$NQR SAMPLE", about.sample),
        ("$NQR FORMULA", about.formula),
        ("$NQR TEMPERATURE K", "" if about.temperature_k is None else f"{about.temperature_k:g}"),
        ("$NQR INSTRUMENT", about.instrument),
        ("$NQR RUN", about.run),
        ("$NQR PROCESSING VERSION", about.version),
        ("$NQR SOFTWARE", about.software),
        ("$NQR CONTENT SHA256", about.content_sha256),
        ("$NQR COMPONENT", component),
        ("$NQR NOISE SIGMA", f"{spectrum.noise_sigma:.9e}"),
        ("$NQR DETECTION SNR", "" if about.detection_snr is None else f"{about.detection_snr:g}"),
        ("$NQR FALSE ALARMS", "" if about.expected_false_alarms is None else f"{about.expected_false_alarms:g}"),
    ]
    for number, window in enumerate(spectrum.windows, start=1):
        phase = f"{window.phase_rad:.6f} RAD" if window.phase_known else "UNKNOWN"
        text = (
            f"FROM={window.low_hz:.3f} HZ, TO={window.high_hz:.3f} HZ, NOISE SIGMA={window.noise_sigma:.9e}, "
            f"PHASE={phase}"
        )
        labels.append((f"$NQR WINDOW {number}", text))
    for number, line in enumerate(lines, start=1):
        text = (
            f"FREQUENCY={line.frequency_hz:.3f} HZ, SIGMA={line.frequency_sigma_hz:.3f} HZ, "
            f"FWHM={line.fwhm_hz:.3f} HZ, SNR={line.snr:.2f}, STATUS={line.status.value}"
        )
        labels.append((f"$NQR LINE {number}", text))
    return [(name, value) for name, value in labels if value]


def _nucleus(nuclide: str) -> str:
    """ "35Cl" as "^35Cl"; nothing when it is not of that form."""
    match = re.fullmatch(r"(\d{1,3})([A-Z][a-z]?)", nuclide.strip())
    return f"^{match[1]}{match[2]}" if match else ""


def _plain(text: str) -> str:
    """One line of printable ASCII that cannot start a label or a comment."""
    decomposed = unicodedata.normalize("NFKD", text)
    ascii_text = "".join(c if " " <= c <= "~" else ("" if unicodedata.combining(c) else " ") for c in decomposed)
    one_line = " ".join(ascii_text.split())
    return one_line.replace("##", "# #").replace("$$", "$ $")


def _table(x0_hz: float, dx_hz: float, ordinates: npt.NDArray[np.int64]) -> Iterable[str]:
    """Lines "X Y Y Y ...", each at most 80 characters."""
    widest = max(len(str(int(ordinates.min()))), len(str(int(ordinates.max())))) + 1
    last_hz = x0_hz + dx_hz * (len(ordinates) - 1)
    x_width = max(len(f"{x0_hz:.4f}"), len(f"{last_hz:.4f}"))
    per_line = max(1, (_LINE_LENGTH - x_width) // widest)
    texts = [str(value) for value in ordinates.tolist()]
    for start in range(0, len(texts), per_line):
        yield f"{x0_hz + dx_hz * start:.4f} {' '.join(texts[start : start + per_line])}\n"
