"""What only staff do with the accounts: prices, classes of groups, and closing months."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse as address

from acquisition.errors import InvalidParameters
from webapp.errors import ServiceError
from webapp.home.forms import show_errors
from webapp.usage import services
from webapp.usage.forms import ClosingForm, RateForm, TariffForm
from webapp.usage.models import GroupTariff, Rate
from webapp.usage.periods import Period, read_month
from webapp.usage.report import report

View = Callable[..., HttpResponse]


def staff_only(view: View) -> View:
    """For everybody else 403, or the log-in."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *arguments)

    return guarded


@staff_only
def rates(request: HttpRequest) -> HttpResponse:
    """All prices and classes there have ever been, the latest first."""
    context = {
        "rates": Rate.objects.select_related("instrument", "made_by"),
        "tariffs": GroupTariff.objects.select_related("group", "made_by").order_by("-valid_from", "-id"),
        "last_closed": services.last_closed(),
    }
    return render(request, "usage/rates.html", context)


@staff_only
def new_rate(request: HttpRequest) -> HttpResponse:
    """Prices from a day on."""
    return _new(
        request, RateForm, services.set_rate, "New prices", "They count from their first day on. Earlier ones stay."
    )


@staff_only
def new_tariff(request: HttpRequest) -> HttpResponse:
    """The class of a group from a day on."""
    text = "It counts from its first day on; a group without any is internal."
    return _new(request, TariffForm, services.set_tariff, "Class of a group", text)


@staff_only
def close(request: HttpRequest) -> HttpResponse:
    """Keep the hours of a month as they are now: asked for once more on a page of its own, as it cannot be undone."""
    try:
        month = read_month(request.GET.get("month", ""))
    except InvalidParameters as error:
        raise Http404(str(error)) from None
    form = ClosingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.close_month(request.user, month, form.cleaned_data["note"])
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, f"{month} is closed.")
            return redirect(f"{address('usage:overview')}?month={month}")
    context = {"form": form, "month": month, "report": report(request.user, Period(month, month))}
    return render(request, "usage/close.html", context, status=400 if form.errors else 200)


def _new(
    request: HttpRequest, kind: type[forms.ModelForm], do: Callable[..., Any], title: str, text: str
) -> HttpResponse:
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = do(request.user, **form.cleaned_data)
        except (InvalidParameters, ServiceError) as error:
            show_errors(form, error)
        else:
            messages.success(request, f"Kept: {made}.")
            return redirect("usage:rates")
    context = {"form": form, "title": title, "text": text}
    return render(request, "usage/rate_form.html", context, status=400 if form.errors else 200)
