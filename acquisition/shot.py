"""What is played and what is received: the frozen values that pass between experiment, radio and reconstruction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from acquisition.reception import RadioState, UsedCalibration

ComplexArray = npt.NDArray[np.complex64]
BoolArray = npt.NDArray[np.bool_]


SILENCE_ENDS_PULSE_S = 0.5e-3
"""A transmitter that is silent for so long has ended a pulse; the teeth of a comb are one pulse, those of a sequence
with longer delays are several. The duty limit bounds what they add up to."""


def longest_pulse_s(waveform: ComplexArray, sample_rate_hz: float) -> float:
    """Length in seconds of the longest pulse: of transmission without a silence of `SILENCE_ENDS_PULSE_S` in it."""
    transmitting = np.flatnonzero(np.asarray(waveform) != 0)
    if len(transmitting) == 0:
        return 0.0
    silent = np.flatnonzero(np.diff(transmitting) - 1 >= SILENCE_ENDS_PULSE_S * sample_rate_hz)
    firsts = transmitting[np.concatenate([[0], silent + 1])]
    lasts = transmitting[np.concatenate([silent, [len(transmitting) - 1]])]
    return float(np.max(lasts - firsts + 1)) / sample_rate_hz


def receive_mask(waveform: ComplexArray, dead_time_s: float, sample_rate_hz: float, samples: int) -> BoolArray:
    """Which of `samples` received samples are data, shape (samples,).

    A sample is not data where the transmitted waveform is non-zero, nor within the dead time after it. This is the
    only place where that rule is written. A waveform longer than `samples` is cut.
    """
    blocked = np.zeros(samples, dtype=np.int32)
    transmitting = np.zeros(samples, dtype=bool)
    n_tx = min(len(waveform), samples)
    transmitting[:n_tx] = waveform[:n_tx] != 0
    dead_samples = int(np.ceil(dead_time_s * sample_rate_hz - 1e-9))
    # A running count of the last `dead_samples + 1` transmitting flags, by difference of cumulative sums.
    total = np.cumsum(transmitting, dtype=np.int32)
    blocked[:] = total
    if dead_samples + 1 < samples:
        blocked[dead_samples + 1 :] -= total[: samples - dead_samples - 1]
    return np.equal(blocked, 0)


@dataclass(frozen=True, eq=False)
class Shot:
    """One excitation, repeated and averaged coherently, with everything that a transceiver needs to play it.

    `waveform` is the complex baseband excitation, |x| <= 1, where 1 is the largest amplitude that the instrument may
    send. Offsets are relative to `centre_frequency_hz`, the absolute NQR frequency (what the sample sees; the radio
    and its converter are the transceiver's business). The radio sends p * waveform for each p of the phase cycle and
    the transceiver adds conj(p) * received; `averages` is a multiple of the length of the cycle.
    """

    method: str
    centre_frequency_hz: float
    sample_rate_hz: float
    waveform: ComplexArray
    capture_samples: int
    dead_time_s: float
    averages: int
    repetition_time_s: float
    phase_cycle: tuple[complex, ...] = (1, -1)
    purpose: str = ""
    probe_frequency_hz: float | None = None  # what the probe is to be tuned to; None: the centre frequency

    @property
    def probe_hz(self) -> float:
        """Frequency that the probe is to be tuned to for this shot."""
        return self.centre_frequency_hz if self.probe_frequency_hz is None else self.probe_frequency_hz

    @property
    def capture_time_s(self) -> float:
        """Length of one reception in seconds."""
        return self.capture_samples / self.sample_rate_hz

    @property
    def duration_s(self) -> float:
        """Time that all averages take on the instrument, in seconds."""
        return self.averages * self.repetition_time_s

    @property
    def pulse_length_s(self) -> float:
        """Length of the excitation from its first to its last sample, delays included, in seconds."""
        return len(self.waveform) / self.sample_rate_hz

    @property
    def longest_pulse_s(self) -> float:
        """Length of the longest pulse in it, in seconds; what an amplifier's limit is about."""
        return longest_pulse_s(self.waveform, self.sample_rate_hz)


@dataclass(frozen=True, eq=False)
class Capture:
    """The coherent average of one shot, as stored and as reconstructed; sample 0 = first transmitted sample.

    `samples` has shape (n,) in units of the receiver's full scale; `waveform` (m <= n,) is the excitation that was
    transmitted and the authority for reconstruction. Frequencies are absolute NQR frequencies, so spectral inversion
    by a converter has been undone already.
    """

    samples: ComplexArray
    waveform: ComplexArray
    sample_rate_hz: float
    centre_frequency_hz: float
    dead_time_s: float
    averages: int
    method: str = "survey"
    purpose: str = ""
    alignment: str = "exact"
    temperature_k: float | None = None
    sample: str | None = None
    instrument: str | None = None
    run: str | None = None
    started_at_unix_s: float | None = None
    notes: tuple[str, ...] = field(default=())
    missing: tuple[tuple[int, int], ...] = ()  # stretches (first, behind last) that were found to hold no data
    radio: RadioState | None = None  # None: nothing is known of the radio
    calibrations: tuple[UsedCalibration, ...] = ()  # in force when it was received, not applied to the samples
    delay_s: float = 0.0  # the reception is later by this than the waveform says, by less than some samples

    @property
    def receive_mask(self) -> BoolArray:
        """Which samples are data, shape (n,)."""
        mask = receive_mask(self.waveform, self.dead_time_s, self.sample_rate_hz, len(self.samples))
        for begin, end in self.missing:
            mask[begin:end] = False
        return mask
