"""The demonstration survey, submitted as any user's program would: through the web API, with the demo user's token."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from rasgado import Client, follow
from rasgado.output import RunProgress, describe_line

INSTRUMENT = "demo"
FORMULA = "KClO3"
TITLE = "Demonstration: potassium chlorate around 28 MHz"
#: one megahertz around the region where the chlorine of chlorates is found
PARAMETERS: dict[str, Any] = {"centre_frequency_hz": 28.15e6, "span_hz": 1.0e6}

#: states of a line that has been measured a second time, by itself
CONFIRMED = frozenset({"confirmed", "moved"})


def survey(url: str, token: str, say: Callable[[str], None], console: Console) -> bool:
    """Submit the survey, show its progress and its confirmed lines; whether it is done and confirmed any."""
    with Client(url, token) as client:
        sample = next(sample for sample in client.samples() if sample["formula"] == FORMULA)
        run = client.submit(
            instrument=INSTRUMENT,
            sample=int(sample["id"]),
            method="survey",
            parameters=PARAMETERS,
            title=TITLE,
            idempotency_key=uuid.uuid4().hex,
        )
        number = int(run["id"])
        say(f"Demonstration survey submitted as run {number}: {url}/runs/{number}")
        with RunProgress(console, number) as shown:
            for event in follow(client, number):
                shown.show(event)
        run = client.run(number)
        if run["state"] != "done":
            say(f"The demonstration survey is {run['state']}. {run.get('error_message') or ''}".strip())
            return False
        lines = [line for line in client.lines(client.newest_spectrum(number)) if line["status"] in CONFIRMED]
    for line in lines:
        say(f"Confirmed line of {sample['name']}: {describe_line(line)}")
    if not lines:
        say("The demonstration survey is done and confirmed no line.")
    return bool(lines)


class Shown:
    """Remembers in the data folder that the survey has been shown, so that later starts do not repeat it."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "demonstration.json"

    def __bool__(self) -> bool:
        return self._path.exists()

    def remember(self, confirmed: bool) -> None:
        self._path.write_text(json.dumps({"confirmed": confirmed}) + "\n")
