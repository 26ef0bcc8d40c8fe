"""The radios' logs in the database: once each, of the right run, bounded, readable by staff."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from webapp.accounts.models import User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.safety.models import RadioEntry
from webapp.safety.services import radio_log

pytestmark = pytest.mark.django_db


def lines(count: int, run: str = "", event: str = "safe") -> list[dict[str, Any]]:
    now_s = time.time()
    known = {"confirmed": True, "tx_attenuation_db": 89.75}
    head = {"by": "driver", "event": event, "run": run}
    return [{"id": f"{run}{event}{n}", "time_unix_s": now_s - count + n} | head | known for n in range(count)]


def test_lines_are_copied_once_and_belong_to_their_run(instrument: Instrument, make_run: Callable[..., Run]) -> None:
    run = make_run()
    radio_log.copy(instrument.pk, lines(3, str(run.pk)))
    radio_log.copy(instrument.pk, lines(5, str(run.pk)) + lines(1, "999999999"))
    assert RadioEntry.objects.filter(run=run).count() == 5
    assert RadioEntry.objects.filter(run=None).count() == 1


def test_the_log_is_bounded(instrument: Instrument, settings: Any) -> None:
    settings.RASGADO_RADIO_LOG_LINES = 10
    radio_log.copy(instrument.pk, lines(25))
    radio_log.trim(instrument.pk)
    kept = list(RadioEntry.objects.order_by("-at").values_list("line", flat=True))
    assert kept == [f"safe{n}" for n in range(24, 14, -1)]


def test_the_page_filters(staff: User, user: User, instrument: Instrument, make_run: Callable[..., Run]) -> None:
    run = make_run()
    sent = {
        "id": "one", "time_unix_s": time.time(), "by": "driver", "event": "transmission", "run": str(run.pk),
        "length_s": 0.4, "frequency_hz": 28.1e6, "amplitude": 0.5, "duty": 0.02, "average_power": 0.005, "averages": 8,
        "method": "survey", "purpose": "window",
    }  # fmt: skip
    radio_log.copy(instrument.pk, [sent, *lines(2)])
    client = Client()
    client.force_login(staff)
    page = client.get("/safety/alpha/log/").content.decode()
    assert "400 ms at 28.1 MHz, amplitude 0.5, duty 2 %, average power 0.5 %, 8 averages" in page
    assert page.count("attenuation 89.75 dB") == 2
    assert "attenuation" not in client.get("/safety/alpha/log/?event=transmission").content.decode()
    assert "attenuation" not in client.get(f"/safety/alpha/log/?run={run.pk}").content.decode()
    assert "Nothing of this kind" in client.get("/safety/alpha/log/?event=refused&page=7").content.decode()
    assert f"/safety/alpha/log/?run={run.pk}" in client.get(f"/runs/{run.pk}/").content.decode()
    client.force_login(user)
    assert client.get("/safety/alpha/log/").status_code == 403
    assert "/safety/alpha/log/" not in client.get(f"/runs/{run.pk}/").content.decode()
