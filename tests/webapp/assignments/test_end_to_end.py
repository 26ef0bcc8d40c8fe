"""The whole facility: a survey finds a line, the site proposes the run that decides, the run is made and decides."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tools.stack import Stack

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FINAL = ("done", "failed", "cancelled", "interrupted")


def measured(client: httpx.Client, sample: int, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A run of the sample on the simulated spectrometer, at its end with its spectrum."""
    body = {"instrument": "demo", "sample": sample, "method": method, "parameters": parameters}
    answer = client.post("/runs", json=body)
    assert answer.status_code == 201, answer.text
    deadline = time.monotonic() + 120.0
    while True:
        run: dict[str, Any] = client.get(f"/runs/{answer.json()['id']}").json()
        if run["state"] in FINAL and (run["spectrum"] is not None or run["state"] != "done"):
            assert run["state"] == "done", run
            return run
        assert time.monotonic() < deadline, run
        time.sleep(0.3)


def test_the_proposed_partner_is_measured_and_decides(stack: Stack) -> None:
    headers = {"Authorization": f"Bearer {stack.token}"}
    with httpx.Client(base_url=f"{stack.url}/api/v1", headers=headers, timeout=60.0) as client:
        group = client.get("/me").json()["groups"][0]["slug"]
        made = client.post("/samples", json={"name": "Chlorate to assign", "formula": "KClO3", "group": group})
        sample = int(made.json()["id"])
        measured(client, sample, "survey", {"centre_frequency_hz": 28.1e6, "span_hz": 0.6e6})
        explanations = client.get(f"/samples/{sample}/explanations").json()
        first = explanations[0]
        assert [match["nuclide"] for match in first["sites"][0]["matches"]] == ["35Cl"]
        assert first["probability"] < 0.95
        proposed = first["deciding"][0]
        assert proposed["kind"] == "isotope_partner"
        measured(client, sample, proposed["method"], proposed["parameters"])
        decided = client.get(f"/samples/{sample}/explanations").json()[0]
        assert sorted(match["nuclide"] for match in decided["sites"][0]["matches"]) == ["35Cl", "37Cl"]
        assert decided["probability"] > 0.99 > first["probability"]
        body = {"explanation": decided["key"], "decision": "accepted"}
        assert client.post(f"/samples/{sample}/assignments", json=body).status_code == 201
