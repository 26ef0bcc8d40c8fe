"""What browser tests do through the API, beside the browser."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tools.stack import Stack

FINAL = ("done", "failed", "cancelled", "interrupted")
SURVEY = {"centre_frequency_hz": 28.1e6, "span_hz": 1.0e6}
#: hours of instrument time, so that it surely runs while a test looks at it
LONG = SURVEY | {"averages": 200_000, "averages_max": 200_000}


def api(stack: Stack) -> httpx.Client:
    return httpx.Client(
        base_url=f"{stack.url}/api/v1", headers={"Authorization": f"Bearer {stack.token}"}, timeout=30.0
    )


def sample_id(client: httpx.Client, name: str) -> int:
    return next(int(one["id"]) for one in client.get("/samples").json()["results"] if one["name"] == name)


def submit(client: httpx.Client, parameters: dict[str, Any], title: str = "", sample: str = "KClO3") -> int:
    what = {"instrument": "demo", "sample": sample_id(client, sample), "title": title}
    answer = client.post("/runs", json=what | {"method": "survey", "parameters": parameters})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def wait_for(client: httpx.Client, run: int, states: tuple[str, ...], timeout_s: float) -> dict[str, Any]:
    """The run once it is in one of the states."""
    deadline = time.monotonic() + timeout_s
    while True:
        found: dict[str, Any] = client.get(f"/runs/{run}").json()
        if found["state"] in states:
            return found
        assert time.monotonic() < deadline, f"Run {run} is still {found['state']} after {timeout_s} s: {found}"
        time.sleep(0.2)


def survey_to_the_end(stack: Stack) -> dict[str, int]:
    with api(stack) as client:
        run = wait_for(client, submit(client, SURVEY, "Survey around 28 MHz"), FINAL, 120.0)
        assert run["state"] == "done", run["error_message"]
        return {"run": run["id"], "spectrum": run["spectrum"], "sample": run["sample"]}
