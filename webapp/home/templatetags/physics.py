"""Template filters for the field's own quantities; the text is made in webapp.home.formatting."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.home import formatting

register = template.Library()

register.filter("width", formatting.width)
register.filter("significant", formatting.significant)
register.filter("temperature", formatting.temperature)
register.filter("duration", formatting.duration)
register.filter("size", formatting.size)
register.filter("angle", formatting.angle)
register.filter("frequency", formatting.frequency)


@register.filter
def line_frequency(line: Any) -> str:
    """Frequency of a line with its uncertainty in the last digits."""
    return formatting.frequency(line.frequency_hz, line.frequency_sigma_hz)


@register.filter
def nuclide(name: str) -> SafeString:
    """35Cl with its mass number raised."""
    mass, symbol = formatting.nuclide_parts(str(name))
    return format_html("<sup>{}</sup>{}", mass, symbol) if mass else format_html("{}", symbol)


@register.filter
def formula(text: str) -> SafeString:
    """KClO3 with its numbers lowered."""
    return format_html_join(
        "",
        "{}",
        ((format_html("<sub>{}</sub>", piece) if low else piece,) for piece, low in formatting.formula_parts(text)),
    )


@register.filter
def percent(value: float | None) -> str:
    """0.973 -> "97 %"; "> 99 %" rather than a rounded certainty."""
    if value is None:
        return "–"
    if 0.995 <= value < 1.0:
        return "> 99 %"
    return f"{100 * value:.0f} %"


@register.filter
def time_left(progress: dict[str, Any] | None) -> str:
    """Instrument time that is still needed according to the last progress, or nothing."""
    planned, done = (progress or {}).get("duration_planned_s"), (progress or {}).get("duration_done_s")
    if planned is None or done is None or planned <= done:
        return ""
    return formatting.duration(max(planned - done, 1.0))
