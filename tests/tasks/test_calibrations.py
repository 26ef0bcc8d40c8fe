"""A radio with errors that nobody tells: calibration runs find them, and the lines of later runs are right.

The worker's own functions run here, on a real database and over libiio on a simulated radio; none of them knows the
errors, which only the radio's process has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition.shot import Capture
from sdr.simulated import SimulatedProcess, running
from tasks.acquire import acquire
from tasks.processing import process
from webapp.accounts.models import Group, User
from webapp.calibrations.models import Calibration
from webapp.facility.models import Instrument
from webapp.runs import services
from webapp.runs.models import Run
from webapp.runs.queue.claim import claim_next
from webapp.runs.services import captures
from webapp.samples.models import Sample
from webapp.spectra.models import SpectralLine, Spectrum

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,
]

KNOWN_HZ, OTHER_HZ = 28.0846e6, 27.41e6
REFERENCE_PPM = 4.2
IMAGE, IMAGE_DEG = 0.06, 50.0
NUTATION_HZ = 13e3
RING_DOWN_S, RING_DOWN_LEVEL, LEAKAGE_LSB, NOISE_LSB = 1.1e-6, 0.02, 40_000.0, 12.0
LINE = {"amplitude_over_noise": 0.4, "t1_s": 4e-3, "t2_s": 2e-3, "t2_star_s": 0.8e-3}
ERRORS: dict[str, Any] = {
    "name": "a radio that is off",
    "lines": [LINE | {"frequency_hz": KNOWN_HZ}, LINE | {"frequency_hz": OTHER_HZ}],
    "probe": {"nutation_hz": NUTATION_HZ, "ring_down_s": RING_DOWN_S, "ring_down_level": RING_DOWN_LEVEL},
    "receiver": {
        "reference_ppm": REFERENCE_PPM,
        "iq_imbalance": IMAGE,
        "iq_imbalance_phase_deg": IMAGE_DEG,
        "leakage_lsb": LEAKAGE_LSB,
        "noise_lsb": NOISE_LSB,
    },
}
WEAK_LEAKAGE: dict[str, Any] = {
    "name": "hardly any leakage",
    "lines": [LINE | {"frequency_hz": KNOWN_HZ}],
    "receiver": {"leakage_lsb": 60.0},
}
QUICK = {"repetition_time_s": 20e-3}


@pytest.fixture(autouse=True)
def own_lock_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))


class Spectrometer:
    """An instrument whose radio runs, and a member of its staff who measures with it."""

    def __init__(self, radio: SimulatedProcess) -> None:
        group = Group.objects.create(name="Staff", slug="staff")
        self.staff = User.objects.create_user("stella", is_staff=True)
        self.instrument = Instrument.objects.create(
            slug="off", name="Off", uri=radio.uri, converter={"side": "upper", "lo_hz": 400e6}
        )
        self.sample = Sample.objects.create(name="Reference", formula="KClO3", group=group, created_by=self.staff)

    def measure(self, method: str, **parameters: Any) -> Run:
        """Submit a run and do what worker and processing do with it."""
        run = services.submit(
            self.staff, instrument=self.instrument, sample=self.sample, method=method, parameters=parameters
        )
        claim = claim_next(self.instrument.slug, "test")
        assert claim is not None
        acquire(claim)
        run.refresh_from_db()
        assert run.state == Run.State.PROCESSING, run.error_message
        assert process(Spectrum.objects.get(run=run).pk)
        run.refresh_from_db()
        assert run.state == Run.State.DONE, run.error_message
        return run

    def calibrated(self, run: Run) -> dict[str, Calibration]:
        return {one.quantity: one for one in run.calibrations.all()}


def line_of(run: Run) -> SpectralLine:
    """The strongest confirmed line."""
    found = SpectralLine.objects.filter(spectrum__run=run, status="confirmed")
    assert found, "no line was confirmed"
    return max(found, key=lambda line: line.snr)


def capture_of(run: Run) -> Capture:
    return captures.load(run.captures.first())


def within(calibration: Calibration, truth: float, sigmas: float = 4.0) -> bool:
    return abs(calibration.value - truth) < sigmas * calibration.sigma


@pytest.fixture
def off() -> Iterator[Spectrometer]:
    with running(ERRORS, seed=11) as radio:
        yield Spectrometer(radio)


def test_errors_are_found_and_later_lines_are_right(off: Spectrometer) -> None:
    free_decay = {"averages": 48, "phase_steps": "2", **QUICK}
    before = off.measure("fid", frequency_hz=OTHER_HZ, **free_decay)
    wrong = line_of(before)
    assert abs(wrong.frequency_hz - OTHER_HZ) > 1.5e3 > 20 * wrong.frequency_sigma_hz
    assert capture_of(before).calibrations == ()

    reference = off.measure("calibrate_reference", frequency_hz=KNOWN_HZ, known_sigma_hz=2.0, averages=16, **QUICK)
    seen_hz = line_of(reference).frequency_hz  # where this radio has to be tuned to
    b1 = off.measure("calibrate_b1", frequency_hz=seen_hz, averages=4, lengths=8, longest_pulse_s=40e-6, **QUICK)
    blind = off.measure("calibrate_dead_time", frequency_hz=31e6, averages=64, level=0.3)
    receiver = off.measure("calibrate_receiver", frequency_hz=31e6, averages=16, quiet_s=0.5e-3)
    found = {name: one for run in (reference, b1, blind, receiver) for name, one in off.calibrated(run).items()}
    assert within(found["xo_error"], REFERENCE_PPM * 1e-6)
    assert within(found["nutation_frequency_hz"], NUTATION_HZ)
    assert within(found["iq_gain_imbalance"], 2 * IMAGE * np.cos(np.radians(IMAGE_DEG)))
    assert within(found["iq_phase_rad"], 2 * IMAGE * np.sin(np.radians(IMAGE_DEG)))
    # What rings after the pulse falls from 2 % of the leakage to 0.3 of the noise.
    rings_s = RING_DOWN_S * np.log(
        RING_DOWN_LEVEL * LEAKAGE_LSB * (1 - np.exp(-2e-6 / RING_DOWN_S)) / (0.3 * NOISE_LSB)
    )
    assert abs(found["dead_time_s"].value - rings_s) < 0.3e-6
    assert all(one.counts for one in found.values())
    assert not reference.used_calibrations.exists()

    after = off.measure("fid", frequency_hz=OTHER_HZ, **free_decay)
    right = line_of(after)
    xo_hz = found["xo_error"].sigma * (400e6 + OTHER_HZ)
    assert abs(right.frequency_hz - OTHER_HZ) < 4 * np.hypot(right.frequency_sigma_hz, xo_hz) < 60.0
    # The pulse has the length of the measured field, and listening begins after the measured dead time.
    taken = capture_of(after)
    flip_deg = 360 * NUTATION_HZ * np.sum(np.abs(taken.waveform)) / taken.sample_rate_hz
    assert flip_deg == pytest.approx(58.6, rel=0.03)
    assert taken.dead_time_s == pytest.approx(found["dead_time_s"].value + 2 * found["dead_time_s"].sigma)
    # The record says what was in force; what is stored is what the radio gave.
    used = {one.quantity: one for one in after.used_calibrations.select_related("calibration")}
    assert used.keys() == found.keys()
    assert {one.quantity: one.number for one in taken.calibrations} == {k: v.pk for k, v in found.items()}
    assert taken.centre_frequency_hz == capture_of(before).centre_frequency_hz
    # The image of the line, at the other side of the tuned frequency, is gone from the spectrum.
    assert image_of(before, wrong.frequency_hz) == pytest.approx(IMAGE, rel=0.25)
    assert image_of(after, right.frequency_hz) < 0.3 * IMAGE

    # Processed again, with other calibrations in force, it is the same result.
    Calibration.objects.update(withdrawn_at=after.finished_at)
    again = services.reprocess(off.staff, after, {})
    assert process(again.pk)
    assert again.lines.filter(status="confirmed", frequency_hz=right.frequency_hz).exists()
    assert reference.calibrations.count() == len(off.calibrated(reference)) == 1


def image_of(run: Run, line_hz: float) -> float:
    """The spectrum at the mirrored frequency of a line, relative to the line, from the corrected captures."""
    from acquisition.calibration import corrected

    capture = corrected(capture_of(run))
    data = np.where(capture.receive_mask, capture.samples, 0)[len(capture.waveform) :]
    time_s = np.arange(len(data)) / capture.sample_rate_hz
    decay = np.exp(-time_s / LINE["t2_star_s"])

    def at(offset_hz: float) -> float:
        return float(abs(np.sum(data * decay * np.exp(-2j * np.pi * offset_hz * time_s))))

    offset_hz = line_hz - capture.centre_frequency_hz
    return at(-offset_hz) / at(offset_hz)


@pytest.fixture
def quiet() -> Iterator[Spectrometer]:
    with running(WEAK_LEAKAGE, seed=3) as radio:
        yield Spectrometer(radio)


def test_where_no_leakage_is_heard_reception_starts_by_the_calibrated_delay(quiet: Spectrometer) -> None:
    rate = {"sample_rate_hz": 10e6}
    weak = {"frequency_hz": KNOWN_HZ, "amplitude": 0.05, "averages": 64, **rate, **QUICK}
    lost = capture_of(quiet.measure("fid", **weak))
    delay = quiet.calibrated(
        quiet.measure("calibrate_probe", centre_frequency_hz=31e6, amplitude=1.0, averages=256, **rate)
    )["tx_rx_delay_s"]
    run = quiet.measure("fid", **weak)
    taken = capture_of(run)
    assert lost.radio is not None and taken.radio is not None
    assert lost.radio.start_delay_s is not None and taken.radio.start_delay_s is not None
    assert abs(taken.radio.start_delay_s - delay.value) < 0.6 / 10e6
    # Noise was taken for the pulse before, at some place or other within what delays may be.
    assert abs(lost.radio.start_delay_s - delay.value) > 1e-6
    assert any("calibrated delay" in note for note in taken.notes)
    line = line_of(run)
    assert abs(line.frequency_hz - KNOWN_HZ) < 4 * line.frequency_sigma_hz < 40.0
