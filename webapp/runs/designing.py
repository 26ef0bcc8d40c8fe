"""The page that designs a search, and what page and plan show of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from acquisition.errors import InvalidParameters
from acquisition.methods.parameters import describe
from acquisition.planning import Comparison, Goal, Proposal
from webapp.accounts.models import User
from webapp.facility import access as facility_access
from webapp.home import parameter_fields
from webapp.home.forms import show_errors
from webapp.runs import services
from webapp.runs.forms import InstrumentForm

TITLES = {
    "survey": "RASGADO survey",
    "sequential": "Stepping, one window after the other",
    "interleaved": "Stepping, windows in turn",
}
BAR_WIDTH = 200


@dataclass(frozen=True)
class Row:
    """A proposal as the page shows it; `bar` and `bound` are widths in the picture's units."""

    proposal: Proposal
    title: str
    over_bound: float
    times: float
    bar: str
    bound: str
    address: str


def rows(comparison: Comparison, carried: dict[str, Any]) -> list[Row]:
    """The proposals, the fastest first, each with the address of a form that is filled in with it.

    `carried` are further values of that form, such as the sample.
    """
    fastest, slowest = comparison.proposals[0].duration_s, comparison.proposals[-1].duration_s
    return [
        Row(
            proposal=one,
            title=TITLES[one.name],
            over_bound=comparison.from_bound(one),
            times=one.duration_s / fastest,
            bar=f"{max(1.0, BAR_WIDTH * one.duration_s / slowest):.1f}",
            bound=f"{min(BAR_WIDTH, max(0.5, BAR_WIDTH * comparison.bound_s / slowest)):.1f}",
            address=f"{reverse('runs:create')}?{urlencode({'method': one.method} | dict(one.parameters) | carried)}",
        )
        for one in comparison.proposals
    ]


def context(comparison: Comparison | None, carried: dict[str, Any]) -> dict[str, Any]:
    """What the template `runs/_comparison.html` needs."""
    if comparison is None:
        return {"comparison": None}
    goal = {name: value for name, value in vars(comparison.goal).items() if value}
    return {
        "comparison": comparison,
        "rows": rows(comparison, carried),
        "bar_width": BAR_WIDTH,
        "design_address": f"{reverse('runs:design')}?{urlencode(goal | carried)}",
    }


class DesignForm(InstrumentForm):
    """What is looked for, and on which instrument."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, parameters=Goal, user=user, **kwargs)

    @staticmethod
    def initial_of(given: Mapping[str, str]) -> dict[str, Any]:
        """What an address has in it."""
        chosen = {"instrument": given["instrument"]} if "instrument" in given else {}
        return chosen | parameter_fields.from_query(describe(Goal), given)


@login_required
def design(request: HttpRequest) -> HttpResponse:
    """Which method finds a line of a kind soonest, with which settings; the address holds everything."""
    # Addresses are in SI, as everywhere; what people type in the form is in its units and comes with `typed`.
    typed = "typed" in request.GET
    initial = DesignForm.initial_of(request.GET)
    form = DesignForm(request.GET if typed else None, user=request.user, initial=initial)
    comparison = None
    carried = {name: request.GET[name] for name in ("sample",) if name in request.GET}
    try:
        if typed and form.is_valid():
            instrument = form.cleaned_data["instrument"]
            comparison = services.design(instrument, form.parameter_values)
            carried["instrument"] = instrument.slug
        elif not typed and "span_hz" in initial:
            instruments = facility_access.instruments(request.user)
            instrument = instruments.filter(slug=initial.get("instrument")).first() or instruments.first()
            if instrument is not None:
                comparison = services.design(instrument, {k: v for k, v in initial.items() if k != "instrument"})
                carried["instrument"] = instrument.slug
    except InvalidParameters as error:
        if typed:
            show_errors(form, error)
    return render(request, "runs/design.html", {"form": form} | context(comparison, carried))
