"""Headers, limits and forms of every answer of the site."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from webapp.accounts.models import User
from webapp.config.asgi import REQUEST_MAX_BYTES, application
from webapp.config.body_limit import BodyLimit


def show_nonce(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.csp_nonce)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the inside")


urlpatterns = [path("nonce", show_nonce), path("api/fail", fail)]


@pytest.mark.urls(__name__)
def test_scripts_need_the_nonce_of_their_page() -> None:
    first, second = Client().get("/nonce"), Client().get("/nonce")
    policy = first["Content-Security-Policy"]
    nonce = first.content.decode()
    assert len(nonce) >= 16
    assert f"script-src 'self' 'nonce-{nonce}'" in policy
    assert "default-src 'self'" in policy and "object-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert first.content != second.content


def test_headers_of_every_answer(db: None) -> None:
    for address in ("/", "/accounts/login/", "/api/v1/me", "/nothing", "/admin/login/"):
        response = Client().get(address)
        assert response["X-Content-Type-Options"] == "nosniff", address
        assert response["X-Frame-Options"] == "DENY", address
        assert response["Referrer-Policy"] == "same-origin", address
        assert "default-src 'self'" in response["Content-Security-Policy"], address


def test_cookies_are_closed_to_scripts_and_other_sites(staff: User) -> None:
    staff.set_password("a long password")
    staff.save()
    response = Client().post("/admin/login/", {"username": "stella", "password": "a long password"})
    cookie = response.cookies["sessionid"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


@pytest.mark.urls(__name__)
@override_settings(DEBUG=False, ROOT_URLCONF=__name__)
def test_an_unforeseen_error_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    from webapp.config import problems

    response = problems.server_error(Client().get("/nonce").wsgi_request)
    assert response.status_code == 500
    request = HttpRequest()
    request.path = "/api/v1/x"
    body = problems.server_error(request)
    assert body["Content-Type"] == "application/problem+json"
    assert b"secret" not in body.content


async def answer(app: Any, headers: list[tuple[bytes, bytes]], parts: list[bytes]) -> tuple[int, bytes]:
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/runs", "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), *headers], "server": ("localhost", 80), "scheme": "http",
    }  # fmt: skip
    asgi = ApplicationCommunicator(app, scope)
    for number, part in enumerate(parts):
        await asgi.send_input({"type": "http.request", "body": part, "more_body": number < len(parts) - 1})
    start = await asgi.receive_output(timeout=10)
    body = await asgi.receive_output(timeout=10)
    await asgi.wait(timeout=10)
    return start["status"], body["body"]


def test_a_body_announced_too_long_is_not_read() -> None:
    length = str(REQUEST_MAX_BYTES + 1).encode()
    status, body = asyncio.run(answer(application, [(b"content-length", length)], []))
    assert status == 413
    assert str(REQUEST_MAX_BYTES).encode() in body


def test_a_body_that_turns_out_too_long_is_dropped(db: None) -> None:
    limited = BodyLimit(application, 100)
    status, _body = asyncio.run(answer(limited, [(b"transfer-encoding", b"chunked")], [b"x" * 60, b"x" * 60]))
    assert status == 413


def test_no_server_side_template_of_ours_bypasses_escaping() -> None:
    from django.conf import settings

    sources = [*(settings.BASE_DIR / "webapp").glob("**/templates/**/*.html")]
    sources = [file for file in sources if "node_modules" not in file.parts]
    assert sources
    offending = [f.name for f in sources if re.search(r"\|\s*safe\b|autoescape off", f.read_text())]
    assert not offending
