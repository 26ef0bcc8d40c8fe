"""A mail server of our own, and bookings at a known time (see tests/webapp/facility)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.conf import settings

from tests.webapp.facility.conftest import book, clock, rule
from webapp.accounts.models import User

__all__ = ["book", "clock", "rule"]


class Sink(socketserver.ThreadingTCPServer):
    """Speaks enough SMTP (RFC 5321) to take mail; `answers` overrides its replies: {"RCPT": "550 no such user"}."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        self._say("220 sink ready")
        for line in self.rfile:
            command = line[:4].strip().upper().decode()
            if command in self.server.answers:
                self._say(self.server.answers[command])
            elif command == "RCPT":
                self.server.recipients.append(line.decode().strip())
                self._say("250 ok")
            elif command == "DATA":
                self._say("354 go on")
                self.server.received.append(message_from_bytes(self._contents(), policy=policy.default))
                self._say("250 taken")
            elif command == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _contents(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A running mail server to which the site sends."""
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
        monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
        monkeypatch.setattr(settings, "EMAIL_PORT", server.server_address[1])
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def addressed(user: User, staff: User) -> Callable[[], None]:
    """Gives ada and stella addresses."""

    def give() -> None:
        for one in (user, staff):
            one.email = f"{one.username}@example.org"
            one.save()

    give()
    return give
