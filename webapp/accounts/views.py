"""Pages of users' own accounts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def login(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def logout(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def settings(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def create_token(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)


def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("Not there yet.", status=501)
