"""The OpenAPI document, its page, and what the document cannot find out by itself."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

#: the page's own style sheet is inline, and it draws its icons as data
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class SchemaView(SpectacularJSONAPIView):
    """The OpenAPI document as JSON; says nothing about anybody's data."""

    permission_classes = [AllowAny]


class DocumentationView(SpectacularSwaggerSplitView):
    """The OpenAPI document as a page."""

    permission_classes = [AllowAny]
    url_name = "api:schema"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().get(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = _POLICY
        return response


def without_slash(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular's hook: document each address in its shorter form, and the page about them not at all."""
    return [(path.rstrip("/"), *rest) for path, *rest in endpoints if not path.startswith("/api/v1/docs")]  # type: ignore[misc]


def add_stream(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook: describe the event stream, which is a plain asynchronous view."""
    run = result["paths"]["/api/v1/runs/{id}/events"]["get"]
    result["paths"]["/api/v1/runs/{id}/stream"] = {
        "get": {
            "operationId": "runs_stream",
            "description": "The run's events live, as server-sent events: `id` is the number, `event` the kind, "
            "`data` its payload with the time as `at`. Ends after the run's final state; 204 when nothing is left.",
            "tags": ["runs"],
            "parameters": [
                *[parameter for parameter in run["parameters"] if parameter["name"] in {"id", "after"}],
                {"in": "header", "name": "Last-Event-ID", "schema": {"type": "string"}},
            ],
            "security": run["security"],
            "responses": {
                "200": {"description": "Events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
                "204": {"description": "The run has ended and every event is known."},
                **{status: answer for status, answer in run["responses"].items() if status >= "400"},
            },
        }
    }
    return result
