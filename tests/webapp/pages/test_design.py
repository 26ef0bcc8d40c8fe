"""The comparison of the ways to search: on its own page, in the plan of a run, and as settings of a form."""

from __future__ import annotations

from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.pages.test_access import visit
from webapp.accounts.models import User
from webapp.facility.models import Instrument
from webapp.runs import services
from webapp.runs.models import Run
from webapp.samples.models import Sample

TYPED = {"typed": "1", "centre_frequency_hz": "28", "span_hz": "1", "t1_s": "20", "t2_star_s": "300"}
TYPED |= {"snr_per_sample": "0.02", "nutation_frequency_hz": "20", "detection": "0.95", "false_alarms": "0.01"}


def _page(client: Client, instrument: Instrument, **changed: str) -> str:
    response = client.get(reverse("runs:design"), TYPED | {"instrument": instrument.slug} | changed)
    assert response.status_code == 200
    return response.content.decode()


def test_three_methods_are_compared_and_the_fastest_is_recommended(user: User, instrument: Instrument) -> None:
    page = _page(visit(user), instrument)
    assert page.count("(recommended)") == 1
    assert page.index("RASGADO survey") < page.index("(recommended)") < page.index("Stepping, ")
    assert page.count('class="time-bar"') == 3


def test_stepping_is_recommended_where_it_is_faster(user: User, instrument: Instrument) -> None:
    page = _page(visit(user), instrument, t1_s="1000", span_hz="10", nutation_frequency_hz="10")
    assert page.index("Stepping, windows in turn") < page.index("(recommended)") < page.index("RASGADO survey")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_proposed_can_be_submitted(user: User, instrument: Instrument, sample: Sample, place: int) -> None:
    """The link fills the form, and what stands in the form then is accepted as it is."""
    client = visit(user)
    links = [
        part.split('"')[0] for part in _page(client, instrument).split('href="') if "averages=" in part.split('"')[0]
    ]
    address = unescape(links[place])
    form = client.get(address, follow=True).context["form"]
    values = {name: form[name].value() for name in form.fields}
    typed = {name: "" if value is None else str(value) for name, value in values.items() if value is not False}
    sent = client.post(f"{reverse('runs:create')}?{urlsplit(address).query}", typed | {"sample": str(sample.pk)})
    assert sent.status_code == 302, sent.context["form"].errors
    given = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
    run = Run.objects.get()
    assert run.method == given["method"]
    for name in ("averages", "repetition_time_s", "sample_rate_hz", "span_hz"):
        assert run.parameters[name] == pytest.approx(float(given[name]), rel=1e-9)


def test_what_is_wrong_stands_beside_its_field(user: User, instrument: Instrument) -> None:
    page = _page(visit(user), instrument, t2_star_s="90000")
    assert "T2* cannot exceed twice T1" in unescape(page)
    assert 'class="time-bar"' not in page


def test_an_address_in_si_units_opens_the_page(user: User, instrument: Instrument) -> None:
    page = visit(user).get(reverse("runs:design"), {"span_hz": "1e6", "centre_frequency_hz": "28e6"}).content.decode()
    assert page.count('class="time-bar"') == 3
    assert 'value="28"' in page


@pytest.mark.parametrize(
    "bad", [{"span_hz": "nonsense"}, {"span_hz": "1e6"}, {"span_hz": "1e400", "centre_frequency_hz": "0"}]
)
def test_an_address_that_makes_no_sense_is_an_empty_page(
    user: User, instrument: Instrument, bad: dict[str, str]
) -> None:
    response = visit(user).get(reverse("runs:design"), bad)
    assert response.status_code == 200
    assert 'class="time-bar"' not in response.content.decode()


def test_the_plan_of_a_survey_shows_the_comparison(user: User, sample: Sample, instrument: Instrument) -> None:
    values = {"sample": str(sample.pk), "instrument": instrument.slug, "centre_frequency_hz": "28.1", "span_hz": "0.5"}
    values |= {"averages": "32", "averages_max": "256"}
    html = visit(user).post(f"{reverse('runs:preview')}?method=survey", values).json()["html"]
    assert html.count('class="time-bar"') == 3
    assert f"instrument={instrument.slug}" in html


def test_methods_that_do_not_search_are_compared_with_nothing(instrument: Instrument) -> None:
    assert services.design_like(instrument, "fid", {"frequency_hz": 28e6}) is None
