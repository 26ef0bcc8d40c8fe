"""How e-mail is sent, from one address."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from webapp.config import environment, mail


def test_without_a_server() -> None:
    assert mail.read("console:") == {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    assert mail.read("none:")["EMAIL_BACKEND"].endswith("dummy.EmailBackend")


@pytest.mark.parametrize(
    ("url", "port", "tls", "starttls"),
    [
        ("smtp://mail.example.org", 25, False, False),
        ("smtp+starttls://u%40x:p%2F@mail.example.org", 587, False, True),
        ("smtps://u%40x:p%2F@mail.example.org:2465", 2465, True, False),
    ],
)
def test_servers(url: str, port: int, tls: bool, starttls: bool) -> None:
    read = mail.read(url)
    assert (read["EMAIL_HOST"], read["EMAIL_PORT"]) == ("mail.example.org", port)
    assert (read["EMAIL_USE_SSL"], read["EMAIL_USE_TLS"]) == (tls, starttls)
    if "@" in url:
        assert (read["EMAIL_HOST_USER"], read["EMAIL_HOST_PASSWORD"]) == ("u@x", "p/")


@pytest.mark.parametrize(
    "url",
    ["", "mail.example.org", "http://x", "smtp://", "smtp://h/path", "smtp://u:secret@h:port", "smtp://u:sec/secret@h"],
)
def test_what_cannot_be_read_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="RASGADO_MAIL_URL") as raised:
        environment.read({"RASGADO_MAIL_URL": url})
    assert "secret" not in str(raised.value)


def test_the_site_has_an_address() -> None:
    assert environment.read({"RASGADO_SITE_URL": "https://nqr.example.org"})["RASGADO_SITE_URL"].endswith(".org/")
    with pytest.raises(ImproperlyConfigured, match="RASGADO_SITE_URL"):
        environment.read({"RASGADO_SITE_URL": "nqr.example.org"})
