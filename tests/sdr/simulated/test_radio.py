"""The radio as a whole: timing, phases, queues, and the physics seen through them."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from sdr.simulated.converter import Converter
from sdr.simulated.devices import TDD, TX
from sdr.simulated.errors import IioError
from sdr.simulated.log import read_log
from tests.sdr.simulated.bench_radio import FS, LINE, NQR_HZ, RadioBench, first_loud, quiet_sample

PULSE = np.full(30, 1.0)


def shot(bench: RadioBench, wave: np.ndarray, burst: int = 1, frame: int = 20_000, samples: int = 5000) -> np.ndarray:  # type: ignore[type-arg]
    """One burst with the TDD core; the blocks, one per frame."""
    bench.arm(frame, burst, samples)
    padded = np.zeros(samples, complex)
    padded[: len(wave)] = wave
    bench.transmit(padded)
    bench.listen(samples)
    bench.trigger()
    blocks = np.array([bench.block() for _ in range(burst)])
    bench.stop_transmitting()
    bench.deaf()
    return blocks


def test_start_is_the_same_in_every_frame_and_burst_with_the_tdd_core() -> None:
    bench = RadioBench()
    starts = {first_loud(block) for _ in range(3) for block in shot(bench, PULSE, burst=4)}
    assert len(starts) == 1
    assert 7 <= starts.pop() <= 12


def test_start_is_random_without_the_tdd_core() -> None:
    bench = RadioBench(firmware="v0.32")
    wave = np.zeros(5000)
    wave[:30] = 1
    starts = set()
    for _ in range(6):
        bench.transmit(wave)
        bench.listen(10_000)
        starts.add(first_loud(bench.block()))
        bench.stop_transmitting()
        bench.deaf()
    assert len(starts) > 3


def test_cyclic_transmission_repeats_with_its_length() -> None:
    bench = RadioBench(firmware="v0.32")
    wave = np.zeros(3000)
    wave[100:130] = 1
    bench.transmit(wave)
    bench.listen(12_000)
    block = np.abs(bench.block())
    edges = np.flatnonzero((block[1:] > 300) & (block[:-1] <= 300))
    assert np.all(np.diff(edges) == 3000)


def test_one_block_over_many_frames_runs_through() -> None:
    bench = RadioBench()
    bench.arm(frame=4000, burst=3, play=1000)
    wave = np.zeros(1000)
    wave[:30] = 1
    bench.transmit(wave)
    bench.listen(12_000)
    bench.trigger()
    block = np.abs(bench.block())
    edges = np.flatnonzero((block[1:] > 300) & (block[:-1] <= 300))
    assert len(edges) == 3 and np.all(np.diff(edges) == 4000)


def test_polling_for_the_end_of_a_burst_loses_no_frame_and_takes_no_time() -> None:
    bench = RadioBench()
    bench.arm(frame=500_000, burst=3, play=1000)
    bench.listen(1000, blocks=1)
    bench.trigger()
    assert bench.read(TDD, "state") == "3"
    for _ in range(3):
        assert bench.read(TDD, "state") == "3", "frames are still to come"
        bench.block()
    assert bench.read(TDD, "state") == "1"


def test_no_block_without_a_trigger() -> None:
    bench = RadioBench()
    bench.arm(frame=4000, burst=1, play=1000)
    bench.listen(1000)
    bench.radio.request_block()
    assert bench.radio.poll_block() is None
    bench.trigger()
    bench.block()
    bench.radio.request_block()
    assert bench.radio.poll_block() is None, "the burst had one frame"


@pytest.mark.parametrize(("restart", "begins"), [(True, 0), (False, 500)])
def test_waveform_longer_than_the_window_restarts_or_goes_on(restart: bool, begins: int) -> None:
    bench = RadioBench(restart_after_hold=restart)
    bench.arm(frame=4000, burst=2, play=500)
    wave = np.concatenate([np.full(500, 0.3), np.full(500, 0.9)])
    bench.transmit(wave)
    bench.listen(1000)
    bench.trigger()
    first, second = np.abs(bench.block())[300], np.abs(bench.block())[300]
    assert second / first == pytest.approx(1 if begins == 0 else 3, rel=0.02)


def test_external_synchronisation_comes_every_second() -> None:
    bench = RadioBench()
    bench.write(TDD, "sync_external", 1)
    bench.arm(frame=4000, burst=1, play=1000)
    bench.listen(1000)
    before = bench.radio.time_s
    bench.block()
    middle = bench.radio.time_s
    bench.block()
    assert 0 < middle - before <= 1.01
    assert bench.radio.time_s - middle == pytest.approx(1, abs=1e-3)


def test_queue_holds_what_came_first() -> None:
    """Blocks captured before the retuning are delivered after it; that is why drivers discard or reopen."""
    bench = RadioBench(firmware="v0.32")
    bench.transmit(np.full(1000, 0.5))
    bench.listen(100, blocks=2)
    for _ in range(4):  # more than enough time for both blocks
        bench.read(TX, "sampling_frequency", "voltage0", True)
    bench.stop_transmitting()
    loud = [np.abs(bench.block()).mean() > 100 for _ in range(4)]
    assert loud == [True, True, False, False]


def test_phase_is_another_one_after_every_retuning() -> None:
    bench = RadioBench()
    phases = []
    for _ in range(5):
        bench.tune(NQR_HZ)
        phases.append(np.angle(shot(bench, PULSE)[0][25]))
    assert np.ptp(phases) > 0.3
    again = [np.angle(shot(bench, PULSE)[0][25]) for _ in range(3)]
    assert np.ptp(again) < 0.02


def test_phase_cycle_turns_signal_and_leakage_alike() -> None:
    bench = RadioBench(quiet_sample(LINE))
    blocks = [shot(bench, PULSE * turn, frame=400_000)[0] / turn for turn in (1, 1j, -1, -1j)]
    for other in blocks[1:]:
        assert np.abs(other - blocks[0])[100:].max() < 4 + 0.02 * np.abs(blocks[0][100:]).max()


@pytest.mark.parametrize("converter", [Converter("upper", 400e6), Converter("lower", 400e6)])
def test_line_appears_at_its_offset_whatever_the_converter(converter: Converter) -> None:
    bench = RadioBench(quiet_sample(LINE), converter=converter)
    bench.tune(NQR_HZ, converter)
    tail = shot(bench, PULSE, samples=20_000)[0][200:]
    frequencies = np.fft.fftfreq(len(tail), 1 / FS)
    offset = frequencies[np.argmax(np.abs(np.fft.fft(tail)))]
    assert offset == pytest.approx(-50e3 if converter.inverting else 50e3, abs=600)


def test_signal_height_in_units_of_the_noise() -> None:
    """Best pulse of an I = 3/2 powder: 58.6 degrees, 20 kHz at full scale and -10 dB, and the probe's resonance."""
    line = {"frequency_hz": NQR_HZ, "amplitude_over_noise": 40, "t2_star_s": 0.5e-3, "t2_s": 2e-3}
    samples = round(58.6 / 360 / 20e3 * FS)
    block = np.abs(shot(RadioBench(quiet_sample(line)), np.full(samples, 1.0))[0])
    later = np.arange(1500, 2500)
    expected = 40 * 0.5 * np.exp(-(later - 10 - samples / 2) / FS / 0.5e-3)
    assert block[later].mean() == pytest.approx(expected.mean(), rel=0.03)


