"""Pages of one booking, and of making it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed, ServiceError
from webapp.facility import access
from webapp.facility.bookings import checkin, core, locking, series, service
from webapp.facility.bookings.facts import zone_of
from webapp.facility.bookings.rules import effective
from webapp.facility.bookings.values import Span
from webapp.facility.models import Booking, BookingEvent
from webapp.facility.pages import words
from webapp.facility.pages.forms import BookingForm, ChangeForm, EndForm, clock

State = Booking.State
PER_LIST = 100
#: a change can be taken back with one click for this long
UNDO = datetime.timedelta(minutes=30)
MARK = datetime.timedelta(minutes=30)
REFUSALS = (InvalidParameters, ServiceError)


@dataclass(frozen=True)
class Offered:
    """What the viewer may do with a booking now."""

    change: bool = False
    cancel: bool = False
    check_in: bool = False
    finish: bool = False
    decide: bool = False
    undo: BookingEvent | None = None


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Book an instrument, once or again and again."""
    form = BookingForm(request.POST or None, user=request.user, initial=_initial(request))
    preview = {}
    if request.method == "POST" and request.POST.get("action") == "preview":
        preview = _preview(form)
    elif request.method == "POST" and form.is_valid():
        try:
            return _book(request, form)
        except REFUSALS as error:
            form.refuse(error)
    return render(request, "facility/bookings/form.html", {"form": form, "preview": preview})


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """For the script of the form: whether the time can be had, as HTML, and what is wrong with which field."""
    form = BookingForm(request.POST, user=request.user)
    html = render_to_string("facility/bookings/_preview.html", {"preview": _preview(form), "form": form}, request)
    return JsonResponse({"html": html, "errors": {name: list(faults) for name, faults in form.errors.items()}})


