"""Changing limits: history, confirmation of looser ones, and refusal of runs by the same rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.safety.models import LimitChange
from webapp.safety.services import limits

pytestmark = pytest.mark.django_db

CB = [26.965e6, 27.405e6]


def test_a_stricter_limit_needs_no_confirmation_a_looser_one_does(staff: User, instrument: Instrument) -> None:
    made = limits.change(staff, instrument, {"peak_amplitude": 0.5, "forbidden_bands_hz": [CB]}, note="new amplifier")
    assert made is not None and made.looser == []
    with pytest.raises(InvalidParameters) as refused:
        limits.change(staff, instrument, {"peak_amplitude": 0.8})
    assert refused.value.errors[0].field == "confirmed" and "peak amplitude" in refused.value.errors[0].message
    assert facility.limits(instrument).peak_amplitude == 0.5
    made = limits.change(staff, instrument, {"peak_amplitude": 0.8}, confirmed=True)
    assert made is not None and (made.before, made.after) == ({"peak_amplitude": 0.5}, {"peak_amplitude": 0.8})
    assert facility.limits(instrument).forbidden_bands_hz == (tuple(CB),)
    assert limits.change(staff, instrument, {"peak_amplitude": 0.8}) is None
    assert LimitChange.objects.count() == 2


@pytest.mark.parametrize(
    ("bands", "is_looser"),
    [
        ([], True),
        ([[27.0e6, 27.405e6]], True),
        ([[26.9e6, 27.5e6]], False),
        ([CB, [144e6, 146e6]], False),
        ([[26e6, 27.2e6], [27.2e6, 28e6]], False),
        ([[26e6, 27.1e6], [27.2e6, 28e6]], True),
    ],
)
def test_forbidden_bands_are_looser_where_they_leave_something_free(bands: list[list[float]], is_looser: bool) -> None:
    before = InstrumentLimits(forbidden_bands_hz=((CB[0], CB[1]),))
    after = InstrumentLimits(forbidden_bands_hz=facility.read_bands(bands))
    assert ("forbidden_bands_hz" in limits.looser(before, after)) is is_looser


@pytest.mark.parametrize(
    "wrong",
    [{"peak_amplitude": 1.5}, {"average_power_max": 0.0}, {"duty_max": "much"}, {"forbidden_bands_hz": [[2, 1]]}],
)
def test_impossible_limits_are_refused(staff: User, instrument: Instrument, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters):
        limits.change(staff, instrument, wrong, confirmed=True)
    assert Instrument.objects.get(pk=instrument.pk).limits == {} and not LimitChange.objects.exists()


def test_only_staff(user: User, instrument: Instrument) -> None:
    with pytest.raises(NotAllowed):
        limits.change(user, instrument, {"peak_amplitude": 0.5})
    client = Client()
    client.force_login(user)
    assert client.get("/safety/alpha/limits/").status_code == 403


def test_the_page_shows_changes_and_keeps_history(staff: User, instrument: Instrument) -> None:
    client = Client()
    client.force_login(staff)
    form = client.get("/safety/alpha/limits/").context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    typed |= {"forbidden_bands_hz": "26.965 – 27.405\n144-146 MHz", "duty_max": "5", "note": "licence"}
    assert client.post("/safety/alpha/limits/", typed).status_code == 302
    found = facility.limits(Instrument.objects.get(pk=instrument.pk))
    assert found.forbidden_bands_hz == ((26.965e6, 27.405e6), (144e6, 146e6)) and found.duty_max == 0.05
    page = client.get("/safety/alpha/limits/").content.decode()
    assert "26.965 MHz to 27.405 MHz" in page and "licence" in page and "10 % → 5 %" in page
    refused = client.post("/safety/alpha/limits/", typed | {"duty_max": "6"})
    assert refused.status_code == 200 and "confirm that this is meant" in refused.content.decode()
    assert client.post("/safety/alpha/limits/", typed | {"duty_max": "6", "confirmed": "on"}).status_code == 302
    assert "(looser)" in client.get("/safety/alpha/limits/").content.decode()


def test_a_plan_is_refused_by_the_same_rule(api: APIClient, staff: User, instrument: Instrument) -> None:
    limits.change(staff, instrument, {"forbidden_bands_hz": [CB]})
    body = {"instrument": "alpha", "method": "stepped", "parameters": {"centre_frequency_hz": 27.2e6, "span_hz": 1e6}}
    answer = api.post("/api/v1/plans", body)
    assert answer.status_code == 400
    assert "forbidden band 26.965 MHz to 27.405 MHz" in answer.content.decode()
    assert api.get("/api/v1/instruments/alpha").json()["limits"]["forbidden_bands_hz"] == [CB]
