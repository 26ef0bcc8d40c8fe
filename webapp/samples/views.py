"""Pages of the samples."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def samples(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def create(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def sample(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)
