"""Radios that workers saw, and settings of an instrument that are refused beside their field, with advice."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.facility import radios
from webapp.facility.models import Instrument, RadioScan

FOUND = {
    "uri": "ip:192.0.2.1",
    "serial": "1044",
    "model": "Analog Devices PlutoSDR Rev.C (Z7010-AD9363A)",
    "firmware": "v0.39",
    "driver": "pluto",
    "synchronisation": "tdd",
    "tuning_min_hz": 325e6,
    "tuning_max_hz": 3.8e9,
    "warnings": ["It tunes from 325 MHz: NQR needs a frequency converter."],
}


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("root")


def seen(instrument: Instrument, **changes: Any) -> RadioScan:
    scan = RadioScan.objects.create(instrument=instrument)
    radios.finish(scan.pk, [FOUND | changes])
    return scan


def refusals(instrument: Instrument) -> dict[str, str]:
    """Field -> what is said beside it."""
    try:
        instrument.full_clean()
    except ValidationError as error:
        return {field: " ".join(sentences) for field, sentences in error.message_dict.items()}
    return {}


def test_sound_settings_are_taken(instrument: Instrument) -> None:
    seen(instrument)
    instrument.serial = "1044"
    assert refusals(instrument) == {}


@pytest.mark.parametrize(
    ("changes", "field", "message", "advice"),
    [
        ({"uri": "http://radio"}, "uri", "unknown beginning", "ip:192.168.2.1"),
        ({"uri": "ip:192.0.2.1:99999"}, "uri", "1 to 65535", "ip:192.168.2.1"),
        ({"driver": "hackrf"}, "driver", "no radio driver named 'hackrf'", "adrv9361"),
        ({"converter": {"side": "upper", "lo_hz": 4e9}}, "converter", "325 to 3800 MHz", "between 25 and 3799 MHz"),
        ({"converter": {"side": "lower", "lo_hz": -4e8}}, "converter", "mirrored twice", "without a sign"),
        ({"converter": {"side": "lower", "lo_hz": 5e5}}, "converter", "mirrored twice", "upper side"),
        ({"converter": {}}, "converter", "there is no converter", "Enter the frequency converter"),
        ({"serial": "2055"}, "serial", "serial number 1044, not 2055", "Enter its number"),
    ],
)
def test_bad_settings_are_refused_beside_their_field_with_advice(
    instrument: Instrument, changes: dict[str, Any], field: str, message: str, advice: str
) -> None:
    seen(instrument)
    for name, value in changes.items():
        setattr(instrument, name, value)
    said = refusals(instrument)
    assert list(said) == [field]
    assert message in said[field]
    assert advice in said[field]


def test_before_a_radio_was_seen_its_kind_decides(instrument: Instrument) -> None:
    instrument.converter = {"side": "upper", "lo_hz": 4e9}
    assert refusals(instrument) == {}  # a Pluto that was set up as an AD9364 would reach it
    instrument.converter = {"side": "upper", "lo_hz": 9e9}
    assert "46.875001 to 6000 MHz" in refusals(instrument)["converter"]


def test_what_was_seen_long_ago_does_not_count(instrument: Instrument) -> None:
    scan = seen(instrument)
    instrument.serial = "2055"
    RadioScan.objects.filter(pk=scan.pk).update(finished_at=timezone.now() - datetime.timedelta(days=2))
    assert refusals(instrument) == {}


def test_the_latest_sighting_counts(instrument: Instrument) -> None:
    seen(instrument)
    Instrument.objects.filter(pk=instrument.pk).update(
        identity={"uri": instrument.uri, "serial": "2055"}, last_seen_at=timezone.now()
    )
    instrument.refresh_from_db()
    instrument.serial = "2055"
    assert refusals(instrument) == {}


def test_the_form_of_the_staff_shows_it_beside_the_field(instrument: Instrument, administrator: User) -> None:
    seen(instrument)
    client = Client()
    client.force_login(administrator)
    address = f"/admin/facility/instrument/{instrument.pk}/change/"
    form = client.get(address).context["adminform"].form
    values = {name: form[name].value() or "" for name in form.fields}
    values |= {"converter": '{"side": "upper", "lo_hz": 4e9}', "serial": "2055", "uri": "radio"}
    answer = client.post(address, values)
    errors = answer.context["adminform"].form.errors
    assert set(errors) == {"uri"}  # nothing was seen there, so only the kind of radio says what it reaches
    values["uri"] = instrument.uri
    errors = client.post(address, values).context["adminform"].form.errors
    assert set(errors) == {"serial", "converter"}
    assert "errorlist" in client.post(address, values).content.decode()


def test_asking_is_for_staff(instrument: Instrument, user: User, staff: User) -> None:
    with pytest.raises(NotAllowed):
        radios.ask(user, instrument)
    client = Client()
    client.force_login(user)
    assert client.get("/instruments/-/radios/").status_code == 403
    assert client.post(f"/instruments/-/radios/{instrument.slug}/").status_code == 403
    client.force_login(staff)
    assert client.get("/instruments/-/radios/").status_code == 200
    assert client.post(f"/instruments/-/radios/{instrument.slug}/").status_code == 302
    assert RadioScan.objects.get().asked_by == staff


def test_the_page_shows_what_was_found(instrument: Instrument, staff: User) -> None:
    client = Client()
    client.force_login(staff)
    assert "Nobody has looked yet" in client.get("/instruments/-/radios/").content.decode()
    scan = radios.ask(staff, instrument)
    assert "Looking" in client.get("/instruments/-/radios/").content.decode()
    RadioScan.objects.filter(pk=scan.pk).update(asked_at=timezone.now() - datetime.timedelta(minutes=1))
    assert "no answer yet" in client.get("/instruments/-/radios/").content.decode()
    radios.finish(scan.pk, [FOUND])
    page = client.get("/instruments/-/radios/").content.decode()
    for part in ("1044", "v0.39", "<code>pluto</code>", "325 MHz", "NQR needs a frequency converter", "Alpha"):
        assert part in page
    radios.finish(scan.pk, [])
    assert "Nothing was found" in client.get("/instruments/-/radios/").content.decode()


def test_few_scans_are_kept(instrument: Instrument, staff: User) -> None:
    for _ in range(radios.KEPT + 3):
        radios.ask(staff, instrument)
    assert RadioScan.objects.count() == radios.KEPT
