"""Pages of the runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def runs(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def create(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def preview(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def run(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def requeue(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def reprocess(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)
