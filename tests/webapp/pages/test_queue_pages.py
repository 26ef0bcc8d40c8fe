"""Buttons of the queue, the form of a series, templates: what people press does what it says, and nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from webapp.accounts.models import User
from webapp.facility.models import Instrument
from webapp.runs.models import Run, RunSeries, RunTemplate
from webapp.runs.queue_view import PER_PAGE
from webapp.runs.services import queue_estimates, queue_order
from webapp.samples.models import Sample

MakeRun = Callable[..., Run]


@pytest.fixture
def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def queries(page: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert page.get(address).status_code == 200
    return len(captured)


def press(page: Client, run: Run, action: str, back: str = "/runs/") -> str:
    answer = page.post(f"/runs/{run.pk}/control/", {"action": action, "next": back})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_buttons_of_the_queue(page: Client, make_run: MakeRun, instrument: Instrument) -> None:
    first, second = make_run(), make_run(title="The second")
    assert press(page, second, "earlier") == "/runs/"
    assert queue_order(instrument.pk) == [second.pk, first.pk]
    press(page, first, "hold")
    text = page.get("/runs/").content.decode()
    assert "It is held until it is resumed." in text and f'id="resume-{first.pk}"' in text
    assert text.index("The second") < text.index(f'id="resume-{first.pk}"')
    press(page, first, "resume")
    press(page, first, "background")
    first.refresh_from_db()
    assert (first.held, first.priority) == (False, -1)


def test_a_long_queue_comes_in_pages_that_take_no_more_queries_than_a_short_one(
    page: Client, make_run: MakeRun, instrument: Instrument
) -> None:
    addresses = (f"/instruments/{instrument.slug}/", "/runs/")
    runs = [make_run(title=f"Number {number:02}.") for number in range(2)]
    short = {address: queries(page, address) for address in addresses}
    runs += [make_run(title=f"Number {number:02}.") for number in range(2, PER_PAGE + 2)]
    for address in addresses:
        assert queries(page, address) <= short[address]
        text = page.get(address).content.decode()
        assert f"{len(runs)} runs" in text and "Page 1 of 2" in text
        assert [f"Number {number:02}." in text for number in range(len(runs))] == [True] * PER_PAGE + [False] * 2
        rest = page.get(f"{address}?queue=2").content.decode()
        assert f"Number {PER_PAGE:02}." in rest and "Number 00." not in rest
        assert page.get(f"{address}?queue=nonsense").status_code == 200


def test_pages_tell_the_same_time_as_the_whole_queue(make_run: MakeRun) -> None:
    runs = [make_run() for _ in range(5)]
    whole, alone = queue_estimates(runs), queue_estimates(runs[3:4])[runs[3].pk]
    assert alone.ahead == whole[runs[3].pk].ahead == 3
    assert alone.starts_at is not None and whole[runs[3].pk].starts_at is not None
    assert abs((alone.starts_at - whole[runs[3].pk].starts_at).total_seconds()) < 5
    make_run(state=Run.State.ACQUIRING, claimed_at=timezone.now())
    assert queue_estimates(runs)[runs[3].pk].ahead == 4  # what is measured now is before all that wait


def test_runs_that_were_stopped_teach_nothing_of_how_long_runs_take(make_run: MakeRun) -> None:
    now = timezone.now()
    told = {"made_at": now.isoformat(), "ahead": 0, "wait_s": 0.0}
    for state, duration_s in ((Run.State.DONE, 120.0), (Run.State.INTERRUPTED, 1.0), (Run.State.CANCELLED, 1.0)):
        ended = now + datetime.timedelta(seconds=duration_s)
        make_run(state=state, forecast=told, claimed_at=now, acquired_at=ended, plan={"duration_s": 60.0})
    first, second = make_run(plan={"duration_s": 600.0}), make_run(plan={"duration_s": 600.0})
    estimates = queue_estimates([first, second])
    early, late = estimates[first.pk].starts_at, estimates[second.pk].starts_at
    assert early is not None and late is not None
    assert (late - early).total_seconds() > 1000  # twice the plan, as the one took that came to its end


def test_a_button_never_leads_to_another_site_and_unknown_ones_are_not_found(page: Client, make_run: MakeRun) -> None:
    run = make_run()
    assert press(page, run, "hold", "https://evil.example/") == f"/runs/{run.pk}/"
    assert page.post(f"/runs/{run.pk}/control/", {"action": "explode"}).status_code == 404
    assert page.get(f"/runs/{run.pk}/control/").status_code == 405


def test_what_is_not_allowed_is_said_and_not_done(page: Client, make_run: MakeRun) -> None:
    run = make_run()
    press(page, run, "urgent")
    run.refresh_from_db()
    assert run.priority == 0
    assert "Only the facility’s staff" in page.get("/runs/").content.decode().replace("&#x27;", "’").replace("'", "’")


def test_a_series_from_the_form(page: Client, sample: Sample, instrument: Instrument) -> None:
    form = {
        "instrument": "alpha", "sample": sample.pk, "centre_frequency_hz": "28.1", "span_hz": "0.5", "title": "cooling",
        "varied": "span_hz", "values": "0.5 1, 2", "repeats": "", "action": "submit",
    }  # fmt: skip
    answer = page.post("/runs/new/?method=survey", form)
    assert answer.status_code == 200 and "Use a point, not a comma" in answer.content.decode()
    assert not RunSeries.objects.exists()
    answer = page.post("/runs/new/?method=survey", form | {"values": "0.5 1 900"})
    assert answer.status_code == 200 and "Value 3:" in answer.content.decode()
    assert not Run.objects.exists()
    answer = page.post("/runs/new/?method=survey", form | {"values": "0.5 1 2"})
    series = RunSeries.objects.get()
    assert answer.headers["Location"] == f"/runs/series/{series.pk}/"
    assert series.values == [0.5e6, 1e6, 2e6]
    text = page.get(f"/runs/series/{series.pk}/").content.decode()
    assert "span varied" in text and "2 MHz" in text
    assert page.post(f"/runs/series/{series.pk}/cancel/").status_code == 302
    assert set(Run.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_template_is_kept_from_a_run_and_fills_the_form(page: Client, stranger: User, make_run: MakeRun) -> None:
    run = make_run(state=Run.State.DONE)
    assert "No template yet" in page.get("/runs/templates/").content.decode()
    assert page.post(f"/runs/{run.pk}/keep/", {"name": "Chlorine <b>"}).headers["Location"] == "/runs/templates/"
    template = RunTemplate.objects.get()
    assert "Chlorine &lt;b&gt;" in page.get("/runs/templates/").content.decode()
    assert 'value="28.1"' in page.get(f"/runs/new/?method=survey&template={template.pk}").content.decode()
    foreign = Client()
    foreign.force_login(stranger)
    assert foreign.post(f"/runs/templates/{template.pk}/delete/").status_code == 404
    assert page.post(f"/runs/templates/{template.pk}/delete/").status_code == 302
    assert not RunTemplate.objects.exists()


def test_the_page_asks_as_often_however_many_wait(page: Client, make_run: MakeRun, instrument: Instrument) -> None:
    for _ in range(30):
        make_run()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        page.get("/runs/")
    for _ in range(30):
        make_run()
    with CaptureQueriesContext(connection) as many:
        page.get("/runs/")
    assert len(many) == len(few)
