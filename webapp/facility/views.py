"""Pages of the instruments."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def instruments(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def instrument(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def hold(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def release(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)
