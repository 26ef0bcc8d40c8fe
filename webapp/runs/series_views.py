"""Pages of the series."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from webapp.errors import ServiceError
from webapp.runs import access, pages, services
from webapp.runs.models import Run


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The runs of a series, each with its value."""
    series = get_object_or_404(access.series(request.user), pk=pk)
    runs = list(access.runs(request.user).filter(series=series).order_by("series_index"))
    estimates = services.queue_estimates(runs)
    ended = sum(run.state in Run.FINAL for run in runs)
    context = {
        "series": series,
        "varied": pages.label_of(runs[0].method, series.varied) if runs else series.varied,
        "rows": [(run, pages.series_value(series, run), estimates.get(run.pk)) for run in runs],
        "ended": ended,
        "may_cancel": ended < len(runs) and all(services.may_control(request.user, run) for run in runs),
    }
    return render(request, "runs/series.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel all runs of a series that have not ended."""
    series = get_object_or_404(access.series(request.user), pk=pk)
    try:
        count = services.cancel_series(request.user, series)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{count} run{'' if count == 1 else 's'} cancelled; what was measured is kept.")
    return redirect("runs:series", pk)
