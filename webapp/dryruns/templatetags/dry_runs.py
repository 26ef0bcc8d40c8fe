"""The fields of a guess, for the form of a run."""

from __future__ import annotations

from typing import Any

from django import template

from webapp.dryruns.forms import GuessForm

register = template.Library()


@register.inclusion_tag("dryruns/_guess.html", takes_context=True)
def guess_fields(context: template.Context) -> dict[str, Any]:
    """The form `guess` of the page, or an empty one."""
    return {"guess": context.get("guess") or GuessForm()}
