"""Pages of the physics: a calculator and the table of nuclides."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from acquisition import quadrupole
from acquisition.nuclides import MEASURED_RATIOS, all_nuclides
from webapp.quadrupole import drawing, results
from webapp.quadrupole.forms import CalculatorForm


@login_required
def calculator(request: HttpRequest) -> HttpResponse:
    """Lines from C_Q and eta, or C_Q and eta from lines; the address holds everything."""
    form = CalculatorForm(request.GET or None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        context |= _calculated(form)
    return render(request, "quadrupole/calculator.html", context)


@login_required
def nuclides(request: HttpRequest) -> HttpResponse:
    """Every quadrupolar nuclide that occurs in nature, or every one of the table."""
    everything = request.GET.get("all") == "1"
    rows = [one for one in all_nuclides() if everything or one.abundance > 0]
    words = request.GET.get("q", "").strip()
    if words:
        rows = [one for one in rows if words.lower() in (one.symbol.lower(), one.label.lower(), str(one.spin))]
    ratios = {ratio.numerator: ratio for ratio in MEASURED_RATIOS}
    context = {
        "rows": [(one, ratios.get(one.label), quadrupole.regular_names(one.spin)) for one in rows],
        "everything": everything,
        "q": words,
    }
    return render(request, "quadrupole/nuclides.html", context)


def _calculated(form: CalculatorForm) -> dict[str, Any]:
    values, spin = form.cleaned_data, form.spin_value
    found: dict[str, Any] = {"spin": spin, "nuclide": values["nuclide"]}
    eta = values["eta"] if values["eta"] is not None else 0.0
    if form.measured:
        solved = results.inverse(spin, form.measured)
        found["inverse"] = solved
        found["sites"] = [
            (one, results.site(spin, values["nuclide"], one.coupling_hz, one.eta, one.coupling_sigma_hz))
            for one in solved.solutions
        ]
        if solved.bounds is not None:
            product_hz, sigma_hz = solved.bounds.product_hz, solved.bounds_sigma_hz
            found["axial"] = results.site(spin, values["nuclide"], product_hz, 0.0, sigma_hz)
        marked = solved.solutions[0].eta if solved.solutions else None
    else:
        if values["coupling_mhz"]:
            found["site"] = results.site(spin, values["nuclide"], values["coupling_mhz"] * 1e6, eta)
        marked = eta
    found["curves"] = drawing.frequencies_over_eta(spin, marked)
    return found
