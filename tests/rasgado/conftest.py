"""The command against the real site, and a server on which tests write answers, for what no healthy service does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from rasgado import Client
from rasgado.cli import main


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    status: int = 200
    body: Any = field(default_factory=dict)
    content_type: str = "application/json"
    cut: bool = False  # promise more than is sent, and hang up


class ScriptedService:
    """Answers with what `answer(asked)` returns, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda asked: Answer(404)
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                asked = Asked(self.command, self.path, dict(self.headers), body)
                service.asked.append(asked)
                answer = service.answer(asked)
                content = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(content) + (100 if answer.cut else 0)))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = True

            do_GET = do_POST = _handle

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    one = ScriptedService()
    yield one
    one.close()


@pytest.fixture
def client(service: ScriptedService) -> Iterator[Client]:
    with Client(service.url, "rsg_test", retry_waits_s=(0.01, 0.02)) as one:
        yield one


class Shell:
    """Runs the command as a shell would, and keeps what it printed."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        self.out, self.err = self._capfd.readouterr()
        assert "Traceback" not in self.err
        return status


@pytest.fixture
def rasgado(
    live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Shell:
    settings.RASGADO_DEMO_PASSWORD = "demo"
    call_command("demo")
    monkeypatch.setenv("RASGADO_URL", live_server.url)
    monkeypatch.setenv("RASGADO_TOKEN", (django_settings.DATA_DIR / "demo-token").read_text().strip())
    monkeypatch.setenv("COLUMNS", "200")
    capfd.readouterr()
    return Shell(capfd)
