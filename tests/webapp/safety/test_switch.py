"""The T/R switch in an instrument's settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tasks.settings import attended_settings, instrument_settings
from webapp.facility.models import Instrument

pytestmark = pytest.mark.django_db


def test_it_reaches_the_driver(instrument: Instrument) -> None:
    assert instrument_settings(instrument).switch.by == "none"
    instrument.tr_switch = {"by": "tdd0", "transmit_level": 0, "lag_s": 2e-6}
    instrument.full_clean()
    found = instrument_settings(instrument).switch
    assert (found.by, found.transmit_level, found.lead_s, found.lag_s) == ("tdd0", 0, 1e-6, 2e-6)


def test_the_radio_itself_hears_the_stop_and_a_copy_does_not(instrument: Instrument) -> None:
    attended = attended_settings(instrument, "7")
    assert attended.stop.key.endswith(":alpha") and attended.run == "7"
    assert instrument_settings(instrument).stop.url == ""


@pytest.mark.parametrize(
    "wrong", [{"by": "tx2"}, {"by": 1}, {"transmit_level": 5}, {"lead_s": "soon"}, {"lag_s": -1}, {"delay": 1}, [1]]
)
def test_impossible_ones_are_refused_beside_the_field(instrument: Instrument, wrong: Any) -> None:
    instrument.tr_switch = wrong

    with pytest.raises(ValidationError) as refused:
        instrument.full_clean()
    assert list(refused.value.message_dict) == ["tr_switch"]
