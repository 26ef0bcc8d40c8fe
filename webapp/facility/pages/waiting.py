"""Pages of the waitlist."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from webapp.facility import access
from webapp.facility.bookings import waitlist
from webapp.facility.bookings.facts import zone_of
from webapp.facility.models import WaitlistEntry
from webapp.facility.pages.bookings import REFUSALS
from webapp.facility.pages.forms import WaitForm


@login_required
def waiting(request: HttpRequest) -> HttpResponse:
    """Who of the user's groups waits, offers first, and a form to join them."""
    initial = {name: request.GET[name] for name in ("instrument", "earliest_at", "latest_at") if name in request.GET}
    form = WaitForm(request.POST or None, user=request.user, initial={"duration_minutes": 60} | initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        names = ("earliest_at", "latest_at", "duration_minutes", "title")
        try:
            entry = waitlist.join(request.user, **form.parties, **{name: given[name] for name in names})
        except REFUSALS as error:
            form.refuse(error)
        else:
            offered = entry.state == WaitlistEntry.State.OFFERED
            said = (
                "There is time already: take the offer below." if offered else "You wait; we offer what becomes free."
            )
            messages.success(request, said)
            return redirect("bookings:waitlist")
    entries = access.waitlist(request.user).select_related("booking__instrument").order_by("-pk")
    context = {
        "form": form,
        "open": sorted(entries.filter(state__in=WaitlistEntry.OPEN), key=lambda one: (one.state != "offered", one.pk)),
        "closed": entries.exclude(state__in=WaitlistEntry.OPEN)[:10],
        "zone": zone_of(request.user).key,
    }
    return render(request, "facility/bookings/waitlist.html", context)


@login_required
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take what is offered."""
    entry = get_object_or_404(access.waitlist(request.user), pk=pk)
    try:
        booking = waitlist.accept(request.user, entry)
    except REFUSALS as error:
        messages.error(request, str(error))
        return redirect("bookings:waitlist")
    messages.success(request, "The time is yours.")
    return redirect("bookings:detail", booking.pk)


@login_required
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the offered time go, or stop waiting."""
    entry = get_object_or_404(access.waitlist(request.user), pk=pk)
    try:
        if entry.state == WaitlistEntry.State.OFFERED:
            waitlist.decline(request.user, entry)
        else:
            waitlist.withdraw(request.user, entry)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "You do not wait for it any more.")
    return redirect("bookings:waitlist")
