"""The sample's spins against theory, and the shortcuts against a plain integration of the Bloch equations."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from sdr.simulated.ensemble import ensemble
from sdr.simulated.powder import best_powder_signal, powder_orientations
from sdr.simulated.sample import SpinLine
from sdr.simulated.spins import Drive, SpinSystem
from sdr.simulated.waveform import FULL_SCALE, Span, Waveform, audible

FS = 10e6
CENTRE = 28.0e6
ONE = SpinLine(CENTRE, 1.0, t1_s=10e-3, t2_s=2e-3, t2_star_s=0.4e-3)


def drive(nutation_hz: float = 20e3, probe_bandwidth_hz: float = 1e12) -> Drive:
    return Drive(FS, CENTRE, nutation_hz, 1e12, 1e12, probe_bandwidth_hz)


def pulses(length: int, *parts: tuple[int, npt.NDArray[np.complex128] | list[complex]]) -> Span:
    """A span with (start, samples) parts."""
    wave = np.zeros(length, complex)
    for start, samples in parts:
        wave[start : start + len(samples)] = samples
    pairs = np.stack([wave.real, wave.imag], axis=1) * FULL_SCALE
    waveform = Waveform.from_int16(np.rint(pairs).astype(np.int16).ravel())
    return Span(length, tuple(audible(0, waveform, 0, length)))


def hard_pulse(angle_deg: float, nutation_hz: float = 200e3) -> list[complex]:
    """A rectangle with omega_1 t = angle; strong, so that the line's width does not matter."""
    samples = math.ceil(angle_deg / 360 / nutation_hz * FS)
    return [angle_deg / 360 / nutation_hz * FS / samples + 0j] * samples


def observed(system: SpinSystem, span: Span, settings: Drive) -> npt.NDArray[np.complex64]:
    signal = system.respond(span, settings, observe=True)
    assert signal is not None
    return signal * np.complex64(1j**span.quadrant)


@pytest.mark.parametrize(("spin", "angle_deg", "height"), [(Fraction(1), 119.3, 0.436), (Fraction(3, 2), 58.6, 0.749)])
def test_powder_nutation_golden_values(spin: Fraction, angle_deg: float, height: float) -> None:
    angle, best = best_powder_signal(*powder_orientations(spin))
    assert np.degrees(angle) == pytest.approx(angle_deg, abs=0.15)
    assert best == pytest.approx(height, abs=0.0006)


@pytest.mark.parametrize(("spin", "best_deg"), [(Fraction(1), 119.3), (Fraction(3, 2), 58.6)])
def test_nutation_through_the_whole_spin_dynamics(spin: Fraction, best_deg: float) -> None:
    line = SpinLine(CENTRE, 2.5, t1_s=1.0, t2_s=0.1, t2_star_s=0.1, spin=spin)
    heights = {}
    for angle in (best_deg - 15, best_deg, best_deg + 15):
        system = SpinSystem([line])
        pulse = hard_pulse(angle)
        signal = observed(system, pulses(1000, (0, pulse)), drive(200e3))
        heights[angle] = abs(signal[len(pulse) + 10])
    assert heights[best_deg] == pytest.approx(2.5, rel=0.005)
    assert heights[best_deg] == max(heights.values())


def test_free_induction_decays_with_t2_star() -> None:
    pulse = hard_pulse(58.6)
    signal = observed(SpinSystem([ONE]), pulses(20_000, (0, pulse)), drive(200e3))
    times = (np.arange(20_000) - (len(pulse) - 1) / 2) / FS
    expected = np.exp(-times / ONE.t2_star_s)
    late = slice(200, 12_000)
    assert np.abs(np.abs(signal[late]) - expected[late]).max() < 0.03


def test_grid_of_isochromats_does_not_refocus_by_itself() -> None:
    line = SpinLine(CENTRE, 1.0, t1_s=1.0, t2_s=6e-3, t2_star_s=0.15e-3)
    signal = observed(SpinSystem([line]), pulses(200_000, (0, hard_pulse(58.6))), drive(200e3))
    assert np.abs(signal[20_000:]).max() < 0.01