def test_repetition_faster_than_t1_saturates() -> None:
    slow = {**LINE, "amplitude_over_noise": 400, "t1_s": 20e-3}
    blocks = shot(RadioBench(quiet_sample(slow)), np.full(50, 1.0), burst=12, frame=40_000)
    heights = np.abs(blocks[:, 300:1000] @ blocks[0, 300:1000].conj())
    assert np.all(np.diff(heights[:4]) < 0)
    assert heights[-1] < 0.6 * heights[0]
    assert heights[-1] == pytest.approx(heights[-2], rel=0.03)


def test_powered_down_transmitter_is_silent() -> None:
    bench = RadioBench(quiet_sample(LINE))
    bench.phy("powerdown", 1, "altvoltage1", True)
    assert np.abs(shot(bench, PULSE)[0]).max() < 5


def test_buffers_have_one_owner_and_fixed_counts_while_open() -> None:
    bench = RadioBench()
    bench.listen(100)
    for forbidden in (lambda: bench.listen(100), lambda: bench.radio.open_receiver(100)):
        with pytest.raises(IioError) as error:
            forbidden()
        assert error.value.number == errno.EBUSY


def test_log_says_when_rf_can_leave(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    bench = RadioBench(log=path)
    shot(bench, PULSE, burst=2)
    assert bench.read(TDD, "state") == "1"
    bench.transmit(np.full(100, 0.5))  # TDD armed: held
    bench.write(TDD, "enable", 0)
    bench.stop_transmitting()
    events = [entry for entry in read_log(path) if entry["event"] in ("tx_on", "tx_off", "acquisition")]
    assert [entry["event"] for entry in events] == ["tx_on", "acquisition", "tx_off"]
    assert events[0]["lo_hz"] == 428e6
    assert events[1]["count"] == 1


def test_dds_tone_is_transmitted_when_no_buffer_is_open() -> None:
    bench = RadioBench(firmware="v0.32")
    for name, phase in (("altvoltage0", 90_000), ("altvoltage2", 0)):
        bench.write(TX, "frequency", 500_000, name, True)
        bench.write(TX, "phase", phase, name, True)
        bench.write(TX, "scale", 0.5, name, True)
    bench.listen(10_000)
    block = bench.block()
    assert np.fft.fftfreq(10_000, 1 / FS)[np.argmax(np.abs(np.fft.fft(block)))] == pytest.approx(0.5e6)


def test_decimating_receiver() -> None:
    bench = RadioBench(firmware="v0.32")
    bench.write("cf-ad9361-lpc", "sampling_frequency", FS // 8, "voltage0")
    wave = np.zeros(8000)
    wave[:400] = 1
    bench.transmit(wave)
    bench.listen(3000)
    block = np.abs(bench.block())
    edges = np.flatnonzero((block[1:] > 500) & (block[:-1] <= 500))
    assert np.all(np.diff(edges) == 1000)


def test_reboot_forgets_everything() -> None:
    bench = RadioBench()
    bench.listen(100)
    bench.radio.reboot()
    assert bench.read("ad9361-phy", "frequency", "altvoltage0", True) == "2400000000"
    with pytest.raises(IioError):
        bench.radio.poll_block()


def test_same_seed_same_samples() -> None:
    one, other = (shot(RadioBench(quiet_sample(LINE), seed=9), PULSE)[0] for _ in range(2))
    assert np.array_equal(one, other)
