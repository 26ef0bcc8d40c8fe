"""The OpenAPI document: valid, complete, and with every method's parameters in it."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from acquisition import methods
from acquisition.methods.parameters import describe


@pytest.fixture(scope="module")
def document() -> dict[str, object]:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def test_parameters_of_every_method_are_in_it(document: dict) -> None:
    schemas = document["components"]["schemas"]
    for name, method in methods.methods().items():
        properties = schemas[f"{name.title().replace('_', '')}Parameters"]["properties"]
        for info in describe(method.parameters):
            shown = properties[info.name]
            assert info.label in shown["description"]
            if info.maximum is not None:
                assert shown["maximum"] == info.maximum


def test_every_operation_says_how_it_fails(document: dict) -> None:
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            assert "401" in operation["responses"], (verb, path)
            if "{" in path:
                assert "404" in operation["responses"], (verb, path)


def test_the_stream_is_described(document: dict) -> None:
    answer = document["paths"]["/api/v1/runs/{id}/stream"]["get"]["responses"]["200"]
    assert "text/event-stream" in answer["content"]


def test_document_and_page_are_served(db: None) -> None:
    assert APIClient().get("/api/v1/schema").json()["openapi"].startswith("3.")
    page = APIClient().get("/api/v1/docs/")
    assert page.status_code == 200
    assert "script-src" not in page["Content-Security-Policy"]  # so default-src 'self' holds for scripts
    assert b"<script>" not in page.content
