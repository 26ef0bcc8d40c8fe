"""Template tags of calibrations: what the pages of instruments, runs and plans say of them."""

from __future__ import annotations

from typing import Any

from django import template

from webapp.calibrations import pages, services

register = template.Library()

register.filter("calibrated_value", pages.value_text)


@register.inclusion_tag("calibrations/_card.html", takes_context=True)
def calibrations_of_instrument(context: template.Context, instrument: Any) -> dict[str, Any]:
    """What is in force on an instrument, and what is stale."""
    return pages.card(instrument) | {"user": context["request"].user}


@register.inclusion_tag("calibrations/_notes.html")
def calibration_notes(instrument: Any, plan: Any = None) -> dict[str, Any]:
    """What somebody who plans a run should know; nothing without an instrument."""
    return {"notes": services.plan_notes(instrument, plan) if instrument else ()}


@register.inclusion_tag("calibrations/_used.html")
def calibrations_of_run(run: Any) -> dict[str, Any]:
    """The calibrations that a run was started with."""
    return {"used": services.frozen(run)}
