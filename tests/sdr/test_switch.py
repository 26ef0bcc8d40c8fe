"""The switch's window to the sample, what is not heard because of it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sdr import switch
from sdr.errors import InvalidConfiguration, SafetyLimitExceeded
from sdr.transceiver import SwitchSettings
from tests.sdr.shots import comb, shot

TDD = SwitchSettings("tdd0", 1, lead_s=1e-6, lag_s=0.5e-6)


def test_the_window_to_the_sample() -> None:
    assert switch.window(400, 32, 10e6, TDD) == (22, 437)
    assert switch.window(400, 32, 10e6, replace(TDD, lead_s=0.0, lag_s=0.0)) == (32, 432)
    # what is asked for is at least kept: part of a sample counts as one
    assert switch.window(400, 32, 10e6, replace(TDD, lead_s=1.01e-6, lag_s=0.51e-6)) == (21, 438)
    with pytest.raises(
        InvalidConfiguration, match=r"longer than the 1.6e-06 s that a frame has.* at 20 MS/s"
    ) as refused:
        switch.window(400, 32, 20e6, replace(TDD, lead_s=2e-6))
    assert refused.value.field == "switch.lead_s"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("switch.by", {"by": "tx2"}),
        ("switch.by", {"by": "magic"}),
        ("switch.transmit_level", {"transmit_level": 2}),
        ("switch.lead_s", {"lead_s": -1e-6}),
        ("switch.lag_s", {"lag_s": float("nan")}),
    ],
)
def test_impossible_settings_are_refused(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfiguration) as refused:
        switch.check(replace(TDD, **changes))
    assert refused.value.field == field


def test_a_single_pulse_loses_only_what_the_lag_takes_beyond_the_dead_time() -> None:
    pulse = shot(waveform=np.ones(100, dtype=np.complex64), dead_time_s=4e-6)
    assert switch.deaf(pulse, TDD) == ()
    assert switch.deaf(pulse, replace(TDD, lag_s=5e-6)) == ((140, 150),)
    assert switch.deaf(pulse, SwitchSettings()) == ()
    switch.require_heard(pulse, TDD)


def test_an_echo_keeps_what_comes_after_its_last_pulse() -> None:
    waveform = np.zeros(1300, dtype=np.complex64)
    waveform[:100] = waveform[1100:] = 1.0
    echo = shot(waveform=waveform, dead_time_s=4e-6)
    assert switch.deaf(echo, TDD) == ((140, 1100),)
    switch.require_heard(echo, TDD)


def test_a_comb_is_refused_with_advice() -> None:
    played = shot(waveform=comb(), capture_samples=5000, dead_time_s=1e-6)
    with pytest.raises(SafetyLimitExceeded, match="lies between its pulses") as refused:
        switch.require_heard(played, TDD)
    assert refused.value.field == "switch" and "fid, spin_echo" in refused.value.advice
    switch.require_heard(played, SwitchSettings())
