"""Interference and drop-outs through the whole signal path: driver, libiio, simulated spectrometer."""

from __future__ import annotations

import os

import pytest

from acquisition.lines import LineStatus
from acquisition.methods import get
from acquisition.methods.survey_parameters import SurveyParameters
from sdr import open_transceiver
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings

LINE_HZ, STATION_HZ, MODE_HZ, BROADCAST_HZ = 28.12e6, 27.81e6, 28.3e6, 28.41e6

SAMPLE = {
    "name": "disturbed",
    "lines": [{"frequency_hz": LINE_HZ, "t2_star_s": 300e-6, "amplitude_over_noise": 0.2, "t1_s": 0.02}],
    "interference": [
        {"frequency_hz": STATION_HZ, "amplitude_over_noise": 3.0},
        {"frequency_hz": BROADCAST_HZ, "amplitude_over_noise": 2.0, "am_depth": 0.3},
    ],
    "ringing": [{"frequency_hz": MODE_HZ, "decay_s": 50e-6, "amplitude_over_noise": 2.0}],
    "receiver": {"dc_offset_lsb": 20, "iq_imbalance": 0.01, "dropout_fraction": 0.05, "dropout_s": 300e-6},
}


@pytest.mark.slow
@pytest.mark.integration
def test_the_line_is_confirmed_and_what_disturbs_is_rejected() -> None:
    parameters = SurveyParameters(centre_frequency_hz=28e6, span_hz=1e6, averages=32, averages_max=32)
    with running(SAMPLE, seed=4, serial=f"disturbed-{os.getpid()}") as simulator:
        converter = ConverterSettings(side="upper", lo_hz=400e6)
        settings = InstrumentSettings(slug="disturbed", uri=simulator.uri, converter=converter)
        with open_transceiver(settings) as radio:
            experiment = get("survey").experiment(parameters, settings.limits)
            while (shot := experiment.next_shot()) is not None:
                experiment.take(radio.play(shot))
    lines = experiment.result().lines
    confirmed = [line for line in lines if line.status in (LineStatus.CONFIRMED, LineStatus.MOVED)]
    assert [round(line.frequency_hz, -3) for line in confirmed] == [LINE_HZ], lines
    rejected = {
        place_hz: [line.reason for line in lines if abs(line.frequency_hz - place_hz) < 5e3]
        for place_hz in (STATION_HZ, MODE_HZ, BROADCAST_HZ)
    }
    assert any("interference" in reason for reason in rejected[STATION_HZ]), lines
    assert any("interference" in reason for reason in rejected[BROADCAST_HZ]), lines
    assert any("saturate" in reason for reason in rejected[MODE_HZ]), lines
