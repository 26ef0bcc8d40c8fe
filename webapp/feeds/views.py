"""The feeds themselves, which need no log-in but the secret in their address; and the page to make and revoke them."""

from __future__ import annotations

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from acquisition.errors import InvalidParameters
from webapp.feeds import calendar, services
from webapp.feeds.forms import FeedForm
from webapp.home.forms import show_errors


@require_safe
@sensitive_variables("secret")
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind a secret, with ETag and Last-Modified; 404 for secrets that are wrong or revoked."""
    found = services.find(secret)
    if found is None:
        raise Http404
    content = calendar.render(found, timezone.now())
    digest = hashlib.sha256(content).hexdigest()
    changed = int(services.given(found, digest).timestamp())
    etag = f'"{digest[:32]}"'
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    response["Last-Modified"] = http_date(changed)
    response["Content-Disposition"] = 'inline; filename="rasgado.ics"'
    answer = get_conditional_response(request, etag, changed, response)
    answer["Cache-Control"] = "private, no-cache"
    # The address is the key: it shall be told to nobody and found by nobody.
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@login_required
def feeds(request: HttpRequest) -> HttpResponse:
    """The user's feeds, and a form for another."""
    return _page(request, FeedForm(request.user))


@login_required
@require_POST
@never_cache
@sensitive_variables("made")
def create(request: HttpRequest) -> HttpResponse:
    """Make a feed and show its address, this once: its secret is neither stored nor put into the session."""
    form = FeedForm(request.user, request.POST)
    made = None
    if form.is_valid():
        scope, group, instrument = form.chosen()
        try:
            made = services.create(request.user, scope, group=group, instrument=instrument)
        except InvalidParameters as error:
            show_errors(form, error)
        else:
            form = FeedForm(request.user)
    return _page(request, form, made)


@login_required
@require_POST
@never_cache
@sensitive_variables("made")
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a feed a new address and show it, this once."""
    made = services.rotate(request.user, pk)
    if made is None:
        raise Http404
    return _page(request, FeedForm(request.user), made)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Calendars that use the feed get nothing any more."""
    if not services.revoke(request.user, pk):
        raise Http404
    messages.success(request, "The feed is revoked. Calendars that use its address get nothing any more.")
    return redirect("feeds:list")


@sensitive_variables("made", "context")
def _page(request: HttpRequest, form: FeedForm, made: services.NewFeed | None = None) -> HttpResponse:
    address = "" if made is None else request.build_absolute_uri(reverse("feeds:feed", args=[made.secret]))
    context = {
        "form": form,
        "feeds": request.user.calendar_feeds.select_related("group", "instrument"),
        "made": made,
        "address": address,
        "subscribe": "webcal" + address.removeprefix("https").removeprefix("http"),
    }
    return render(request, "feeds/list.html", context)
