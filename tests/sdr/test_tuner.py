"""The driver of a probe's tuner, against the tuner of the simulated spectrometer."""

from __future__ import annotations

import os

import pytest

from sdr.simulated import running
from sdr.tuner import LineTuner, TunerFailed, open_tuner

SAMPLE = {"lines": [], "probe": {"tuned_hz": 28e6, "tuning_min_hz": 20e6, "tuning_max_hz": 40e6, "settling_s": 0.05}}


@pytest.mark.integration
def test_it_tunes_within_its_range_and_says_where_it_is() -> None:
    with running(SAMPLE, probe_port=0, serial=f"tuner-{os.getpid()}") as radio:
        assert radio.probe_address is not None
        host, port = radio.probe_address
        with open_tuner(f"tcp:{host}:{port}") as tuner:
            assert tuner.range_hz == (20e6, 40e6)
            assert tuner.tune(31.5e6) == pytest.approx(31.5e6, abs=1.0)
            with pytest.raises(TunerFailed, match="20 to 40 MHz, not 41 MHz"):
                tuner.tune(41e6)
            assert tuner.tune(22e6) == pytest.approx(22e6, abs=1.0)


@pytest.mark.parametrize("uri", ["", "tcp:somewhere", "serial:/dev/ttyUSB0", "tcp::12"])
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(TunerFailed, match="tcp:host:port"):
        open_tuner(uri)


def test_nobody_answers() -> None:
    with pytest.raises(TunerFailed, match="does not answer"):
        LineTuner("127.0.0.1", 1, timeout_s=1.0)