def test_echo_refocuses_the_inhomogeneous_part_only() -> None:
    line = SpinLine(CENTRE, 1.0, t1_s=1.0, t2_s=2e-3, t2_star_s=0.1e-3)
    wait = 8000
    span = pulses(20_000, (0, hard_pulse(58.6)), (wait, hard_pulse(117.2)))
    signal = np.abs(observed(SpinSystem([line]), span, drive(200e3)))
    assert signal[wait - 10] < 0.01
    peak = wait + int(np.argmax(signal[wait + 2000 :])) + 2000
    assert peak == pytest.approx(2 * wait, abs=100)
    weaker = signal[peak]
    shorter = pulses(12_000, (0, hard_pulse(58.6)), (wait // 2, hard_pulse(117.2)))
    stronger = np.abs(observed(SpinSystem([line]), shorter, drive(200e3)))[wait - 60 : wait + 60].max()
    assert weaker / stronger == pytest.approx(np.exp(-wait / FS / line.t2_s), rel=0.05)


def test_signal_appears_at_the_lines_frequency() -> None:
    offset = 137e3
    line = SpinLine(CENTRE + offset, 1.0, t1_s=1.0, t2_s=5e-3, t2_star_s=1e-3)
    signal = observed(SpinSystem([line]), pulses(40_000, (0, hard_pulse(58.6))), drive(200e3))
    spectrum = np.abs(np.fft.fft(signal))
    assert np.fft.fftfreq(40_000, 1 / FS)[np.argmax(spectrum)] == pytest.approx(offset, abs=250)


def test_phase_of_the_response_follows_the_phase_of_the_pulse() -> None:
    answers = []
    for phase in (1, 1j, -1, np.exp(0.3j)):
        pulse = [value * phase for value in hard_pulse(30)]
        answers.append(observed(SpinSystem([ONE]), pulses(3000, (0, pulse)), drive(200e3))[500:] / phase)
    for other in answers[1:]:
        assert np.abs(other - answers[0]).max() < 2e-3 * np.abs(answers[0]).max()


def test_saturation_recovers_with_t1() -> None:
    pulse, times_s, answers = hard_pulse(58.6), np.array([0.2, 0.7, 1.5, 3.0]) * ONE.t1_s, []
    for wait_s in times_s:
        system = SpinSystem([ONE])
        for _ in range(40):  # enough pulses in a row leave no magnetisation in any crystallite
            system.respond(pulses(1000, (0, pulse)), drive(200e3), observe=False)
            system.rest(ONE.t2_s * 0.02, CENTRE)
        before = system.polarisation()[0]
        system.rest(wait_s, CENTRE)
        answers.append((before, system.polarisation()[0]))
    for wait_s, (before, after) in zip(times_s, answers, strict=True):
        assert before < 0.5
        assert after == pytest.approx(1 + (before - 1) * np.exp(-wait_s / ONE.t1_s), abs=1e-6)


def test_second_pulse_right_after_the_first_sees_less() -> None:
    system = SpinSystem([ONE])
    span = pulses(30_000, (0, hard_pulse(58.6)))
    first = np.abs(observed(system, span, drive(200e3))[100])
    second = np.abs(observed(system, span, drive(200e3))[100])
    system.rest(10 * ONE.t1_s, CENTRE)
    third = np.abs(observed(system, span, drive(200e3))[100])
    assert second < 0.85 * first
    assert third == pytest.approx(first, rel=1e-3)


def comb(length: int = 10_000) -> npt.NDArray[np.complex128]:
    """A gapped sweep like that of a survey."""
    time = np.arange(length) / length
    wave = 0.8 * np.sin(np.pi * time) * np.exp(40j * np.pi * time**2)
    wave[np.arange(length) % 200 >= 10] = 0
    return wave


def test_remembered_answers_equal_fresh_ones() -> None:
    """Steady state of a train of +x and -x shots, from the memory and without it."""
    lines = [ONE, SpinLine(CENTRE + 60e3, 0.7, t1_s=40e-3, t2_s=1e-3, t2_star_s=0.3e-3, spin=Fraction(1))]
    remembering, fresh = SpinSystem(lines), [SpinSystem(lines)]
    for index in range(12):
        span = pulses(15_000, (0, comb() * (-1) ** index))
        answer = observed(remembering, span, drive())
        # A system without memory, taken through the same history.
        other = SpinSystem(lines)
        for item, source in zip(other._lines, fresh[-1]._lines, strict=True):
            item.state = source.state
        expected = observed(other, span, drive())
        assert np.abs(answer - expected).max() < 3e-3
        for system in (remembering, other):
            system.rest(8e-3, CENTRE)
        fresh.append(other)
        assert remembering.polarisation() == pytest.approx(other.polarisation(), abs=1e-6)
    assert remembering.polarisation()[1] < 0.95


def test_against_plain_integration_of_the_bloch_equations() -> None:
    """One isochromat grid point and orientation at a time, Runge-Kutta, T1, T2 and offset all at once."""
    line = SpinLine(CENTRE + 80e3, 1.0, t1_s=0.4e-3, t2_s=0.2e-3, t2_star_s=0.12e-3)
    nutation_hz, length = 60e3, 1500
    wave = np.zeros(length, complex)
    wave[100:130] = 0.9
    wave[400:430] = 0.5 - 0.5j
    wave[700:702] = 1j
    span = pulses(length, (0, wave))
    got = observed(SpinSystem([line]), span, drive(nutation_hz))
    parts = ensemble(line)
    expected = np.zeros(length, complex)
    steps = 4
    dt = 1 / FS / steps
    transmitted = span.samples * 1j**span.quadrant
    offset = 2 * np.pi * (line.frequency_hz - CENTRE + parts.offsets_hz[0])[:, None]
    plus = np.zeros(parts.shape[1:], complex)
    z = np.ones_like(plus, float)
    weights = np.outer(parts.weights[0], parts.pickup)

    def slope(plus, z, field):  # type: ignore[no-untyped-def]
        d_plus = (1j * offset - 1 / line.t2_s) * plus - 1j * field * z
        d_z = (plus * np.conj(field)).imag + (1 - z) / line.t1_s
        return d_plus, d_z

    for sample in range(length):
        field = 2 * np.pi * nutation_hz * transmitted[sample] * parts.nutation[None, :]
        expected[sample] = 1j * (plus * weights).sum()
        for _ in range(steps):
            k1 = slope(plus, z, field)
            k2 = slope(plus + dt / 2 * k1[0], z + dt / 2 * k1[1], field)
            k3 = slope(plus + dt / 2 * k2[0], z + dt / 2 * k2[1], field)
            k4 = slope(plus + dt * k3[0], z + dt * k3[1], field)
            plus = plus + dt / 6 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0])
            z = z + dt / 6 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1])
    silent = transmitted == 0
    silent[:100] = False
    scale = np.abs(expected[silent]).max()
    # Amplitude: the converter's hold and the kick in the middle of a pulse are approximations of small offsets.
    assert np.abs(np.abs(got[silent]) - np.abs(expected[silent])).max() < 0.02 * scale
    turn = np.angle(np.vdot(expected[silent], got[silent]))
    assert abs(turn - 2 * np.pi * 80e3 * 0.5 / FS) < 0.05
    assert np.abs(got[silent] * np.exp(-1j * turn) - expected[silent]).max() < 0.03 * scale


def test_probe_resonance_weakens_far_lines() -> None:
    def height(bandwidth_hz: float) -> float:
        line = SpinLine(CENTRE + 400e3, 1.0, t1_s=1.0, t2_s=5e-3, t2_star_s=1e-3)
        span = pulses(2000, (0, hard_pulse(10)))
        return float(np.abs(observed(SpinSystem([line]), span, drive(200e3, bandwidth_hz))[500]))

    # Both the field at the sample and the pick-up go with the resonance.
    assert height(0.8e6) / height(1e12) == pytest.approx(0.5, rel=0.02)


def test_lines_out_of_the_band_do_not_answer() -> None:
    far = SpinLine(CENTRE + 6e6, 1.0, t1_s=0.01, t2_s=1e-3, t2_star_s=1e-3)
    assert SpinSystem([far]).respond(pulses(2000, (0, hard_pulse(58))), drive(200e3), observe=True) is None
