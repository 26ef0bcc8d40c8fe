"""The demonstration believes the service, not itself."""

from __future__ import annotations

import io
from contextlib import closing
from typing import Any

import pytest
from rich.console import Console

from tests.rasgado.conftest import Answer, Asked, ScriptedService
from tools import demonstration

LINE = {"frequency_hz": 28.0846e6, "frequency_sigma_hz": 12.0, "fwhm_hz": 800.0, "fwhm_sigma_hz": None, "snr": 30.0}


class Facility(ScriptedService):
    """A service whose run ends in `state` with lines of these statuses."""

    def __init__(self, state: str, statuses: tuple[str, ...]) -> None:
        super().__init__()
        self.answer = self._answer
        self._state = state
        self._lines = [LINE | {"status": status} for status in statuses]

    def _answer(self, asked: Asked) -> Answer:
        run: dict[str, Any] = {"id": 5, "state": self._state, "spectrum": 8, "error_message": "The radio was lost."}
        path = asked.path.removeprefix("/api/v1").split("?")[0]
        if path == "/samples":
            return Answer(200, {"next": None, "results": [{"id": 2, "name": "Chlorate", "formula": "KClO3"}]})
        if path == "/runs/5/events":
            return Answer(200, {"results": [], "last": 0, "state": self._state})
        if path == "/runs/5/stream":
            text = f'id: 1\nevent: state\ndata: {{"state": "{self._state}"}}\n\n'
            return Answer(200, text, "text/event-stream")
        if path == "/spectra/8/lines":
            return Answer(200, self._lines)
        return Answer(201 if asked.method == "POST" else 200, run)


@pytest.fixture
def said() -> list[str]:
    return []


def survey(facility: Facility, said: list[str]) -> bool:
    with closing(facility):
        return demonstration.survey(facility.url, "rsg_demo", said.append, Console(file=io.StringIO()))


def test_confirmed_lines_are_printed_with_their_uncertainty(said: list[str]) -> None:
    facility = Facility("done", ("confirmed", "rejected"))
    assert survey(facility, said)
    assert said[-1] == "Confirmed line of Chlorate: 28.084600 ± 0.000012 MHz, width 800 Hz, SNR 30.0"
    assert sum("Confirmed" in text for text in said) == 1
    (submission,) = (asked for asked in facility.asked if asked.method == "POST")
    assert submission.body["parameters"] == demonstration.PARAMETERS
    assert submission.headers["Authorization"] == "Bearer rsg_demo"


@pytest.mark.parametrize("statuses", [(), ("rejected",), ("candidate",)])
def test_a_survey_without_a_confirmed_line_is_no_success(said: list[str], statuses: tuple[str, ...]) -> None:
    assert not survey(Facility("done", statuses), said)
    assert "no line" in said[-1]


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted"])
def test_a_survey_that_is_not_done_is_no_success_whatever_lines_there_are(said: list[str], state: str) -> None:
    assert not survey(Facility(state, ("confirmed",)), said)
    assert said[-1] == f"The demonstration survey is {state}. The radio was lost."
