"""The status board and the day view."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from webapp.boards import day as days
from webapp.boards import now as instruments_now
from webapp.boards.problems import problems
from webapp.facility.models import Instrument

#: years around now that a day can be asked for
_YEARS = 5


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Every instrument in big type, for a screen on the wall. It names nobody unless the settings allow it."""
    if not (settings.RASGADO_PUBLIC_STATUS or request.user.is_authenticated):
        return redirect_to_login(request.get_full_path())
    named = settings.RASGADO_STATUS_NAMES
    now = timezone.now()
    shown = instruments_now.look(
        Instrument.objects.order_by("name"), instruments_now.everybody if named else instruments_now.nobody, now
    )
    response = render(request, "boards/status.html", {"instruments": shown, "now": now, "named": named})
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """Staff: what needs them, and a day of every instrument."""
    if not request.user.is_staff:
        raise PermissionDenied
    now, zone = timezone.now(), timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    shown = days.day(_date(request.GET.get("date", ""), today), zone, now)
    context = {
        "day": shown,
        "picture": days.picture(shown, zone, now),
        "previous": shown.date - datetime.timedelta(days=1),
        "next": shown.date + datetime.timedelta(days=1),
        "today": today,
        "problems": problems(now),
        "anything": any(entries for _instrument, entries in shown.rows),
    }
    return render(request, "boards/day.html", context)


def _date(text: str, today: datetime.date) -> datetime.date:
    if not text:
        return today
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError:
        raise Http404("Not a date.") from None
    if abs(date.year - today.year) > _YEARS:
        raise Http404("Too far away.")
    return date
