"""Limits and converter of an instrument, and the demonstration."""

from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from webapp.accounts import tokens
from webapp.accounts.models import ApiToken, Membership, User
from webapp.facility import demonstration, services
from webapp.facility.models import Instrument
from webapp.samples.models import Sample


def test_what_is_not_given_has_its_default(instrument: Instrument) -> None:
    instrument.limits = {"duty_max": 0.05, "capture_samples_max": 1000}
    assert services.limits(instrument) == InstrumentLimits(duty_max=0.05, capture_samples_max=1000)
    assert services.converter(instrument) == {"side": "upper", "lo_hz": 400e6, "gain_db": 0.0}


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"dutymax": 0.1}, "limits.dutymax"),
        ({"duty_max": math.nan}, "limits.duty_max"),
        ({"duty_max": math.inf}, "limits.duty_max"),
        ({"duty_max": "0.1"}, "limits.duty_max"),
        ({"duty_max": True}, "limits.duty_max"),
        ({"duty_max": None}, "limits.duty_max"),
        ({"duty_max": 0}, "limits.duty_max"),
        ({"duty_max": 1.5}, "limits.duty_max"),
        ({"peak_amplitude": 2}, "limits.peak_amplitude"),
        ({"dead_time_s": -1e-6}, "limits.dead_time_s"),
        ({"capture_samples_max": 10.5}, "limits.capture_samples_max"),
        ({"frequency_min_hz": 50e6, "frequency_max_hz": 40e6}, "limits.frequency_min_hz"),
        ({"sample_rate_min_hz": 30e6}, "limits.sample_rate_min_hz"),
        ([], "limits"),
        ("none", "limits"),
    ],
)
def test_impossible_limits_are_named(instrument: Instrument, limits: Any, field: str) -> None:
    instrument.limits = limits
    with pytest.raises(InvalidParameters) as caught:
        services.limits(instrument)
    assert [error.field for error in caught.value.errors] == [field]
    with pytest.raises(ValidationError) as refused:
        instrument.full_clean()
    assert "limits" in refused.value.message_dict


@pytest.mark.parametrize(
    ("converter", "field"),
    [
        ({"side": "left"}, "converter.side"),
        ({"side": "upper"}, "converter.lo_hz"),
        ({"side": "lower", "lo_hz": -1}, "converter.lo_hz"),
        ({"side": "upper", "lo_hz": math.nan}, "converter.lo_hz"),
        ({"side": "upper", "lo_hz": 4e8, "gain_db": "high"}, "converter.gain_db"),
        ({"lo": 4e8}, "converter.lo"),
        (7, "converter"),
    ],
)
def test_impossible_converters_are_named(instrument: Instrument, converter: Any, field: str) -> None:
    instrument.converter = converter
    with pytest.raises(InvalidParameters) as caught:
        services.converter(instrument)
    assert [error.field for error in caught.value.errors] == [field]
    with pytest.raises(ValidationError):
        instrument.full_clean()


def test_the_demonstration_is_made_once(db: None, tmp_path: Path) -> None:
    file = tmp_path / "demo-token"
    demonstration.make("a-password", "ip:127.0.0.1:1", file)
    secret = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    demonstration.make("a-password", "ip:127.0.0.1:2", file)
    assert file.read_text() == secret
    user = User.objects.get(username="demo")
    assert user.check_password("a-password") and not user.is_staff
    assert Instrument.objects.get().uri == "ip:127.0.0.1:2"
    Instrument.objects.get().full_clean()
    assert Sample.objects.count() == len(demonstration.SAMPLES)
    assert (Membership.objects.count(), ApiToken.objects.count()) == (1, 1)
    token = tokens.find(secret.strip())
    assert token is not None and token.user == user


def test_a_lost_token_is_replaced_and_the_old_one_dies(db: None, tmp_path: Path) -> None:
    file = tmp_path / "demo-token"
    demonstration.make("", "ip:127.0.0.1:1", file)
    old = file.read_text().strip()
    file.write_text("rsg_something_else\n")
    demonstration.make("", "ip:127.0.0.1:1", file)
    assert tokens.find(old) is None
    assert tokens.find(file.read_text().strip()) is not None
    assert not User.objects.get().has_usable_password()


SEEN = {"tuning_min_hz": 325e6, "tuning_max_hz": 3800e6}


@pytest.mark.parametrize(
    ("side", "uri", "reach"),
    [
        ("lower", "ip:192.0.2.1", (1e6, 75e6)),
        ("upper", "ip:192.0.2.1", (1e6, 300e6)),
        ("lower", "ip:192.0.2.9", (1e6, 300e6)),  # another radio was seen
        ("none", "ip:192.0.2.1", (1e6, 300e6)),  # nothing is reachable: for the run to find out, with advice
    ],
)
def test_limits_end_where_radio_and_converter_do(
    instrument: Instrument, side: str, uri: str, reach: tuple[float, float]
) -> None:
    instrument.converter = {"side": side, "lo_hz": 400e6}
    instrument.identity = SEEN | {"uri": uri}
    found = services.limits(instrument)
    assert (found.frequency_min_hz, found.frequency_max_hz) == reach