@login_required
def booking(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking: what it is, what happened to it and what can be done with it."""
    return _page(request, _found(request, pk))


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time or title."""
    shown = _found(request, pk)
    form = ChangeForm(request.POST or None, user=request.user, booking=shown)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        times = {name: given[name] for name in ("starts_at", "ends_at") if given[name] != getattr(shown, name)}
        try:
            changed = series.edit(
                request.user, shown, given.get("scope", "this"), title=given["title"], **times
            )  # fmt: skip
        except REFUSALS as error:
            form.refuse(error)
        else:
            messages.success(request, _changed(changed))
            return redirect("bookings:detail", pk)
    context = {"form": form, "booking": shown, "rules": _rules(shown)}
    return render(request, "facility/bookings/edit.html", context)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a booking back to where it was before its last move."""
    shown = _found(request, pk)
    event = _offered(request.user, shown, locking.clock()).undo
    if event is None:
        messages.error(request, "There is no move that could be undone.")
        return redirect("bookings:detail", pk)
    before = {name: words.read(value) for name, value in event.payload["before"].items()}
    return _done(request, pk, "Moved back.", lambda: service.edit(request.user, shown, **before))


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a booking, or several of its series."""
    shown = _found(request, pk)
    form = EndForm(request.POST, series=shown.series_id is not None)
    if not form.is_valid():
        return _page(request, shown, cancelling=form)
    try:
        given = form.cleaned_data
        ended = series.cancel(request.user, shown, given.get("scope", "this"), given["reason"])
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{len(ended)} bookings are cancelled." if len(ended) > 1 else "Cancelled.")
    return redirect("bookings:detail", pk)


@login_required
@require_POST
def check_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the time is being used."""
    shown = _found(request, pk)
    return _done(request, pk, "You are checked in.", lambda: checkin.check_in(request.user, shown))


@login_required
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """End a running booking now."""
    shown = _found(request, pk)
    return _done(request, pk, "Finished; others can have the rest.", lambda: service.finish(request.user, shown))


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """The user's own bookings: to come, and those over."""
    now = locking.clock()
    own = access.bookings(request.user).filter(user=request.user)
    context = {
        "coming": own.filter(ends_at__gt=now, state__in=Booking.HOLDING).order_by("starts_at")[:PER_LIST],
        "over": own.exclude(ends_at__gt=now, state__in=Booking.HOLDING).order_by("-starts_at")[:30],
        "waiting": access.waitlist(request.user).filter(user=request.user, state__in=("waiting", "offered")),
        "zone": zone_of(request.user).key,
    }
    return render(request, "facility/bookings/mine.html", context)


def _found(request: HttpRequest, pk: int) -> Booking:
    return get_object_or_404(access.bookings(request.user), pk=pk)


def _done(request: HttpRequest, pk: int, said: str, do: Any) -> HttpResponse:
    try:
        do()
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("bookings:detail", pk)


def _book(request: HttpRequest, form: BookingForm) -> HttpResponse:
    given = form.cleaned_data
    what = {**form.parties, "title": given["title"], "idempotency_key": given["idempotency_key"] or None}
    if form.is_series:
        booked = series.book(request.user, **what, **form.series_values, on_conflict=form.on_conflict)
        left_out = f"; {len(booked.skipped)} could not be had and are left out" if booked.skipped else ""
        messages.success(request, f"{len(booked.bookings)} bookings are made{left_out}.")
        return redirect("bookings:detail", booked.bookings[0].pk)
    made = service.book(request.user, **what, starts_at=given["starts_at"], ends_at=given["ends_at"]).booking
    said = "Asked for: staff have to approve it." if made.state == State.PENDING else "Booked."
    messages.success(request, said)
    return redirect("bookings:detail", made.pk)


def _preview(form: BookingForm) -> dict[str, Any]:
    """Context of the preview; faults end up beside the fields of the form."""
    if not form.is_valid():
        return {"incomplete": True}
    now = locking.clock()
    parties = form.parties
    shown: dict[str, Any] = {"rules": words.rules(effective(parties["instrument"].pk, parties["group"].pk))}
    try:
        if form.is_series:
            found = series.preview(form.user, **parties, **form.series_values, now=now)
            return shown | {"occurrences": found, "free": sum(not one.faults for one in found)}
        span = Span(form.cleaned_data["starts_at"], form.cleaned_data["ends_at"])
        faults, _facts = service.preview(form.user, **parties, span=span, now=now)
    except REFUSALS as error:
        form.refuse(error)
        return shown | {"incomplete": True}
    if faults:
        form.refuse(InvalidParameters(faults))
    return shown | {"span": span, "faults": faults}


def _initial(request: HttpRequest) -> dict[str, Any]:
    """From the address: a time dragged in the calendar, an instrument, or a booking to make again."""
    zone = zone_of(request.user)
    given: MultiValueDict[str, str] = request.GET
    initial: dict[str, Any] = {
        name: given[name]
        for name in ("instrument", "group", "starts_at", "ends_at", "title", "frequency")
        if given.get(name)
    }
    like = given.get("like", "")
    if like.isdigit() and len(like) < 19:
        row = access.bookings(request.user).filter(pk=like).first()
        if row is not None:
            initial |= {"instrument": row.instrument.slug, "group": row.group.slug, "title": row.title}
            initial |= {name: clock(getattr(row, name), zone) for name in ("starts_at", "ends_at")}
    if "starts_at" not in initial:
        seconds = MARK.total_seconds()
        mark = datetime.datetime.fromtimestamp((locking.clock().timestamp() // seconds + 1) * seconds, datetime.UTC)
        initial |= {"starts_at": clock(mark, zone), "ends_at": clock(mark + 4 * MARK, zone)}
    return initial


def _page(request: HttpRequest, shown: Booking, cancelling: EndForm | None = None) -> HttpResponse:
    events: QuerySet[BookingEvent] = shown.events.select_related("actor")
    now = locking.clock()
    context = {
        "booking": shown,
        "events": events,
        "may": _offered(request.user, shown, now),
        "cancelling": cancelling or EndForm(series=shown.series_id is not None),
        "deciding": EndForm(),
        "over": shown.ends_at <= now or shown.state not in Booking.HOLDING,
        "rules": _rules(shown),
        "zone": zone_of(request.user).key,
        "siblings": access.bookings(request.user)
        .filter(series=shown.series_id, ends_at__gt=now, state__in=Booking.HOLDING)
        .order_by("starts_at")[:12]
        if shown.series_id
        else (),
    }
    return render(request, "facility/bookings/detail.html", context)


def _rules(shown: Booking) -> list[str]:
    return words.rules(effective(shown.instrument_id, shown.group_id))


def _changed(changed: list[Booking]) -> str:
    if len(changed) > 1:
        return f"{len(changed)} bookings are changed."
    if changed[0].state == State.PENDING:
        return "Changed. Staff have to approve the new time."
    return "Changed."


def _offered(actor: User, shown: Booking, now: datetime.datetime) -> Offered:
    try:
        core.must_hold(shown, now)
        core.must_change(actor, shown)
    except (Conflict, NotAllowed):
        return Offered(decide=False)
    begun = shown.starts_at <= now
    confirmed = shown.state == State.CONFIRMED
    last = shown.events.order_by("-pk").first()
    moved = last is not None and last.kind == BookingEvent.Kind.MOVED and last.actor_id == actor.pk
    return Offered(
        change=True,
        cancel=not begun,
        check_in=confirmed
        and shown.no_show_at is not None
        and shown.checked_in_at is None
        and now >= shown.starts_at - checkin.EARLY,
        finish=begun and confirmed,
        decide=actor.is_staff and shown.state == State.PENDING,
        undo=last if moved and not begun and last.at > now - UNDO else None,
    )
