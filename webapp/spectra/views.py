"""Pages of the spectra."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def spectrum(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)
