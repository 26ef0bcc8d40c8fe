"""Pages of the runs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from acquisition import methods
from acquisition.errors import InvalidParameters
from acquisition.experiment import Plan
from acquisition.methods import Method
from acquisition.methods.parameters import describe
from webapp.dryruns.forms import GuessForm
from webapp.dryruns.views import start_from_forms
from webapp.errors import ServiceError
from webapp.home import parameter_fields
from webapp.home.forms import show_errors
from webapp.runs import access, designing, drawing, pages, queue_view, services
from webapp.runs.forms import ReprocessForm, RunForm
from webapp.runs.models import Run

PER_PAGE = 30


@login_required
def runs(request: HttpRequest) -> HttpResponse:
    """What is being measured and waits, and what was measured."""
    everything = access.runs(request.user)
    queue = queue_view.queue_page(everything.filter(state__in=Run.OPEN), request.user, request.GET.get("queue"))
    may_control = services.controllable(request.user, [entry.run for entry in queue.entries])
    history = everything.filter(state__in=Run.FINAL).order_by("-pk")
    mine = request.GET.get("mine") == "1"
    if mine:
        history = history.filter(submitted_by=request.user)
    state = request.GET.get("state", "")
    if state in Run.State.values:
        history = history.filter(state=state)
    context = {
        "open_runs": [(entry.run, entry.estimate, entry.run.pk in may_control) for entry in queue.entries],
        "queue": queue.page,
        "page": Paginator(history, PER_PAGE).get_page(request.GET.get("page")),
        "mine": mine,
        "state": state,
        "final_states": [Run.State(value) for value in Run.FINAL],
    }
    return render(request, "runs/list.html", context)


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """The form of a run; sent, it submits the run or, without scripts, shows its plan."""
    method = _method(request)
    if request.method != "POST":
        form = RunForm(user=request.user, method=method, initial=_initial(request))
        return _run_form_page(request, form, None)
    form = RunForm(request.POST, user=request.user, method=method)
    if request.POST.get("action") == "preview":
        return _run_form_page(request, form, _plan(form))
    if request.POST.get("action") == "dry_run":
        guess = GuessForm(request.POST)
        made = start_from_forms(request.user, form, guess)
        return redirect("dryruns:detail", made.pk) if made else _run_form_page(request, form, None, guess)
    if form.is_valid():
        chosen = form.cleaned_data
        wanted = {
            "instrument": chosen["instrument"],
            "sample": chosen["sample"],
            "method": method.name,
            "parameters": form.parameter_values,
            "title": chosen["title"],
            "temperature_k": chosen["temperature_k"],
            "idempotency_key": chosen["idempotency_key"] or None,
        }
        try:
            if form.is_series:
                made = services.submit_series(request.user, **wanted, **form.series_values).series
                return redirect("runs:series", made.pk)
            return redirect("runs:detail", services.submit(request.user, **wanted).pk)
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
    return _run_form_page(request, form, None)


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """For the script of the form: the plan as HTML, and what is wrong with which field."""
    form = RunForm(request.POST, user=request.user, method=_method(request))
    plan = _plan(form)
    html = render_to_string("runs/_plan.html", _plan_context(form, plan), request=request)
    return JsonResponse({"html": html, "errors": {name: list(faults) for name, faults in form.errors.items()}})


@login_required
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run, live."""
    shown = get_object_or_404(access.runs(request.user), pk=pk)
    return render(request, "runs/detail.html", pages.run_context(request.user, shown))


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run."""
    shown = get_object_or_404(access.runs(request.user), pk=pk)
    try:
        services.request_cancel(request.user, shown)
    except ServiceError as error:
        messages.error(request, error.message)
    return redirect("runs:detail", pk)


@login_required
@require_POST
def requeue(request: HttpRequest, pk: int) -> HttpResponse:
    """A new run with the same contents."""
    shown = get_object_or_404(access.runs(request.user), pk=pk)
    try:
        again = services.requeue(request.user, shown)
    except InvalidParameters as error:
        messages.error(request, f"It cannot be queued as it is: {error}")
        return redirect("runs:detail", pk)
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("runs:detail", pk)
    messages.success(request, "Queued again, as a new run; what was measured before is kept.")
    return redirect("runs:detail", again.pk)


@login_required
def reprocess(request: HttpRequest, pk: int) -> HttpResponse:
    """Process the run's captures again with other parameters, into a new version."""
    shown = get_object_or_404(access.runs(request.user), pk=pk)
    form = ReprocessForm(request.POST or None, initial=pages.newest_parameters(shown))
    if request.method == "POST" and form.is_valid():
        try:
            spectrum = services.reprocess(request.user, shown, form.parameter_values)
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            return redirect("spectra:detail", spectrum.pk)
    return render(request, "runs/reprocess.html", {"run": shown, "form": form})


def _method(request: HttpRequest) -> Method:
    """The method of the address, or the first; a method that does not exist is a page that does not."""
    offered = _offered()
    if not offered:
        raise Http404("No measuring method is installed.")
    name = request.GET.get("method") or offered[0].name
    chosen = next((method for method in offered if method.name == name), None)
    if chosen is None:
        raise Http404("There is no such method.")
    return chosen


def _offered() -> list[Method]:
    """Every method, the survey first: it is what people come for."""
    return sorted(methods.methods().values(), key=lambda method: (method.name != "survey", method.title))


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address has chosen already: `?sample=3&instrument=demo&span_hz=2e6`, or everything of `?like=12`."""
    chosen = ("sample", "instrument", "title", "temperature_k")
    initial: dict[str, Any] = {name: request.GET[name] for name in chosen if name in request.GET}
    initial |= parameter_fields.from_query(describe(_method(request).parameters), request.GET)
    if request.GET.get("template", "").isdigit():
        template = access.templates(request.user).filter(pk=int(request.GET["template"][:18])).first()
        if template is not None:
            initial |= template.parameters
    if request.GET.get("like", "").isdigit():
        like = access.runs(request.user).filter(pk=int(request.GET["like"])).first()
        if like is not None:
            initial |= like.parameters
            initial |= {
                "sample": like.sample_id,
                "instrument": like.instrument.slug,
                "title": like.title,
                "temperature_k": like.temperature_k,
            }
    return initial


def _plan(form: RunForm) -> Plan | None:
    """The plan of a form, as far as it can be made: needs instrument and parameters, not the sample."""
    form.is_valid()
    instrument = form.cleaned_data.get("instrument")
    if instrument is None or any(field.errors for field in (*form.essential, *form.advanced)):
        return None
    try:
        return services.preview(instrument, form.method.name, form.parameter_values)
    except InvalidParameters as error:
        show_errors(form, error)
        return None


def _plan_context(form: RunForm, plan: Plan | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"form": form, "plan": plan, "profile": drawing.excitation_profile(plan) if plan else None}
    if plan is None:
        return shown
    instrument, sample = form.cleaned_data["instrument"], form.cleaned_data.get("sample")
    carried = {"instrument": instrument.slug} | ({"sample": sample.pk} if sample else {})
    return shown | designing.context(
        services.design_like(instrument, form.method.name, form.parameter_values), carried
    )  # fmt: skip


def _run_form_page(
    request: HttpRequest, form: RunForm, plan: Plan | None, guess: GuessForm | None = None
) -> HttpResponse:
    templates = access.templates(request.user).filter(method=form.method.name)
    context = _plan_context(form, plan) | {"methods": _offered(), "templates": templates, "guess": guess}
    return render(request, "runs/form.html", context)
