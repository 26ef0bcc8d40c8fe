"""The emergency stop on every page: a button for staff, a banner for everybody."""

from __future__ import annotations

from typing import Any

from django import template

from webapp.facility.models import Instrument
from webapp.safety.services import emergency

register = template.Library()


@register.inclusion_tag("safety/_banner.html", takes_context=True)
def stop_banner(context: template.Context) -> dict[str, Any]:
    """Which instruments are stopped, and whether their transmitters are known to be off; one query if none is."""
    stopped = list(Instrument.objects.filter(stopped=True))
    return {"stops": emergency.in_force(stopped) if stopped else [], "user": context["request"].user}


@register.inclusion_tag("safety/_button.html", takes_context=True)
def stop_button(context: template.Context) -> dict[str, Any]:
    """One click stops every transmitter; for staff."""
    request = context["request"]
    return {"user": request.user, "request": request, "csrf_token": context.get("csrf_token")}
