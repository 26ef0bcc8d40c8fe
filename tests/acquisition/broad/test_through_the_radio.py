"""A broad line mapped through driver, libiio and simulated spectrometer, and seen by a survey for what it is."""

from __future__ import annotations

import os

import pytest

from acquisition import verdict
from acquisition.lines import LineStatus
from acquisition.methods import get
from acquisition.methods.echo_map import EchoMapParameters
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture
from sdr import open_transceiver
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings

CENTRE_HZ, FWHM_HZ = 30.02e6, 100e3
SAMPLE = {
    "name": "made-up glass",
    "lines": [
        {
            "frequency_hz": CENTRE_HZ, "amplitude_over_noise": 1.0, "t2_s": 150e-6, "t1_s": 5e-3, "nuclide": "35Cl",
            "distribution": {"shape": "gaussian", "fwhm_hz": FWHM_HZ},
        }
    ],
}  # fmt: skip


def played(method: str, parameters: object, seed: int = 1) -> list[Capture]:
    """The captures of an experiment on the simulated spectrometer with the broad line in its probe."""
    captures = []
    with running(SAMPLE, seed=seed, serial=f"broad-{os.getpid()}-{seed}") as simulator:
        converter = ConverterSettings(side="upper", lo_hz=400e6)
        settings = InstrumentSettings(slug="broad", uri=simulator.uri, converter=converter)
        with open_transceiver(settings) as radio:
            experiment = get(method).experiment(parameters, settings.limits)
            while (shot := experiment.next_shot()) is not None:
                captures.append(radio.play(shot))
                experiment.take(captures[-1])
    return captures


def quantity(found: Reconstruction, name: str) -> tuple[float, float]:
    one = next(quantity for quantity in found.quantities if quantity.name == name)
    return one.value, one.sigma


@pytest.mark.integration
@pytest.mark.slow
def test_an_echo_map_through_the_radio_recovers_the_distribution() -> None:
    parameters = EchoMapParameters(
        centre_frequency_hz=30e6, span_hz=300e3, averages=16, repetition_time_s=20e-3, nuclide="35Cl"
    )
    found = verdict.reconstruct(played("echo_map", parameters), ReconstructionParameters())
    for name, truth in (("mean_frequency_hz", CENTRE_HZ), ("fwhm_hz", FWHM_HZ)):
        value, sigma = quantity(found, name)
        assert abs(value - truth) < 3 * sigma
        assert sigma < 0.1 * FWHM_HZ
    assert found.lines[0].snr > 10


@pytest.mark.integration
@pytest.mark.slow
def test_a_survey_reports_a_broad_feature_and_measures_it_again_by_echoes() -> None:
    parameters = SurveyParameters(
        centre_frequency_hz=30e6, span_hz=0.5e6, averages=32, averages_max=32, repetition_time_s=20e-3
    )
    captures = played("survey", parameters)
    assert {capture.method for capture in captures} >= {"survey", "echo_map"}
    found = verdict.reconstruct(captures, ReconstructionParameters())
    (line,) = [line for line in found.lines if line.status in (LineStatus.CONFIRMED, LineStatus.MOVED)]
    assert abs(line.frequency_hz - CENTRE_HZ) < 3 * line.frequency_sigma_hz
    assert abs(line.fwhm_hz - FWHM_HZ) < 3 * line.fwhm_sigma_hz
    survey = [capture for capture in captures if capture.method == "survey"]
    again = verdict.reconstruct(survey, ReconstructionParameters()).lines
    (feature,) = [line for line in again if line.status is LineStatus.CANDIDATE and line.fwhm_hz > 35e3]
    assert feature.reason.startswith("Broad feature")
