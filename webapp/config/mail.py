"""How e-mail is sent, from one address: Django's settings of its mail backend."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

#: scheme -> (port, TLS from the start, TLS by STARTTLS)
_SERVERS = {"smtp": (25, False, False), "smtp+starttls": (587, False, True), "smtps": (465, True, False)}
_BACKENDS = "django.core.mail.backends"


def read(url: str) -> dict[str, Any]:
    """Settings from console:, none:, smtp://, smtp+starttls:// or smtps://user:password@host:port."""
    if url in ("console:", "none:"):
        return {"EMAIL_BACKEND": f"{_BACKENDS}.{'console' if url == 'console:' else 'dummy'}.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in _SERVERS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"must be console:, none:, or one of {', '.join(_SERVERS)} with ://user:password@host:port")
    port, tls, starttls = _SERVERS[parts.scheme]
    return {
        "EMAIL_BACKEND": f"{_BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls,
        "EMAIL_USE_TLS": starttls,
    }
