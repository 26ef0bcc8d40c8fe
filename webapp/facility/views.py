"""Pages of the instruments."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.errors import ServiceError
from webapp.facility import access, services
from webapp.facility.forms import HoldForm
from webapp.facility.models import Instrument
from webapp.home.forms import show_errors
from webapp.runs import access as runs_access
from webapp.runs import queue_view
from webapp.runs.models import Run


@login_required
def instruments(request: HttpRequest) -> HttpResponse:
    """Every spectrometer with its state."""
    found = list(access.instruments(request.user))
    return render(request, "facility/list.html", {"instruments": queue_view.with_activity(found, request.user)})


@login_required
def instrument(request: HttpRequest, slug: str) -> HttpResponse:
    """One spectrometer: state, queue, limits and identity."""
    shown = get_object_or_404(access.instruments(request.user), slug=slug)
    return _instrument_page(request, shown, HoldForm())


@login_required
@require_POST
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """Staff: no new run starts on the instrument."""
    shown = get_object_or_404(access.instruments(request.user), slug=slug)
    form = HoldForm(request.POST)
    if form.is_valid():
        try:
            services.hold(request.user, shown, form.cleaned_data["reason"])
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, f"{shown.name} is held; no new run starts.")
            return redirect("facility:detail", slug)
    return _instrument_page(request, shown, form)


@login_required
@require_POST
def release(request: HttpRequest, slug: str) -> HttpResponse:
    """Staff: runs may start again."""
    shown = get_object_or_404(access.instruments(request.user), slug=slug)
    try:
        services.release(request.user, shown)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{shown.name} is released; the queue goes on.")
    return redirect("facility:detail", slug)


def _instrument_page(request: HttpRequest, shown: Instrument, form: HoldForm) -> HttpResponse:
    context = {
        "instrument": shown,
        "entry": queue_view.with_activity([shown], request.user)[0],
        "queue": queue_view.queue(shown, request.user, request.GET.get("queue")),
        "recent": runs_access.runs(request.user).filter(instrument=shown, state__in=Run.FINAL).order_by("-pk")[:8],
        "form": form,
    }
    try:
        context["limits"] = services.limits(shown)
    except InvalidParameters as impossible:
        context["impossible"] = str(impossible)
    return render(request, "facility/detail.html", context)
