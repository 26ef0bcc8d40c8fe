"""What lies beyond the limits is refused before anything is sent or set, with the name of the quantity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from acquisition.limits import InstrumentLimits
from sdr.conformance.bench import Bench
from sdr.conformance.captures import assert_echo
from sdr.conformance.shots import TEETH, coded, shot
from sdr.errors import SafetyLimitExceeded
from sdr.transceiver import Transceiver


def beyond(name: str, bench: Bench, limits: InstrumentLimits) -> dict[str, Any]:
    """Changes that take the suite's shot beyond one limit."""
    base = shot(bench)
    loud = coded(1.0)
    not_a_number = loud.copy()
    not_a_number[3] = np.nan
    long_samples = int(limits.pulse_length_max_s * bench.sample_rate_hz) + 10
    too_low_hz, too_high_hz = limits.frequency_min_hz - 1.0, limits.frequency_max_hz + 1.0
    changes: dict[str, dict[str, Any]] = {
        "amplitude above full scale": {"waveform": loud * np.float32(1.001)},
        "amplitude above the instrument's": {"waveform": loud * np.float32(limits.peak_amplitude * 1.01)},
        "a value that is not a number": {"waveform": not_a_number},
        "an infinite value": {"waveform": np.where(loud != 0, np.inf, 0).astype(np.complex64)},
        "silence": {"waveform": np.zeros(100, dtype=np.complex64)},
        "no samples": {"waveform": np.zeros(0, dtype=np.complex64)},
        "integers": {"waveform": np.ones(100, dtype=np.int16)},
        "a waveform longer than the capture": {"capture_samples": len(base.waveform) - 1},
        "no capture": {"capture_samples": 0},
        "a capture that is too long": {"capture_samples": limits.capture_samples_max + 1, "repetition_time_s": 3e4},
        "too low a rate": {"sample_rate_hz": 0.99 * limits.sample_rate_min_hz},
        "too high a rate": {"sample_rate_hz": 1.01 * limits.sample_rate_max_hz},
        "no averages": {"averages": 0},
        "negative averages": {"averages": -2},
        "averages that break the phase cycle": {"averages": 3},
        "half an average": {"averages": 2.5},
        "no phases": {"phase_cycle": ()},
        "a phase that amplifies": {"phase_cycle": (1, -1.01)},
        "a phase that is not a number": {"phase_cycle": (1, complex("nan"))},
        "a repetition time within the capture": {"repetition_time_s": 0.99 * base.capture_time_s},
        "a repetition time that is not a number": {"repetition_time_s": float("nan")},
        "no end": {"repetition_time_s": float("inf")},
        "longer than a run may be": {"averages": 2 * round(limits.run_duration_max_s / bench.repetition_time_s)},
        "a pulse that is too long": {
            "waveform": np.ones(long_samples, dtype=np.complex64) * np.float32(limits.peak_amplitude / 2),
            "capture_samples": long_samples + 100,
            "repetition_time_s": 100 * limits.pulse_length_max_s,
        },
        "too much duty": {
            "waveform": np.ones(
                min(4000, int(0.9 * limits.pulse_length_max_s * bench.sample_rate_hz)), dtype=np.complex64
            )
            * np.float32(limits.peak_amplitude / 2),
            "capture_samples": 4000,
            "repetition_time_s": max(limits.repetition_time_min_s, 4000 / bench.sample_rate_hz),
        },
        "a negative dead time": {"dead_time_s": -1e-6},
        "a frequency that is not a number": {"centre_frequency_hz": float("nan")},
        "too low a frequency": {"centre_frequency_hz": too_low_hz},
        "too high a frequency": {"centre_frequency_hz": too_high_hz},
        "a pulse that reaches beyond the band": {"centre_frequency_hz": limits.frequency_min_hz + 1.0},
    }
    return changes[name]


FIELDS = {
    "amplitude above full scale": "amplitude",
    "amplitude above the instrument's": "amplitude",
    "a value that is not a number": "waveform",
    "an infinite value": "waveform",
    "silence": "waveform",
    "no samples": "waveform",
    "integers": "waveform",
    "a waveform longer than the capture": "waveform",
    "no capture": "capture_samples",
    "a capture that is too long": "capture_samples",
    "too low a rate": "sample_rate_hz",
    "too high a rate": "sample_rate_hz",
    "no averages": "averages",
    "negative averages": "averages",
    "averages that break the phase cycle": "averages",
    "half an average": "averages",
    "no phases": "phase_cycle",
    "a phase that amplifies": "phase_cycle",
    "a phase that is not a number": "phase_cycle",
    "a repetition time within the capture": "repetition_time_s",
    "a repetition time that is not a number": "repetition_time_s",
    "no end": "repetition_time_s",
    "longer than a run may be": "averages",
    "a pulse that is too long": "pulse_length_s",
    "too much duty": "duty",
    "a negative dead time": "dead_time_s",
    "a frequency that is not a number": "centre_frequency_hz",
    "too low a frequency": "centre_frequency_hz",
    "too high a frequency": "centre_frequency_hz",
    "a pulse that reaches beyond the band": "centre_frequency_hz",
}


class Refusals:
    """Needs the fixtures `bench` and `radio`."""

    @pytest.mark.parametrize("what", FIELDS)
    def test_is_refused_before_anything_is_sent(self, bench: Bench, radio: Transceiver, what: str) -> None:
        before = bench.activity()
        with pytest.raises(SafetyLimitExceeded) as refused:
            radio.play(shot(bench, **beyond(what, bench, bench.settings.limits)))
        assert refused.value.field == FIELDS[what]
        assert refused.value.advice
        assert bench.activity() == before
        assert radio.partial() is None

    def test_a_refusal_leaves_the_radio_fit_for_use(self, bench: Bench, radio: Transceiver) -> None:
        with pytest.raises(SafetyLimitExceeded):
            radio.play(shot(bench, averages=TEETH + 1))
        assert_echo(bench, radio.play(shot(bench)))

    def test_the_instruments_own_limits_count(self, alone: Bench) -> None:
        """A limit below what the radio could do."""
        limits = InstrumentLimits(
            peak_amplitude=0.9 * alone.level, duty_max=0.5, frequency_min_hz=1e6, frequency_max_hz=300e6
        )
        with alone.open(limits=limits) as radio:
            with pytest.raises(SafetyLimitExceeded, match=f"{0.9 * alone.level:.6g}") as refused:
                radio.play(shot(alone))
            assert refused.value.field == "amplitude"
