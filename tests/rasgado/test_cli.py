"""The `rasgado` command against the real site and its database."""

from __future__ import annotations

import csv
import io
import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from acquisition.experiment import Spectrum as SpectrumValues
from acquisition.lines import Line, LineStatus
from acquisition.reconstruction import Reconstruction
from tasks.dry_run import do_next
from tests.rasgado.conftest import Shell
from tools.processes import free_port
from webapp.runs import events
from webapp.runs.models import Run
from webapp.spectra.models import MeasuredQuantity, Spectrum
from webapp.spectra.services import results

# pytest-django's live server speaks WSGI; the stream of events is meant for ASGI and only arrives all at once here.
pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")

SURVEY = ["--set", "centre_frequency_hz=28.15e6", "--set", "span_hz=1e6"]
SUBMIT = ["submit", "--instrument", "demo", "--sample", "KClO3", "--method", "survey"]


def line(frequency_hz: float, status: LineStatus, sigma_hz: float = 30.0) -> Line:
    return Line(frequency_hz, sigma_hz, 800.0, 40.0, 1.5, 0.1, 0.0, 21.0, 0.999, status)


@pytest.fixture
def finished(rasgado: Shell) -> Run:
    """A run that was measured and processed, with a confirmed, a rejected and an uncertain line."""
    assert rasgado(*SUBMIT, *SURVEY, "--output-json") == 0
    run = Run.objects.get(pk=json.loads(rasgado.out)["id"])
    spectrum = Spectrum.objects.create(run=run, sample=run.sample, group=run.group, version=1)
    values = SpectrumValues(27.65e6, 1e3, np.arange(1000).astype(np.complex64), 0.2)
    lines = (
        line(28.0846e6, LineStatus.CONFIRMED),
        line(28.3e6, LineStatus.REJECTED),
        line(28.2e6, LineStatus.CANDIDATE, math.nan),
    )
    results.store(spectrum, Reconstruction(lines, values, 0.2, ()), [])
    Spectrum.objects.filter(pk=spectrum.pk).update(state="done", finished_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(state="done", finished_at=timezone.now())
    events.record(run.pk, "state", {"state": "done"})
    run.refresh_from_db()
    return run


@pytest.mark.django_db(transaction=True)
class TestSubmit:
    def test_a_run_is_queued(self, rasgado: Shell) -> None:
        assert rasgado(*SUBMIT, *SURVEY, "--title", "First look") == 0
        run = Run.objects.get()
        assert rasgado.out == f"Run {run.pk} is queued.\n"
        assert (run.state, run.title, run.sample.name) == ("queued", "First look", "KClO3")
        assert run.parameters["span_hz"] == 1e6

    def test_the_same_key_again_is_the_same_run(self, rasgado: Shell) -> None:
        assert rasgado(*SUBMIT, *SURVEY, "--idempotency-key", "look-1") == 0
        assert rasgado(*SUBMIT, *SURVEY, "--idempotency-key", "look-1") == 0
        assert Run.objects.count() == 1

    def test_it_can_come_from_a_file_with_options_over_it(self, rasgado: Shell, tmp_path: Path) -> None:
        path = tmp_path / "survey.json"
        parameters = {"centre_frequency_hz": 28.15e6, "span_hz": 2e6}
        path.write_text(
            json.dumps({"instrument": "demo", "sample": "KClO3", "method": "survey", "parameters": parameters})
        )
        assert rasgado("submit", "--json", str(path), "--set", "span_hz=1e6", "--output-json") == 0
        assert json.loads(rasgado.out)["parameters"]["span_hz"] == 1e6

    @pytest.mark.parametrize(
        ("assignment", "field"),
        [
            ("span_hz=0", "span_hz"),
            ("span_hz=-1e6", "span_hz"),
            ("span_hz=wide", "span_hz"),
            ("tooth_s=30e-6", "tooth_s"),
            ("centre_frequency_hz=1", "centre_frequency_hz"),
            ("no_such_thing=1", "no_such_thing"),
        ],
    )
    def test_a_bad_parameter_is_named_with_its_limit(self, rasgado: Shell, assignment: str, field: str) -> None:
        assert rasgado(*SUBMIT, *SURVEY, "--set", assignment) == 3
        assert rasgado.out == ""
        assert rasgado.err.startswith("rasgado: ")
        assert f"{field}: " in rasgado.err
        assert rasgado.err.count("\n") == 1
        assert not Run.objects.exists()

    @pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-Infinity", "1e999"])
    def test_a_number_that_is_not_finite_is_a_wrong_argument(self, rasgado: Shell, value: str) -> None:
        assert rasgado(*SUBMIT, "--set", f"span_hz={value}") == 2
        assert "span_hz" in rasgado.err
        assert "finite" in rasgado.err

    @pytest.mark.parametrize("number", ["0", "-3", "abc", "1.5", "1" * 30, "²"])
    def test_a_run_that_is_no_number_is_a_wrong_argument(self, rasgado: Shell, number: str) -> None:
        assert rasgado("status", "--", number) == 2
        assert "is not a whole number" in rasgado.err

    def test_what_is_missing_is_named(self, rasgado: Shell) -> None:
        assert rasgado("submit", "--method", "survey") == 3
        assert "instrument: is required" in rasgado.err
        assert "sample: is required" in rasgado.err

    @pytest.mark.parametrize(
        ("option", "value"), [("--instrument", "nowhere"), ("--sample", "999999"), ("--sample", "Unobtainium")]
    )
    def test_what_is_not_there_is_named(self, rasgado: Shell, option: str, value: str) -> None:
        assert rasgado(*SUBMIT, *SURVEY, option, value) == 3
        assert rasgado.err.startswith("rasgado: ")

    @pytest.mark.parametrize("text", ["[1]", "{", '{"colour": 1}', '{"parameters": 3}'])
    def test_a_file_that_is_no_submission_is_a_wrong_argument(self, rasgado: Shell, tmp_path: Path, text: str) -> None:
        path = tmp_path / "bad.json"
        path.write_text(text)
        assert rasgado("submit", "--json", str(path)) == 2
        assert "bad.json" in rasgado.err


@pytest.mark.django_db(transaction=True)
class TestResults:
    def test_lines_as_a_table_have_their_uncertainties(self, rasgado: Shell, finished: Run) -> None:
        assert rasgado("lines", str(finished.pk)) == 0
        assert "28.084600 ± 0.000030 MHz" in rasgado.out
        assert "28.2 MHz" in rasgado.out
        assert "rejected" not in rasgado.out

    def test_lines_as_json(self, rasgado: Shell, finished: Run) -> None:
        assert rasgado("lines", str(finished.pk), "--json", "--all") == 0
        assert [found["status"] for found in json.loads(rasgado.out)] == ["confirmed", "candidate", "rejected"]

    def test_lines_as_csv(self, rasgado: Shell, finished: Run) -> None:
        assert rasgado("lines", str(finished.pk), "--csv") == 0
        rows = list(csv.DictReader(io.StringIO(rasgado.out)))
        assert float(rows[0]["frequency_hz"]) == 28.0846e6
        assert rows[1]["frequency_sigma_hz"] == ""

    def test_quantities_are_shown_with_their_uncertainties(self, rasgado: Shell, finished: Run) -> None:
        assert rasgado("results", str(finished.pk)) == 0
        assert "lines only" in rasgado.err
        MeasuredQuantity.objects.create(
            spectrum=finished.spectra.get(), position=0, name="t1_s", symbol="T₁", value=20.1e-3, sigma=0.3e-3,
            unit="s", display_unit="ms", scale=1e-3,
        )  # fmt: skip
        assert rasgado("results", str(finished.pk)) == 0
        assert "20.10 ± 0.30 ms" in rasgado.out
        assert "28.084" in rasgado.out
        assert rasgado("wait", str(finished.pk)) == 0
        assert "20.10 ± 0.30 ms" in rasgado.out
        assert rasgado("results", str(finished.pk), "--json") == 0
        assert json.loads(rasgado.out)["quantities"][0]["value"] == 20.1e-3
        assert rasgado("results", str(finished.pk), "--csv") == 0
        assert next(csv.DictReader(io.StringIO(rasgado.out)))["sigma"] == "0.0003"

    def test_waiting_for_a_run_that_is_done_shows_its_lines(self, rasgado: Shell, finished: Run) -> None:
        assert rasgado("wait", str(finished.pk), "--json") == 0
        assert json.loads(rasgado.out)[0]["status"] == "confirmed"
        assert f"Run {finished.pk} is done." in rasgado.err

    def test_waiting_for_a_run_that_failed_says_why(self, rasgado: Shell, finished: Run) -> None:
        Run.objects.filter(pk=finished.pk).update(state="failed", error_message="The radio does not answer.")
        events.record(finished.pk, "state", {"state": "failed"})
        assert rasgado("wait", str(finished.pk)) == 1
        assert "is failed. The radio does not answer." in rasgado.err

    @pytest.mark.parametrize(("kind", "start"), [("jdx", "##TITLE="), ("csv", "")])
    def test_export_writes_a_file(self, rasgado: Shell, finished: Run, tmp_path: Path, kind: str, start: str) -> None:
        path = tmp_path / f"spectrum.{kind}"
        assert rasgado("export", str(finished.pk), "--format", kind, "-o", str(path)) == 0
        assert path.read_text().startswith(start)
        assert len(path.read_text().splitlines()) > 100

    def test_export_to_standard_output(self, rasgado: Shell, finished: Run) -> None:
        assert rasgado("export", str(finished.pk), "-o", "-") == 0
        assert rasgado.out.startswith("##TITLE=")

    def test_export_to_a_place_that_is_none_is_said(self, rasgado: Shell, finished: Run, tmp_path: Path) -> None:
        assert rasgado("export", str(finished.pk), "-o", str(tmp_path / "no" / "where")) == 4
        assert "cannot be written" in rasgado.err

    def test_list_and_status(self, rasgado: Shell, finished: Run) -> None:
        assert rasgado("list", "--state", "done", "--json") == 0
        assert [run["id"] for run in json.loads(rasgado.out)] == [finished.pk]
        assert rasgado("list") == 0
        assert "KClO3" in rasgado.out
        assert rasgado("list", "--state", "queued") == 0
        assert rasgado.out == ""
        assert rasgado("status", str(finished.pk)) == 0
        assert rasgado.out == f"Run {finished.pk} is done.\n"


@pytest.mark.django_db(transaction=True)
class TestTrouble:
    def test_a_queued_run_has_no_spectrum_and_can_be_cancelled(self, rasgado: Shell) -> None:
        rasgado(*SUBMIT, *SURVEY)
        number = str(Run.objects.get().pk)
        assert rasgado("lines", number) == 3
        assert "no processed spectrum" in rasgado.err
        assert rasgado("cancel", number) == 0
        assert rasgado.out == f"Run {number} is cancelled.\n"

    def test_a_run_that_is_none(self, rasgado: Shell) -> None:
        assert rasgado("status", "4711") == 3
        assert rasgado("status", "minus-one") == 2

    def test_a_token_that_is_none(self, rasgado: Shell) -> None:
        assert rasgado("--token", "rsg_wrong", "list") == 3
        assert "RASGADO_TOKEN" in rasgado.err

    def test_nobody_there(self, rasgado: Shell) -> None:
        assert rasgado("--url", f"http://127.0.0.1:{free_port()}", "list") == 4
        assert "cannot be reached" in rasgado.err

    def test_ctrl_c_while_waiting_says_how_to_go_on(
        self, rasgado: Shell, finished: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("rasgado.commands.follow", interrupted)
        assert rasgado("wait", str(finished.pk)) == 130
        assert f"rasgado wait {finished.pk}" in rasgado.err
        assert f"rasgado cancel {finished.pk}" in rasgado.err


def test_plan_shows_the_ways_to_search_and_names_a_wrong_field(rasgado: Shell) -> None:
    assert rasgado("plan", "--instrument", "demo", *SURVEY) == 0
    ways = [line.split()[0] for line in rasgado.out.splitlines() if line.split()]  # headings may take two lines
    assert next(way for way in ways if way in ("survey", "sequential", "interleaved")) == "survey"
    assert rasgado("plan", "--instrument", "demo", *SURVEY, "--json") == 0
    assert json.loads(rasgado.out)["recommended"] == "survey"
    assert rasgado("plan", "--instrument", "demo", *SURVEY, "--set", "detection=7") != 0
    assert "detection" in rasgado.err


@pytest.fixture
def processing() -> Iterator[None]:
    """A processing worker's part, in a thread of this process: does the dry runs that are waiting."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.1):
            do_next()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    done.set()
    worker.join()


@pytest.mark.integration
def test_dry_run_says_what_to_expect(rasgado: Shell, processing: None) -> None:
    tried = ["dry-run", "--instrument", "demo", "--method", "fid", "--set", "frequency_hz=28.0846e6"]
    guess = ["--set", "averages=8", "--line", "frequency_hz=28.0846e6,amplitude_over_noise=1,t1_s=5e-3"]
    assert rasgado(*tried, *guess) == 0, rasgado.err
    assert "Simulated, nothing was measured" in rasgado.out
    assert "28.0846 MHz" in rasgado.out and "confirmed" in rasgado.out
    assert rasgado(*tried) == 3
    assert "Say where a line might lie" in rasgado.err
    assert rasgado(*tried, "--line", "t1_s=1") == 2
    assert not Run.objects.exists()
