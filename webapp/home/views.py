"""The first page: an introduction for visitors, the overview for those who work here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webapp.home import overview


def home(request: HttpRequest) -> HttpResponse:
    """Visitors: what this is, in pictures. Users: what waits for them, bookings, runs, instruments, newest spectra."""
    if not request.user.is_authenticated:
        return render(request, "home/landing.html")
    return render(request, "home/dashboard.html", overview.context(request.user))
