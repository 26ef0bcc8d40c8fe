"""A running facility as its tests see it: the web API from outside, the rows and the radio's own log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import httpx

from tools.processes import wait_until
from tools.stack import Stack

#: A short survey around the simulated 35Cl line of KClO3.
SHORT = {"centre_frequency_hz": 28.2e6, "span_hz": 0.5e6}
ENDED = {"done", "failed", "cancelled", "interrupted"}


#: one message per request would bury everything else in a failed test's report
logging.getLogger("httpx").setLevel(logging.WARNING)


class Facility:
    """The API of a stack with the demonstration user's token, and ways to wait for conditions."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.http = httpx.Client(
            base_url=f"{stack.url}/api/v1/", headers={"Authorization": f"Bearer {stack.token}"}, timeout=30
        )
        self.sample_id = self._first("samples", name="KClO3")["id"]

    def submit(self, parameters: dict[str, Any] = SHORT, **fields: Any) -> int:
        """Submit a survey of the demonstration instrument; its run's id."""
        body = {"instrument": "demo", "sample": self.sample_id, "method": "survey", "parameters": parameters}
        answer = self.http.post("runs", json=body | fields)
        assert answer.status_code in (200, 201), answer.text
        return int(answer.json()["id"])

    def run(self, run_id: int) -> dict[str, Any]:
        answer = self.http.get(f"runs/{run_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def unfinished(self) -> list[int]:
        """Runs that have not ended."""
        runs = self.http.get("runs", params={"limit": 100}).json()["results"]
        return [run["id"] for run in runs if run["state"] not in ENDED]

    def events(self, run_id: int, kind: str) -> list[dict[str, Any]]:
        """The payloads of a run's events of one kind, in order."""
        answer = self.http.get(f"runs/{run_id}/events", params={"limit": 1000})
        assert answer.status_code == 200, answer.text
        return [event["payload"] for event in answer.json()["results"] if event["kind"] == kind]

    def wait(self, run_id: int, *states: str, timeout_s: float = 60) -> dict[str, Any]:
        """Wait until a run is in one of these states."""
        seen: dict[str, Any] = {}

        def arrived() -> bool:
            seen.update(self.run(run_id))
            ended = f"run {run_id} is {seen['state']}: {seen['error_code']} {seen['error_message']}"
            assert seen["state"] in states or seen["state"] not in ENDED, ended
            return seen["state"] in states

        wait_until(arrived, timeout_s, f"run {run_id} to be {' or '.join(states)}")
        return seen

    def confirmed_hz(self, run_id: int) -> list[float]:
        """Frequencies of the confirmed lines of a run's newest spectrum."""
        spectrum = self.run(run_id)["spectrum"]
        assert spectrum is not None, f"Run {run_id} has no spectrum."
        lines = self.http.get(f"spectra/{spectrum}/lines").json()
        return [line["frequency_hz"] for line in lines if line["status"] in ("confirmed", "moved")]

    def wait_transmitting(self, run_id: int, timeout_s: float = 30) -> None:
        """Wait until this run acquires and the radio itself says that RF is on."""
        self.wait(run_id, "acquiring", timeout_s=timeout_s)
        wait_until(self.transmitting, timeout_s, "the radio to transmit")

    def transmitting(self) -> bool:
        """Whether RF can leave the radio, by its own log."""
        states = [event["event"] for event in self.radio_events() if event["event"] in ("tx_on", "tx_off")]
        return bool(states) and states[-1] == "tx_on"

    def wait_quiet(self, timeout_s: float) -> None:
        wait_until(lambda: not self.transmitting(), timeout_s, "the radio to be quiet")

    def radio_events(self) -> list[dict[str, Any]]:
        """The radio's own log; a line still being written is left for the next look."""
        text = self.stack.radio_log.read_text() if self.stack.radio_log.exists() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def wait_until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        wait_until(condition, timeout_s, what)

    def become_staff(self) -> None:
        """Make the demonstration's user one of the staff."""
        code = "from webapp.accounts.models import User; User.objects.filter(username='demo').update(is_staff=True)"
        self.stack.manage("shell", "--command", code)

    def stop(self, stop_id: int) -> dict[str, Any]:
        """An emergency stop as it is now."""
        return dict(self.http.get(f"emergency-stops/{stop_id}").json())

    def instrument(self) -> dict[str, Any]:
        return dict(self.http.get("instruments/demo").json())

    def _first(self, resource: str, **wanted: Any) -> dict[str, Any]:
        for row in self.http.get(resource, params={"limit": 100}).json()["results"]:
            if all(row[name] == value for name, value in wanted.items()):
                return dict(row)
        raise LookupError(f"No {resource} with {wanted}")
