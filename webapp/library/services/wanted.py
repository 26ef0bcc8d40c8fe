"""What somebody searches for: checked once, for page and API alike."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acquisition import formula, nuclides
from acquisition.errors import FieldError, InvalidParameters
from acquisition.line_matching import REACH
from acquisition.nuclides import UnknownNuclide

PEAKS_MAX = 20
FREQUENCY_MAX_HZ = 1e10
TOLERANCE_MAX_HZ = 1e6
TEXT_MAX = 200
ROOM_TEMPERATURE_K = 295.0
"""Taken for reference lines whose temperature is not stated."""


@dataclass(frozen=True)
class Wanted:
    """Everything given must hold. Peaks are matched and ranked; `searched_hz` is where lines would have been seen."""

    peaks_hz: tuple[float, ...] = ()
    tolerance_hz: float = 2000.0
    searched_hz: tuple[float, float] | None = None
    nuclide: str = ""
    elements: tuple[str, ...] = ()
    text: str = ""
    temperature_k: float | None = None
    temperature_tolerance_k: float = 10.0
    cq_hz: tuple[float | None, float | None] = (None, None)
    eta: tuple[float | None, float | None] = (None, None)
    group: str = ""
    since: datetime.date | None = None
    until: datetime.date | None = None

    @property
    def sigma_hz(self) -> float:
        """Standard deviation of a match: pairs reach as far as the tolerance."""
        return self.tolerance_hz / REACH

    @property
    def filters(self) -> bool:
        """Whether anything but peaks is asked for."""
        names = ("nuclide", "elements", "text", "temperature_k", "group", "since", "until")
        return any(getattr(self, name) not in ("", (), None) for name in names) or self.about_coupling

    @property
    def about_coupling(self) -> bool:
        return any(value is not None for value in (*self.cq_hz, *self.eta))


def check(values: Mapping[str, Any]) -> Wanted:
    """A search from plain values (None or missing: not asked for); raises InvalidParameters."""
    errors: list[FieldError] = []
    peaks = tuple(values.get("peaks_hz") or ())
    if len(peaks) > PEAKS_MAX:
        errors.append(FieldError("peaks_hz", f"At most {PEAKS_MAX} peaks."))
    for place, peak in enumerate(peaks):
        if not 0 < peak <= FREQUENCY_MAX_HZ:
            errors.append(FieldError(f"peaks_hz[{place}]", f"Must be above 0 and at most {FREQUENCY_MAX_HZ:g} Hz."))
    tolerance_hz = _or(values.get("tolerance_hz"), 2000.0)
    if not 1.0 <= tolerance_hz <= TOLERANCE_MAX_HZ:
        errors.append(FieldError("tolerance_hz", f"Must be from 1 to {TOLERANCE_MAX_HZ:g} Hz."))
    temperature_k = values.get("temperature_k")
    if temperature_k is not None and not 0 <= temperature_k <= 5000:
        errors.append(FieldError("temperature_k", "Must be from 0 to 5000 K."))
    temperature_tolerance_k = _or(values.get("temperature_tolerance_k"), 10.0)
    if not 0 <= temperature_tolerance_k <= 5000:
        errors.append(FieldError("temperature_tolerance_k", "Must be from 0 to 5000 K."))
    texts = {name: str(values.get(name) or "").strip() for name in ("text", "group", "nuclide")}
    errors += [
        FieldError(name, f"At most {TEXT_MAX} characters.") for name, text in texts.items() if len(text) > TEXT_MAX
    ]
    since, until = values.get("since"), values.get("until")
    if since and until and since > until:
        errors.append(FieldError("until", "Must not be before the first day."))
    wanted = Wanted(
        peaks_hz=peaks,
        tolerance_hz=tolerance_hz,
        searched_hz=_range(values, "searched_from_hz", "searched_to_hz", 0.0, FREQUENCY_MAX_HZ, errors),
        nuclide=_nuclide(texts["nuclide"][:TEXT_MAX], errors),
        elements=_elements(str(values.get("elements") or ""), errors),
        text=texts["text"],
        temperature_k=temperature_k,
        temperature_tolerance_k=temperature_tolerance_k,
        cq_hz=_bounds(values, "cq_min_hz", "cq_max_hz", 1e12, errors),
        eta=_bounds(values, "eta_min", "eta_max", 1.0, errors),
        group=texts["group"],
        since=since,
        until=until,
    )
    if errors:
        raise InvalidParameters(errors)
    return wanted


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _nuclide(text: str, errors: list[FieldError]) -> str:
    if not text:
        return ""
    try:
        return nuclides.nuclide(text).label
    except UnknownNuclide as error:
        errors.append(FieldError("nuclide", str(error)))
        return ""


def _elements(text: str, errors: list[FieldError]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(re.split(r"[\s,;]+", text.strip()))) if text.strip() else ()
    wrong = [name for name in found if not formula.is_element(name)]
    if wrong:
        errors.append(FieldError("elements", f"{wrong[0][:20]!r} is no element; give symbols such as Cl K."))
    return found if not wrong else ()


def _bounds(
    values: Mapping[str, Any], low_name: str, high_name: str, largest: float, errors: list[FieldError]
) -> tuple[float | None, float | None]:
    low, high = values.get(low_name), values.get(high_name)
    for name, value in ((low_name, low), (high_name, high)):
        if value is not None and not (math.isfinite(value) and 0 <= value <= largest):
            errors.append(FieldError(name, f"Must be from 0 to {largest:g}."))
    if low is not None and high is not None and low > high:
        errors.append(FieldError(high_name, "Must not be below the lower bound."))
    return low, high


def _range(
    values: Mapping[str, Any], low_name: str, high_name: str, lowest: float, highest: float, errors: list[FieldError]
) -> tuple[float, float] | None:
    low, high = _bounds(values, low_name, high_name, highest, errors)
    if low is None and high is None:
        return None
    return (_or(low, lowest), _or(high, highest))
