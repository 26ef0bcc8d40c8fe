"""Stopping and releasing by the `rasgado` command, against the real site; a guard's answer is played by hand."""

from __future__ import annotations

import json
import threading
import time

import pytest
import redis
from django.conf import settings

from rasgado import stop_commands
from tests.rasgado.conftest import Shell
from webapp.accounts.models import User
from webapp.facility.models import Instrument
from webapp.safety.models import EmergencyStop
from webapp.safety.services import signal


def answer_when_told(slug: str) -> threading.Thread:
    """What the guard does: wait for the key, then say that the transmitter is off."""

    def work() -> None:
        line = redis.Redis.from_url(settings.REDIS_URL)
        deadline_s = time.monotonic() + 10
        while (token := line.get(signal.key(slug))) is None and time.monotonic() < deadline_s:
            time.sleep(0.02)
        line.set(signal.answer_key(slug), json.dumps({"stop": (token or b"").decode(), "off": True, "took_s": 0.1}))

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_stop_and_release(rasgado: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rasgado("stop") == 3 and "staff" in rasgado.err
    User.objects.filter(username="demo").update(is_staff=True)
    guard = answer_when_told("demo")
    assert rasgado("stop", "--reason", "smoke") == 0, rasgado.err
    guard.join()
    assert rasgado.out == "demo is stopped; its transmitter was read back as off.\n"
    assert Instrument.objects.get(slug="demo").stopped
    monkeypatch.setattr(stop_commands, "WAIT_S", 0.3)
    assert rasgado("stop", "demo", "--json") == 1  # pressed again, and nobody answers now
    assert json.loads(rasgado.out)[0]["is_off"] is False
    assert rasgado("stop", "nobody") == 3 and rasgado.err.startswith("rasgado: instrument: ")
    assert rasgado("release-stop", "demo", "--note", "a test") == 0
    assert EmergencyStop.objects.get().note == "a test"
    assert rasgado("release-stop", "demo", "--note", "again") == 3 and "not stopped" in rasgado.err
