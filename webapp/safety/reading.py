"""Changes of limits and lines of radios' logs as people read them."""

from __future__ import annotations

from typing import Any

from acquisition.errors import FieldError, InvalidParameters
from acquisition.methods.checks import frequency_text, time_text
from webapp.safety.forms import LimitsForm
from webapp.safety.models import LimitChange, RadioEntry


def beside_fields(error: InvalidParameters) -> InvalidParameters:
    """Faults of `limits.NAME` as faults of the form's field NAME."""
    return InvalidParameters([FieldError(one.field.removeprefix("limits."), one.message) for one in error.errors])


def changes(row: LimitChange) -> list[tuple[str, str, str, bool]]:
    """(what, before, after, whether more may be sent) of every field that changed."""
    return [
        (label(name), value(name, row.before.get(name)), value(name, after), name in row.looser)
        for name, after in row.after.items()
    ]


def label(name: str) -> str:
    """What people call a limit."""
    field = LimitsForm.base_fields.get(name)
    return str(field.label) if field is not None else name.replace("_", " ")


def value(name: str, given: Any) -> str:
    """A limit with its unit."""
    if name == "forbidden_bands_hz":
        bands = [f"{frequency_text(low)} to {frequency_text(high)}" for low, high in given or ()]
        return ", ".join(bands) or "none"
    if given is None:
        return "–"
    if name.endswith("_hz"):
        return frequency_text(float(given))
    if name.endswith("_s"):
        return time_text(float(given))
    if name in ("duty_max", "forbidden_share_max", "average_power_max", "peak_amplitude"):
        return f"{100 * float(given):.4g} %"
    return f"{given:g} W" if name.endswith("_w") else f"{given:g}"


def details(entry: RadioEntry) -> str:
    """What a line of the log holds, in one sentence or a few words."""
    known = entry.details
    if entry.event == "transmission":
        return (
            f"{known.get('method', '')} {known.get('purpose', '')}: {time_text(float(known['length_s']))} at "
            f"{frequency_text(float(known['frequency_hz']))}, amplitude {float(known['amplitude']):.3g}, "
            f"duty {100 * float(known['duty']):.3g} %, average power {100 * float(known['average_power']):.3g} %, "
            f"{known['averages']} averages"
        ).strip()
    if entry.event == "ended":
        return f"{known['outcome']}, {known['averages']} averages in {time_text(float(known['length_s']))}"
    if entry.event == "safe":
        return (
            f"confirmed, attenuation {known['tx_attenuation_db']:g} dB" if known.get("confirmed") else "not confirmed"
        )
    if entry.event == "waited":
        return f"{time_text(float(known['wait_s']))}, average power {100 * float(known['average_power']):.3g} %"
    said = [str(known[name]) for name in ("user", "reason", "field", "message") if known.get(name)]
    if "took_s" in known:
        said.append(f"within {time_text(float(known['took_s']))}")
    return ": ".join(said)
