"""Pages and downloads of the accounts."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse as address

from acquisition.errors import InvalidParameters
from webapp.errors import ServiceError
from webapp.home.forms import show_errors
from webapp.usage import access, asked, drawing, exports, services
from webapp.usage.forms import CorrectionForm, ReversalForm
from webapp.usage.periods import Month, Period
from webapp.usage.report import Filters, Report, report

_TABLES: dict[str, Callable[[Report], str]] = {
    "users": exports.users,
    "groups": exports.groups,
    "instruments": exports.instruments,
    "corrections": exports.corrections,
}


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The accounts of a month, or of several, with pictures."""
    faults: InvalidParameters | None = None
    try:
        period, filters = asked.period(request.GET), asked.filters(request.user, request.GET)
    except InvalidParameters as error:
        faults, filters = error, Filters()
        period = Period(asked.this_month(), asked.this_month())
    found = report(request.user, period, filters)
    seen = access.scope(request.user)
    context = {
        "report": found,
        "faults": faults,
        "one_month": len(period.months) == 1,
        "earlier": period.first.later(-1),
        "later": period.last.later(1) if period.last < asked.this_month() else None,
        "year_from": period.last.later(-11),
        "bars": drawing.bars(found.bars, hours_are_per="day" if len(period.months) == 1 else "month"),
        "bar_rows": drawing.rows(found.bars),
        "shares": drawing.shares(found),
        "totals": _totals(found),
        "groups": access.groups(request.user).order_by("name"),
        "instruments": access.instruments(request.user),
        "people": access.people(request.user),
        "whole_groups": seen.everything or bool(seen.led),
        "may_close": request.user.is_staff and len(period.months) == 1 and _can_be_closed(period.first),
    }
    return render(request, "usage/overview.html", context, status=400 if faults else 200)


@login_required
def download(request: HttpRequest, what: str) -> HttpResponse:
    """The accounts or their runs as CSV."""
    if what != "runs" and what not in _TABLES:
        raise Http404
    try:
        period, filters = asked.period(request.GET), asked.filters(request.user, request.GET)
    except InvalidParameters as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    if what == "runs":
        text = exports.runs(request.user, period, filters)
    else:
        text = _TABLES[what](report(request.user, period, filters))
    # The mark tells spreadsheets that it is UTF-8; csv readers ask for "utf-8-sig".
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="usage-{what}-{period.first}-{period.last}.csv"'
    return response


@login_required
def correct(request: HttpRequest) -> HttpResponse:
    """Staff: a new correction."""
    _staff(request)
    form = CorrectionForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            made = services.correct(request.user, **form.cleaned_data)
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, f"Corrected: {made}.")
            return redirect(f"{address('usage:overview')}?month={Month.of(made.day)}")
    return render(request, "usage/correct.html", {"form": form}, status=400 if form.errors else 200)


@login_required
def reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Staff: take a correction back."""
    _staff(request)
    correction = get_object_or_404(access.corrections(request.user), pk=pk)
    form = ReversalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.reverse(request.user, correction, form.cleaned_data["reason"])
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, "The correction was taken back.")
            return redirect(f"{address('usage:overview')}?month={Month.of(correction.day)}")
    context = {"form": form, "correction": correction, "month": Month.of(correction.day)}
    return render(request, "usage/reverse.html", context, status=400 if form.errors else 200)


def _can_be_closed(month: Month) -> bool:
    return month < asked.this_month() and services.next_to_close() in (None, month)


def _staff(request: HttpRequest) -> None:
    if not request.user.is_staff:
        raise PermissionDenied


def _totals(found: Report) -> dict[str, float]:
    names = ("booked_h", "used_h", "transmitting_h", "no_show_h")
    return {name: sum(getattr(line, name) for line in found.lines) for name in names} | {
        "amount": sum((line.amount for line in found.accounts if line.amount is not None), 0),
        "idle_h": sum(line.idle_h for line in found.machines),
        "outage_h": sum(line.outage_h for line in found.machines),
    }
