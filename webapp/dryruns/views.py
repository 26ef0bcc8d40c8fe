"""Pages of the dry runs; the form that starts one is that of a run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from acquisition.curves import Quantity
from acquisition.errors import FieldError, InvalidParameters
from acquisition.methods.parameters import describe
from acquisition.planning.guess import GuessedLine
from webapp.accounts.models import User
from webapp.dryruns import access, drawing, services
from webapp.dryruns.forms import GuessForm
from webapp.dryruns.models import DryRun
from webapp.dryruns.results import FOUND
from webapp.errors import ServiceError
from webapp.home.forms import show_errors
from webapp.home.parameter_fields import named
from webapp.runs import pages
from webapp.spectra import results_shown
from webapp.spectra.services.curves import curve_of

PER_PAGE = 30
_OUTCOMES = {"confirmed": "Confirmed", "moved": "Confirmed, on another tooth", "candidate": "Seen, not confirmed",
             "rejected": "Rejected"}  # fmt: skip


def start_from_forms(user: User, form: Any, guess: GuessForm) -> DryRun | None:
    """Queue what the form of a run and the guess beside it say; None if something is wrong, which the forms tell."""
    if not (form.is_valid() & guess.is_valid()):
        return None
    chosen = form.cleaned_data
    try:
        return services.start(
            user,
            instrument=chosen["instrument"],
            method=form.method.name,
            parameters=form.parameter_values,
            lines=guess.lines,
            sample=chosen["sample"],
            strongest=None if guess.lines else guess.strongest,
            title=chosen["title"],
        )
    except InvalidParameters as error:
        others: list[FieldError] = []
        for fault in error.errors:
            place = guess.place(fault.field)
            if place is None:
                others.append(fault)
            else:
                guess.add_error(place, fault.message)
        if others:
            show_errors(form, InvalidParameters(others))
    except ServiceError as error:
        show_errors(form, error)
    return None


@login_required
def dry_runs(request: HttpRequest) -> HttpResponse:
    """The user's dry runs, newest first."""
    page = Paginator(access.dry_runs(request.user).order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "any_open": any(one.state in DryRun.OPEN for one in page.object_list),
        "keep_s": services.keep_s(),
    }
    return render(request, "dryruns/list.html", context)


@login_required
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One dry run: progress, then what to expect of the run."""
    shown = get_object_or_404(access.dry_runs(request.user), pk=pk)
    result = shown.result
    context: dict[str, Any] = {
        "dry_run": shown,
        "result": result,
        "method": pages.method_title(shown.method),
        "is_open": shown.state in DryRun.OPEN,
        "may_cancel": request.user.is_staff or shown.submitted_by_id == request.user.pk,
        "before": DryRun.objects.filter(state__in=DryRun.OPEN, pk__lt=shown.pk).count(),
        "parameters": pages.named_parameters(shown.method, shown.parameters),
        "guess": [named(describe(GuessedLine), line) for line in shown.guess],
        "form_address": _form_address(shown),
        "removed_at": shown.finished_at and shown.finished_at + timedelta(seconds=services.keep_s()),
    }
    if result:
        context |= {
            "picture": drawing.picture(result),
            "rows": _rows(result),
            "others": sum(line["status"] in FOUND and line["of_guess"] is None for line in result["lines"]),
            "curves": results_shown.drawn(curve_of(plain) for plain in result["curves"]),
            "quantities": [results_shown.shown_quantity(Quantity(**_with_nan(one))) for one in result["quantities"]],
        }
    return render(request, "dryruns/detail.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a dry run."""
    shown = get_object_or_404(access.dry_runs(request.user), pk=pk)
    try:
        services.cancel(request.user, shown)
    except ServiceError as error:
        messages.error(request, error.message)
    return redirect("dryruns:detail", pk)


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The guessed lines with what was made of each."""
    rows = []
    for expected in result["expected"]:
        line = None if expected["found"] is None else result["lines"][expected["found"]]
        outcome = _OUTCOMES.get(line["status"], line["status"]) if line else "Not found"
        rows.append({"frequency_hz": expected["frequency_hz"], "line": line, "outcome": outcome})
    return rows


def _form_address(dry_run: DryRun) -> str:
    """The form of a run, filled in with what was tried."""
    chosen = {"method": dry_run.method, "instrument": dry_run.instrument.slug, "title": dry_run.title}
    if dry_run.sample_id:
        chosen["sample"] = str(dry_run.sample_id)
    return f"{reverse('runs:create')}?{urlencode(dry_run.parameters | chosen)}"


def _with_nan(plain: dict[str, Any]) -> dict[str, Any]:
    return plain | {"sigma": float("nan") if plain["sigma"] is None else plain["sigma"]}
