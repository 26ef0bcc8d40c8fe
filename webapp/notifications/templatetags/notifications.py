"""The bell in the header."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()

#: counting further says nothing more
_COUNT_MAX = 99


@register.inclusion_tag("notifications/_bell.html", takes_context=True)
def bell(context: template.Context) -> dict[str, Any]:
    """A link to the notifications with the number of unread ones."""
    user = context["request"].user
    unread = user.notifications.filter(on_site=True, read_at__isnull=True)[: _COUNT_MAX + 1].count()
    shown = str(unread) if unread <= _COUNT_MAX else f"{_COUNT_MAX}+"
    return {"unread": unread, "shown": shown, "request": context["request"]}
