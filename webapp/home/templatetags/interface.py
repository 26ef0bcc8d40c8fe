"""Template tags of the design system: icons, states, fields, the current page in the menu."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Drawn on a 16 x 16 grid with a 1.6 stroke; constants of this file, so safe to put into a page.
_ICONS = {
    "dot": '<circle cx="8" cy="8" r="4" fill="currentColor" stroke="none"/>',
    "ring": '<circle cx="8" cy="8" r="4.5"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>',
    "check": '<path d="M3 8.5 6.5 12 13 4.5"/>',
    "cross": '<path d="m4 4 8 8m0-8-8 8"/>',
    "pause": '<path d="M5.5 3.5v9m5-9v9"/>',
    "alert": '<path d="M8 2.2 14.5 13.5h-13Z"/><path d="M8 6.5v3.2m0 1.8v.1"/>',
    "break": '<path d="M1.5 8H6l1.5-4M14.5 8H10l-1.5 4"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "minus": '<path d="M3 8h10"/>',
    "back": '<path d="M6.5 3.5 2.5 7.5l4 4M3 7.5h6a4 4 0 0 1 4 4v1"/>',
    "fit": '<path d="M2 6V2h4m4 0h4v4m0 4v4h-4m-4 0H2v-4"/>',
    "sun": (
        '<circle cx="8" cy="8" r="3"/><path d="M8 1v1.5m0 11V15M1 8h1.5m11 0H15M3 3l1 1m8 8 1 1M13 3l-1 1m-8 8-1 1"/>'
    ),
    "download": '<path d="M8 2v8m-3.5-3L8 10.5 11.5 7M2.5 13.5h11"/>',
    "redo": '<path d="M13 3v4H9M12.7 7A5.2 5.2 0 1 0 13 10"/>',
    "arrow": '<path d="M3 8h10M9 4l4 4-4 4"/>',
    "shift": '<path d="M2 8h12M10.5 4.5 14 8l-3.5 3.5"/>',
    "bell": (
        '<path d="M3 11.5h10c-1.2-1-1.5-2.3-1.5-4.5a3.5 3.5 0 0 0-7 0c0 2.2-.3 3.5-1.5 4.5Z"/>'
        '<path d="M6.7 13.6a1.4 1.4 0 0 0 2.6 0"/>'
    ),
    "previous": '<path d="M10 3.5 5.5 8l4.5 4.5"/>',
    "next": '<path d="M6 3.5 10.5 8 6 12.5"/>',
    "person": '<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 14c.6-3.2 2.6-4.7 5.2-4.7s4.6 1.5 5.2 4.7"/>',
}

# state of a run, spectrum, instrument or line -> (class, icon)
_STATES = {
    "draft": ("", "ring"),
    "queued": ("", "clock"),
    "claimed": ("live", "dot"),
    "acquiring": ("live", "dot"),
    "processing": ("live", "dot"),
    "done": ("ok", "check"),
    "failed": ("bad", "cross"),
    "cancelled": ("", "cross"),
    "interrupted": ("warn", "break"),
    "ready": ("ok", "check"),
    "busy": ("live", "dot"),
    "needs_check": ("warn", "alert"),
    "offline": ("bad", "cross"),
    "held": ("warn", "pause"),
    "pending": ("warn", "clock"),
    "offered": ("signal", "dot"),
    "waiting": ("", "clock"),
    "accepted": ("ok", "check"),
    "declined": ("", "cross"),
    "released": ("", "cross"),
    "lapsed": ("", "cross"),
    "sending": ("live", "dot"),
    "sent": ("ok", "check"),
    "candidate": ("", "ring"),
    "confirmed": ("signal", "check"),
    "moved": ("signal", "shift"),
    "rejected": ("", "cross"),
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small drawing that says nothing by itself: hidden from screen readers."""
    return format_html(
        '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"'
        ' stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        mark_safe(_ICONS[name]),
    )


@register.simple_tag
def state(value: str, label: str) -> SafeString:
    """A state as a badge: shape, colour and word."""
    tone, drawing = _STATES.get(value, ("", "ring"))
    return format_html('<span class="state {}" data-state="{}">{}{}</span>', tone, value, icon(drawing), label)


@register.inclusion_tag("home/_field.html")
def field(bound: BoundField, css_class: str = "") -> dict[str, Any]:
    """A form field with label, unit, help and its errors beside it, tied together for screen readers."""
    described = [f"{bound.id_for_label}-help"] if bound.help_text else []
    described.append(f"{bound.id_for_label}-errors")
    attributes = {"aria-describedby": " ".join(described)}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "field": bound,
        "widget": bound.as_widget(attrs=attributes),
        "unit": getattr(bound.field, "unit", ""),
        "is_check": getattr(bound.field.widget, "input_type", "") == "checkbox",
        "css_class": css_class,
    }


@register.simple_tag(takes_context=True)
def current(context: template.Context, prefix: str) -> SafeString:
    """`aria-current` for the menu entry whose pages start with `prefix`."""
    path = context["request"].path
    here = path == prefix if prefix == "/" else path.startswith(prefix)
    return mark_safe('aria-current="page"') if here else mark_safe("")


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's query string with some values changed; None removes one."""
    values = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = str(value)
    return "?" + values.urlencode()
