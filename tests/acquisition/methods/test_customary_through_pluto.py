"""The customary methods over the whole signal path: driver, libiio, simulated Pluto; against the known sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition import verdict
from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import get
from acquisition.methods.parameters import parse
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from sdr import open_transceiver
from sdr.simulated import SimulatedProcess, running
from sdr.transceiver import ConverterSettings, InstrumentSettings

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LINE_HZ = 28.0846e6
T1_S, T2_S, T2_STAR_S = 12e-3, 1.2e-3, 0.25e-3
NUTATION_HZ = 20e3  # what the simulated bench has at full amplitude
SAMPLE: dict[str, Any] = {
    "name": "one line",
    "lines": [
        {"frequency_hz": LINE_HZ, "amplitude_over_noise": 0.5, "t1_s": T1_S, "t2_s": T2_S, "t2_star_s": T2_STAR_S}
    ],
}
TRUTH = {"t1_s": T1_S, "t2_s": T2_S, "t2_star_s": T2_STAR_S, "nutation_frequency_hz": NUTATION_HZ}
RUNS: dict[str, dict[str, Any]] = {
    "inversion_recovery": {"averages": 4, "delays": 7, "longest_delay_s": 50e-3, "repetition_time_s": 60e-3},
    "nutation": {"averages": 4, "lengths": 10, "repetition_time_s": 60e-3},
    "spin_echo": {"averages": 8, "repetition_time_s": 60e-3},
    "echo_decay": {"averages": 4, "delays": 5, "repetition_time_s": 60e-3},
}


@pytest.fixture(autouse=True)
def own_lock_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))


@pytest.fixture(scope="module")
def radio() -> Iterator[SimulatedProcess]:
    with running(SAMPLE, seed=5) as radio:
        yield radio


def measured(radio: SimulatedProcess, method: str, parameters: dict[str, Any]) -> Reconstruction:
    """The run as a worker plays it, and what the captures say."""
    known = get(method)
    experiment = known.experiment(parse(known.parameters, parameters), InstrumentLimits())
    settings = InstrumentSettings(slug="test", uri=radio.uri, converter=ConverterSettings("upper", 400e6))
    captures = []
    with open_transceiver(settings) as transceiver:
        while (shot := experiment.next_shot()) is not None:
            captures.append(transceiver.play(shot))
            experiment.take(captures[-1])
    assert experiment.progress.step == "done"
    return verdict.reconstruct(captures, ReconstructionParameters())


@pytest.mark.parametrize("method", sorted(RUNS))
def test_the_truth_is_within_three_sigma(radio: SimulatedProcess, method: str) -> None:
    found = measured(radio, method, {"frequency_hz": 28.084e6, **RUNS[method]})
    checked = [quantity for quantity in found.quantities if quantity.name in TRUTH]
    assert checked
    for quantity in checked:
        assert abs(quantity.value - TRUTH[quantity.name]) < 3 * quantity.sigma, quantity
        assert quantity.sigma < 0.1 * quantity.value, quantity
    (line,) = found.lines
    assert abs(line.frequency_hz - LINE_HZ) < 3 * line.frequency_sigma_hz


@pytest.mark.parametrize("order", ["sequential", "interleaved"])
def test_a_stepped_survey_finds_the_line_in_either_order(radio: SimulatedProcess, order: str) -> None:
    span = {"centre_frequency_hz": 28.05e6, "span_hz": 0.3e6, "averages": 8, "repetition_time_s": 40e-3}
    found = measured(radio, "stepped", span | {"order": order})
    (line,) = (line for line in found.lines if line.status is LineStatus.CONFIRMED)
    assert abs(line.frequency_hz - LINE_HZ) < 3 * line.frequency_sigma_hz
    spectrum = found.spectrum
    frequency_hz = spectrum.x0_hz + spectrum.dx_hz * np.arange(len(spectrum.values))
    assert abs(frequency_hz[0] - 27.9e6) < 1e3
    assert abs(frequency_hz[-1] - 28.2e6) < 1e3
    # Away from the line it is noise of the stated size, in every window.
    away = np.abs(frequency_hz - LINE_HZ) > 30e3
    level = np.sqrt(np.mean(np.abs(spectrum.values[away]) ** 2))
    assert 0.8 < level / spectrum.noise_sigma < 1.25
