"""Pages of the calibrations."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.calibrations import access, pages, services
from webapp.calibrations.forms import ValidityForm, WithdrawForm
from webapp.calibrations.models import Calibration
from webapp.errors import ServiceError
from webapp.facility import access as facility_access


@login_required
def calibrations(request: HttpRequest, slug: str) -> HttpResponse:
    """Every quantity of an instrument: what is in force, how it went, and what staff decide about it."""
    instrument = get_object_or_404(facility_access.instruments(request.user), slug=slug)
    return render(request, "calibrations/list.html", pages.context(instrument))


@login_required
@require_POST
def accept(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Staff: a value counts."""
    found = get_object_or_404(access.calibrations(request.user), pk=pk, instrument__slug=slug)
    return _decided(request, found, lambda: services.accept(request.user, found), "The value counts from now on.")


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Staff: a value does not count any more."""
    found = get_object_or_404(access.calibrations(request.user), pk=pk, instrument__slug=slug)
    form = WithdrawForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    done = "The value is withdrawn; the one before it counts."
    return _decided(request, found, lambda: services.withdraw(request.user, found, reason), done)


@login_required
@require_POST
def validity(request: HttpRequest, slug: str) -> HttpResponse:
    """Staff: for how long a quantity counts on this instrument."""
    instrument = get_object_or_404(facility_access.instruments(request.user), slug=slug)
    form = ValidityForm(request.POST)
    quantity = request.POST.get("quantity", "")
    if not form.is_valid():
        messages.error(request, "The number of days must be a number.")
        return redirect("calibrations:list", slug)
    try:
        days = services.set_validity(request.user, instrument, quantity, form.cleaned_data["days"])
    except (InvalidParameters, ServiceError) as error:
        messages.error(request, error.message if isinstance(error, ServiceError) else str(error))
    else:
        messages.success(request, f"It counts for {days:g} days after each measurement.")
    return _back(slug, quantity)


def _decided(request: HttpRequest, found: Calibration, decide: Callable[[], Calibration], done: str) -> HttpResponse:
    try:
        decide()
    except (InvalidParameters, ServiceError) as error:
        messages.error(request, error.message if isinstance(error, ServiceError) else str(error))
    else:
        messages.success(request, done)
    return _back(found.instrument.slug, found.quantity)


def _back(slug: str, quantity: str) -> HttpResponse:
    answer = redirect("calibrations:list", slug)
    answer["Location"] += f"#{quantity}" if quantity.isidentifier() else ""
    return answer
