"""The first page: an introduction for visitors, the overview for those who work here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webapp.facility import access as facility_access
from webapp.runs import access as runs_access
from webapp.runs import queue_view, services
from webapp.runs.models import Run
from webapp.samples import access as samples_access
from webapp.spectra import access as spectra_access
from webapp.spectra.lists import with_found_lines


def home(request: HttpRequest) -> HttpResponse:
    """Visitors: what this is, in pictures. Users: instruments, their own runs, the newest spectra."""
    if not request.user.is_authenticated:
        return render(request, "home/landing.html")
    runs = runs_access.runs(request.user)
    open_runs = list(runs.exclude(state__in=Run.FINAL).order_by("pk")[:12])
    estimates = services.queue_estimates(open_runs)
    spectra = spectra_access.newest(spectra_access.spectra(request.user))
    context = {
        "instruments": queue_view.with_activity(facility_access.instruments(request.user), request.user),
        "open_runs": [(run, estimates.get(run.pk)) for run in open_runs],
        "recent_runs": runs.filter(state__in=Run.FINAL).order_by("-pk")[:6],
        "spectra": with_found_lines(spectra)[:6],
        "has_samples": samples_access.samples(request.user).exists(),
    }
    return render(request, "home/dashboard.html", context)
