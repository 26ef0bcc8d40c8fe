"""Pages of the samples."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from acquisition.errors import InvalidParameters
from webapp.assignments import pages as assignment_pages
from webapp.assignments.services import with_labels
from webapp.errors import ServiceError
from webapp.home.forms import show_errors
from webapp.runs import access as runs_access
from webapp.runs.models import Run
from webapp.samples import access, services
from webapp.samples.forms import SampleForm
from webapp.samples.models import Sample
from webapp.spectra import access as spectra_access
from webapp.spectra import gradients
from webapp.spectra.lists import found_lines, with_found_lines

PER_PAGE = 24


@login_required
def samples(request: HttpRequest) -> HttpResponse:
    """Every sample the user may see, with its newest spectrum."""
    found = access.samples(request.user).filter(archived=False).order_by("-updated_at", "-pk")
    words = request.GET.get("q", "").strip()
    if words:
        found = found.filter(Q(name__icontains=words) | Q(formula__icontains=words) | Q(nuclides__icontains=words))
    found = found.annotate(run_count=Count("runs"))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    spectra = spectra_access.newest(spectra_access.spectra(request.user)).filter(
        sample__in=[sample.pk for sample in page]
    )
    newest_of = {spectrum.sample_id: spectrum for spectrum in spectra.order_by("pk")}
    for sample in page:
        sample.spectrum = newest_of.get(sample.pk)
    return render(request, "samples/list.html", {"page": page, "q": words})


@login_required
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    """One sample: what it is, all its spectra and the lines found."""
    shown = get_object_or_404(access.samples(request.user), pk=pk)
    spectra = spectra_access.newest(spectra_access.spectra(request.user)).filter(sample=shown)
    page = Paginator(with_found_lines(spectra), PER_PAGE).get_page(request.GET.get("page"))
    open_runs = runs_access.runs(request.user).filter(sample=shown).exclude(state__in=Run.FINAL)
    lines = with_labels(shown, found_lines(spectra)[:200])
    context = {"sample": shown, "page": page, "open_runs": open_runs, "lines": lines}
    context |= assignment_pages.section(shown)
    context |= gradients.section(spectra)
    return render(request, "samples/detail.html", context)


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """A new sample."""
    form = SampleForm(request.POST or None, user=request.user, initial={"temperature_k": 295})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create(request.user, **form.cleaned_data)
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, f"{made.name} is there. Its first survey is one click away.")
            return redirect("samples:detail", made.pk)
    return render(request, "samples/form.html", {"form": form})


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is said of a sample."""
    shown = get_object_or_404(access.samples(request.user), pk=pk)
    # The form works on a copy: what it validates must not change the row behind the service's back.
    form = SampleForm(request.POST or None, user=request.user, instance=Sample.objects.get(pk=shown.pk))
    if request.method == "POST" and form.is_valid():
        try:
            services.update(request.user, shown, **form.cleaned_data)
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, "The sample is saved.")
            return redirect("samples:detail", pk)
    return render(request, "samples/form.html", {"form": form, "sample": shown})
