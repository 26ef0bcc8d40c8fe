"""Pages of the library and of the search."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from acquisition.errors import FieldError, InvalidParameters
from webapp.errors import ServiceError
from webapp.home.forms import show_errors
from webapp.library import drawing
from webapp.library.forms import SearchForm, UploadForm
from webapp.library.models import SavedSearch
from webapp.library.services import compounds, literature, measured, saved

PER_PAGE = 40
SHOWN = 30


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Measured spectra and reference compounds that fit; without anything asked for, how to ask."""
    asked = any(value.strip() for name, value in request.GET.items() if name != "save")
    form = SearchForm(request.GET if asked else None, user=request.user)
    context = {
        "form": form,
        "saved": SavedSearch.objects.filter(user=request.user),
        "query_string": request.GET.urlencode(),
    }
    if asked and form.is_valid() and form.wanted is not None:
        wanted = form.wanted
        spectra = measured.find(request.user, wanted, SHOWN)
        known = literature.find(request.user, wanted, SHOWN)
        context |= {
            "wanted": wanted,
            "asked": True,
            "spectra": [(one, one.comparison and drawing.comparison(one.comparison)) for one in spectra],
            "compounds": [(one, one.comparison and drawing.comparison(one.comparison)) for one in known],
            "limit": SHOWN,
        }
    return render(request, "library/search.html", context)


@login_required
def library(request: HttpRequest) -> HttpResponse:
    """Every reference compound that the user may see."""
    words = request.GET.get("q", "").strip()[:200]
    found = compounds.visible(request.user).select_related("group").prefetch_related("lines")
    page = Paginator(literature.filtered(found, name=words), PER_PAGE).get_page(request.GET.get("page"))
    for compound in page:
        compound.picture = drawing.known([line.frequency_hz for line in compound.lines.all()])
        compound.nuclides = sorted({line.nuclide for line in compound.lines.all() if line.nuclide})
    return render(request, "library/list.html", {"page": page, "q": words})


@login_required
def compound(request: HttpRequest, pk: int) -> HttpResponse:
    """One compound with its lines and where each was published."""
    shown = get_object_or_404(compounds.visible(request.user).select_related("group"), pk=pk)
    lines = list(shown.lines.all())
    context = {
        "compound": shown,
        "lines": lines,
        "picture": drawing.known([line.frequency_hz for line in lines]) if lines else None,
        "peaks": " ".join(f"{line.frequency_hz / 1e6:.6f}".rstrip("0").rstrip(".") for line in lines[:20]),
    }
    return render(request, "library/detail.html", context)


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """A group's own table of reference lines."""
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > compounds.UPLOAD_MAX_BYTES:
                raise InvalidParameters([FieldError("file", compounds.TOO_LARGE)])
            made = compounds.upload(request.user, form.cleaned_data["group"], _as_text(file.read()))
        except (InvalidParameters, ServiceError) as error:
            _show_upload_errors(form, error)
        else:
            lines = sum(one.lines.count() for one in made)
            messages.success(request, f"{lines} lines of {len(made)} compounds are in the library of your group.")
            return redirect("library:list")
    return render(request, "library/upload.html", {"form": form})


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove an uploaded compound."""
    shown = get_object_or_404(compounds.visible(request.user), pk=pk)
    try:
        compounds.delete(request.user, shown)
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("library:detail", pk)
    messages.success(request, f"{shown.name} is deleted.")
    return redirect("library:list")


@login_required
@require_POST
def save_search(request: HttpRequest) -> HttpResponse:
    """Keep a search under a name."""
    address = f"{reverse('library:search')}?{request.POST.get('query', '')[:2000]}"
    try:
        saved.save(request.user, request.POST.get("name", ""), request.POST.get("query", ""))
    except InvalidParameters as error:
        messages.error(request, error.errors[0].message)
    else:
        messages.success(request, "The search is saved.")
    return redirect(address)


@login_required
@require_POST
def delete_search(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a saved search."""
    get_object_or_404(SavedSearch, pk=pk, user=request.user).delete()
    messages.success(request, "The search is forgotten.")
    return redirect("library:search")


def _as_text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1}"
        raise InvalidParameters(
            [FieldError("text", f"The table is not UTF-8 text ({place}); save it as UTF-8.")]
        ) from None


def _show_upload_errors(form: UploadForm, error: InvalidParameters | ServiceError) -> None:
    """The service calls the table `text`; on the page it is a file."""
    if isinstance(error, InvalidParameters):
        renamed = [FieldError("file" if one.field == "text" else one.field, one.message) for one in error.errors]
        error = InvalidParameters(renamed)
    show_errors(form, error)
