"""Middleware of the whole site; both work in sync and async chains."""

from __future__ import annotations

import secrets
import zoneinfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject


class ContentSecurityPolicy(MiddlewareMixin):
    """Everything comes from this site; inline scripts only with the nonce `request.csp_nonce`.

    A view that needs another policy sets the header itself.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.csp_nonce = SimpleLazyObject(lambda: secrets.token_urlsafe(16))  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        nonce = getattr(request, "csp_nonce", "")
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; "
            f"script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
            "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        )
        return response


class UserTimeZone(MiddlewareMixin):
    """Times are shown in the zone that the user chose; UTC is stored."""

    def process_request(self, request: HttpRequest) -> None:
        timezone.deactivate()
        # The API speaks UTC. Not asking who the user is here keeps a long event stream from holding a connection.
        if request.path.startswith("/api/"):
            return
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return
        try:
            timezone.activate(zoneinfo.ZoneInfo(user.time_zone))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return  # a zone that this machine does not know any more: the site's own is shown
