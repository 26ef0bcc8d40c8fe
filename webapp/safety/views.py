"""Pages of the staff: emergency stop, limits, radios' logs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from webapp.errors import ServiceError
from webapp.facility import access as facility_access
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.home.forms import show_errors
from webapp.safety import access, reading
from webapp.safety.forms import LimitsForm, ReleaseForm
from webapp.safety.services import emergency, radio_log
from webapp.safety.services import limits as limit_services

_PAST = 20
_LOG_PAGE = 100


@login_required
def stops(request: HttpRequest) -> HttpResponse:
    """Stops in force with what the radios said; for staff the way to make and release them, and earlier ones."""
    return _stops_page(request)


@login_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Staff: stop one instrument, or all of them."""
    wanted = facility_access.instruments(request.user)
    slug = request.POST.get("instrument", "")
    if slug:
        wanted = wanted.filter(slug=slug)
        get_object_or_404(wanted)
    try:
        emergency.stop(request.user, wanted, request.POST.get("reason", ""))
    except ServiceError as error:
        raise PermissionDenied(error.message) from error
    return redirect("safety:stops")


@login_required
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Staff: let a stopped instrument be used again."""
    row = get_object_or_404(access.stops(request.user), pk=pk)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            emergency.release(request.user, row, form.cleaned_data["note"])
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, f"{row.instrument} is released; its transmitter is checked first.")
            return redirect("safety:stops")
    return _stops_page(request, {row.pk: form})


def _stops_page(request: HttpRequest, forms: dict[int, ReleaseForm] | None = None) -> HttpResponse:
    emergency.in_force()  # takes in what guards have answered
    found = access.stops(request.user)
    context = {
        "stops": [(row, (forms or {}).get(row.pk, ReleaseForm())) for row in found.filter(released_at__isnull=True)],
        "past": found.filter(released_at__isnull=False)[:_PAST],
        "instruments": facility_access.instruments(request.user),
    }
    return render(request, "safety/stops.html", context)


@login_required
def limits(request: HttpRequest, slug: str) -> HttpResponse:
    """Staff: what an instrument may send, and who changed it when."""
    instrument = _for_staff(request, slug)
    try:
        known = facility.read_limits(instrument.limits)
    except InvalidParameters as impossible:
        messages.error(request, f"The limits make no sense, so the defaults are shown: {impossible}")
        known = InstrumentLimits()
    form = LimitsForm(request.POST or None, initial=LimitsForm.initial_of(known))
    if request.method == "POST" and form.is_valid():
        try:
            made = limit_services.change(
                request.user, instrument, form.values, confirmed=form.cleaned_data["confirmed"],
                note=form.cleaned_data["note"],
            )  # fmt: skip
        except InvalidParameters as error:
            show_errors(form, reading.beside_fields(error))
        else:
            messages.success(request, "The limits are changed." if made else "Nothing was changed.")
            return redirect("safety:limits", slug)
    changes = access.changes(request.user).filter(instrument=instrument)[:50]
    context = {"instrument": instrument, "form": form, "changes": [(row, reading.changes(row)) for row in changes]}
    return render(request, "safety/limits.html", context)


@login_required
def log(request: HttpRequest, slug: str) -> HttpResponse:
    """Staff: what an instrument's radio did, of one kind or for one run if asked for."""
    instrument = _for_staff(request, slug)
    event = request.GET.get("event", "")
    run = request.GET.get("run", "")
    found = radio_log.entries(
        instrument, event=event if event in radio_log.EVENTS else "", run_id=int(run) if run.isdecimal() else None
    )
    page = Paginator(found, _LOG_PAGE).get_page(request.GET.get("page"))
    context = {
        "instrument": instrument,
        "page": page,
        "rows": [(entry, radio_log.EVENTS.get(entry.event, entry.event), reading.details(entry)) for entry in page],
        "events": radio_log.EVENTS,
        "event": event,
        "run": run,
    }
    return render(request, "safety/log.html", context)


def _for_staff(request: HttpRequest, slug: str) -> Instrument:
    if not request.user.is_staff:
        raise PermissionDenied("This page is for the facility's staff.")
    return get_object_or_404(Instrument, slug=slug)
