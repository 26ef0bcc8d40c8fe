"""Pages of the facility's staff: requests to decide on, outages, training."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from webapp.facility import access
from webapp.facility.bookings import decisions, locking, outages, qualifications
from webapp.facility.bookings.facts import zone_of
from webapp.facility.models import Booking, Outage, Qualification
from webapp.facility.pages.bookings import REFUSALS
from webapp.facility.pages.forms import EndForm, GrantForm, OutageForm

SOON = datetime.timedelta(days=30)
PER_LIST = 200
View = Callable[..., HttpResponse]


def for_staff(view: View) -> View:
    """Only the facility's staff come here."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@for_staff
def approvals(request: HttpRequest) -> HttpResponse:
    """Requests in the order in which they begin."""
    waiting = access.bookings(request.user).filter(state=Booking.State.PENDING, starts_at__gt=locking.clock())
    context = {"requests": waiting.order_by("starts_at")[:PER_LIST], "zone": zone_of(request.user).key}
    return render(request, "facility/bookings/approvals.html", context)


@for_staff
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or decline a request; back to where it was done."""
    shown = get_object_or_404(access.bookings(request.user), pk=pk)
    form = EndForm(request.POST)
    try:
        if request.POST.get("decision") == "approve":
            decisions.approve(request.user, shown)
            messages.success(request, f"Approved: {shown}.")
        elif form.is_valid():
            decisions.decline(request.user, shown, form.cleaned_data["reason"])
            messages.success(request, f"Declined: {shown}.")
        else:
            messages.error(request, " ".join(form.errors["reason"]))
    except REFUSALS as error:
        messages.error(request, str(error))
    return redirect("bookings:approvals")


@for_staff
def outage_list(request: HttpRequest) -> HttpResponse:
    """Outages that are or will be, and a form for another; asked about, it lists whose bookings fall into it."""
    form = OutageForm(request.POST or None, user=request.user, initial=request.GET.dict())
    asked = None
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("instrument", "kind", "starts_at", "ends_at", "reason")}
        given["ends_at"] = given["ends_at"] or None
        wrong_order = given["ends_at"] is not None and given["ends_at"] <= given["starts_at"]
        if request.POST.get("action") == "preview" and not wrong_order:
            asked = outages.affected(Outage(**given)).order_by("starts_at")[:PER_LIST]
        else:
            try:
                done = outages.declare(request.user, **given, on_bookings=form.cleaned_data["on_bookings"])
            except REFUSALS as error:
                form.refuse(error)
            else:
                count = len(done.affected)
                messages.success(request, f"Declared; {count} booking{'s' if count != 1 else ''} affected.")
                return redirect("bookings:outages")
    now = locking.clock()
    found = access.outages(request.user).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now)).order_by("starts_at")
    context = {
        "form": form,
        "asked": asked,
        "outages": [(one, outages.affected(one).filter(ends_at__gt=now)) for one in found[:50]],
        "now": now,
        "zone": zone_of(request.user).key,
    }
    return render(request, "facility/bookings/outages.html", context)


@for_staff
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """An outage is over, or does not take place."""
    shown = get_object_or_404(access.outages(request.user), pk=pk)
    outages.withdraw(request.user, shown)
    messages.success(request, f"{shown.instrument} can be used again.")
    return redirect("bookings:outages")


@for_staff
def training(request: HttpRequest) -> HttpResponse:
    """Who is trained on what, those that expire soon first, and a form to grant."""
    form = GrantForm(request.POST or None, user=request.user, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            qualifications.grant(
                request.user, instrument=given["instrument"], user=given["person"], expires_at=form.expires_at,
                note=given["note"],
            )  # fmt: skip
        except REFUSALS as error:
            form.refuse(error)
        else:
            messages.success(request, f"{given['person']} may use {given['instrument']}.")
            return redirect("bookings:training")
    now = locking.clock()
    valid = access.qualifications(request.user).filter(revoked_at__isnull=True).order_by("user__username", "instrument")
    context = {
        "form": form,
        "soon": valid.filter(expires_at__gt=now, expires_at__lte=now + SOON).order_by("expires_at"),
        "valid": valid.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now + SOON))[:PER_LIST],
        "expired": valid.filter(expires_at__lte=now).order_by("-expires_at")[:50],
    }
    return render(request, "facility/bookings/training.html", context)


@for_staff
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Training counts no more."""
    shown = get_object_or_404(Qualification, pk=pk)
    qualifications.revoke(request.user, shown)
    messages.success(request, f"{shown} is revoked.")
    return redirect("bookings:training")
