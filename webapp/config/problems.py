"""Every error of the API as application/problem+json (RFC 9457) with `errors: [{"field", "message"}]`."""

from __future__ import annotations

import http
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

from acquisition.errors import InvalidParameters
from webapp.errors import ServiceError

CONTENT_TYPE = "application/problem+json"
Faults = list[tuple[str, str]]


class FaultSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Name of the parameter; empty when the fault is not in one field.")
    message = serializers.CharField(help_text="What is wrong, with the limit in it.")


class ProblemSerializer(serializers.Serializer[Any]):
    """An error."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FaultSerializer(many=True)


def problem(status: int, detail: str, faults: Faults = [], title: str = "") -> dict[str, Any]:  # noqa: B006
    """The body of an error."""
    return {
        "type": "about:blank",
        "title": title or http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [{"field": field, "message": message} for field, message in faults],
    }


def describe(error: Exception) -> dict[str, Any] | None:
    """The body for an error that was foreseen, or None for any other."""
    if isinstance(error, InvalidParameters):
        return problem(400, str(error), [(fault.field, fault.message) for fault in error.errors], "Invalid parameters")
    if isinstance(error, ServiceError):
        return problem(error.status, error.message, [(error.field, error.message)] if error.field else [], error.title)
    if isinstance(error, ValidationError):
        faults = _flatten(error.message_dict if hasattr(error, "error_dict") else {"": error.messages})
        return problem(400, _sentences(faults), faults, "Invalid parameters")
    if isinstance(error, exceptions.ValidationError):
        faults = _flatten(error.detail)
        return problem(400, _sentences(faults), faults, "Invalid parameters")
    if isinstance(error, Http404 | exceptions.NotFound):
        return problem(404, "There is no such thing, or it is not yours to see.")
    if isinstance(error, PermissionDenied):
        return problem(403, "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "The request is too large.")
    if isinstance(error, exceptions.APIException):
        return problem(error.status_code, str(error.detail))
    return None


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. None hands an unforeseen error on, to be logged and answered by `server_error`."""
    body = describe(error)
    if body is None:
        return None
    set_rollback()
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def respond(error: Exception) -> JsonResponse | None:
    """The same for plain Django views."""
    body = describe(error)
    if body is None:
        return None
    response = JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE)
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of an address that does not exist: JSON in the API, a page elsewhere."""
    if request.path.startswith("/api/"):
        return JsonResponse(problem(404, "There is nothing at this address."), status=404, content_type=CONTENT_TYPE)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 raised outside a view, as for a wrong Host header."""
    if request.path.startswith("/api/"):
        return JsonResponse(problem(400, "The request is malformed."), status=400, content_type=CONTENT_TYPE)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours; it is in the log."""
    if request.path.startswith("/api/"):
        return JsonResponse(
            problem(500, "Something went wrong in the service; it has been logged."),
            status=500,
            content_type=CONTENT_TYPE,
        )
    return defaults.server_error(request)


def _flatten(detail: Any, prefix: str = "") -> Faults:
    """DRF's nested details as (dotted field, message) pairs."""
    if isinstance(detail, dict):
        faults: Faults = []
        for name, inner in detail.items():
            own = "" if name in {"non_field_errors", "__all__"} else str(name)
            faults += _flatten(inner, ".".join(part for part in (prefix, own) if part))
        return faults
    if isinstance(detail, list | tuple):
        return [fault for inner in detail for fault in _flatten(inner, prefix)]
    return [(prefix, str(detail))]


def _sentences(faults: Faults) -> str:
    return " ".join(f"{field}: {message}" if field else message for field, message in faults)
