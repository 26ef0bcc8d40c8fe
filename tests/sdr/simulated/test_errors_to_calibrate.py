"""Errors of the spectrometer that calibrations look for: clock, delay, image, strength of the field."""

from __future__ import annotations

import numpy as np
import pytest

from sdr.simulated.frontend import delayed
from sdr.simulated.samples import from_dict
from tests.sdr.simulated.bench_radio import FS, LINE, NQR_HZ, QUIET, RadioBench
from tests.sdr.simulated.test_frontend import CLEAN, frontend, received, rectangle

XO_HZ = 40_000_159
CARRIER = {"frequency_hz": NQR_HZ + 0.9e6, "amplitude_over_noise": 400}


def carrier_hz(bench: RadioBench, samples: int = 1 << 16) -> float:
    """Offset at which the radio hears the carrier, by the phase that two blocks' halves differ in."""
    bench.listen(samples)
    block = bench.block()
    bench.deaf()
    spectrum = np.abs(np.fft.fft(block * np.hanning(samples)))
    rough = np.fft.fftfreq(samples, 1 / FS)[int(np.argmax(spectrum))]
    times = np.arange(samples) / FS
    left, right = np.split(block * np.exp(-2j * np.pi * rough * times), 2)
    return float(rough + np.angle(np.vdot(left.sum(), right.sum())) / (2 * np.pi * samples / 2 / FS))


def test_a_wrong_clock_moves_oscillators_and_samples_until_it_is_corrected() -> None:
    ppm = 20.0
    bench = RadioBench(from_dict({"interference": [CARRIER], "receiver": QUIET | {"reference_ppm": ppm}}))
    radio_hz = 400e6 + NQR_HZ
    # It is tuned too high and samples too fast, so that the carrier seems lower.
    expected_hz = (radio_hz + 0.9e6 - radio_hz * (1 + ppm * 1e-6)) / (1 + ppm * 1e-6)
    assert carrier_hz(bench) == pytest.approx(expected_hz, abs=1.0)
    bench.write("ad9361-phy", "xo_correction", round(XO_HZ * (1 + ppm * 1e-6)))
    assert carrier_hz(bench) == pytest.approx(0.9e6, abs=radio_hz * 0.5 / XO_HZ + 1.0)  # corrected in steps of 1 Hz


@pytest.mark.parametrize("delay", [0.0, 1.0, 3.25, 40.5])
def test_a_delay_moves_a_wave_by_any_part_of_a_sample(delay: float) -> None:
    index = np.arange(300)
    wave = np.exp(-(((index - 100) / 12) ** 2)) * np.exp(2j * np.pi * 0.05 * index)
    moved = np.exp(-(((index - 100 - delay) / 12) ** 2)) * np.exp(2j * np.pi * 0.05 * (index - delay))
    assert np.abs(delayed(wave, delay) - moved).max() < 5e-3


def test_a_delay_moves_the_leakage() -> None:
    span = rectangle(400, 100, 200, 0.01)

    def begins(delay_s: float) -> int:
        unit = frontend(type(CLEAN)(**{**vars(CLEAN), "noise_lsb": 0, "delay_s": delay_s}))
        return int(np.argmax(np.abs(received(unit, span)) > 100))

    assert begins(0.7e-6) - begins(0.0) == 7


@pytest.mark.parametrize("phase_deg", [0.0, 90.0, -30.0])
def test_the_image_has_its_size_and_phase(phase_deg: float) -> None:
    faults = {"iq_imbalance": 0.05, "iq_imbalance_phase_deg": phase_deg, "dc_offset_lsb": 0, "lo_leakage_lsb": 0}
    bench = RadioBench(from_dict({"receiver": QUIET | faults}))
    bench.phy("quadrature_tracking_en", 0, "voltage0")
    bench.transmit(0.5 * np.exp(2j * np.pi * np.arange(1000) / 20))
    bench.listen(10_000)
    spectrum = np.fft.fft(bench.block()[1000:9000]) / 8000
    line, image = spectrum[400], spectrum[-400]
    assert abs(image / line.conj()) == pytest.approx(0.05, rel=0.03)
    assert np.degrees(np.angle(image / line.conj())) == pytest.approx(phase_deg, abs=2.0)


def test_the_field_turns_the_spins_as_strongly_as_the_sample_says() -> None:
    def signal(nutation_hz: float, length: int) -> float:
        line = LINE | {"frequency_hz": NQR_HZ, "t1_s": 1e-3}
        bench = RadioBench(from_dict({"lines": [line], "receiver": QUIET, "probe": {"nutation_hz": nutation_hz}}))
        wave = np.zeros(20_000, complex)
        wave[:length] = 1.0
        bench.arm(20_000, 1, 20_000)
        bench.transmit(wave)
        bench.listen(20_000)
        bench.trigger()
        return float(np.abs(bench.block()[2000:6000]).mean())

    # The same angle comes from twice the field in half the time; a quarter of the angle gives much less.
    assert signal(40e3, 41) == pytest.approx(signal(20e3, 82), rel=0.05)
    assert signal(5e3, 82) < 0.5 * signal(20e3, 82)
