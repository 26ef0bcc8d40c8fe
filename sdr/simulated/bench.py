"""The bench: what is transmitted goes through converter and probe to the sample, and the answer to the receiver."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sdr.simulated.converter import Converter
from sdr.simulated.frontend import Frontend, loopback
from sdr.simulated.sample import Sample
from sdr.simulated.settings import RadioSettings
from sdr.simulated.spins import SpinSystem
from sdr.simulated.tr_switch import connected
from sdr.simulated.tuner import Surroundings
from sdr.simulated.waveform import FULL_SCALE, Span, Waveform, audible

Samples = npt.NDArray[np.int16]

_UNSEEN_MAX_S = 0.25  # longest unobserved irradiation that is followed in detail


class Bench:
    """Sample, probe and receiver of one spectrometer; spans must be given in the order of time."""

    def __init__(
        self,
        sample: Sample,
        converter: Converter,
        surroundings: Surroundings,
        rng: np.random.Generator,
        noise: np.random.Generator,
    ) -> None:
        self._converter = converter
        self._imperfections = sample.imperfections
        self._rng = rng
        self._spins = SpinSystem(sample.lines)
        self._frontend = Frontend(sample.imperfections, sample.interference, noise, sample.ringing, sample.switch)
        self.surroundings = surroundings
        self._reference_k = sample.temperature_k
        self._spins.warm(surroundings.temperature_k - self._reference_k)
        self._phase_rad = 0.0
        self.retune()

    def retune(self) -> None:
        """An LO was set: its phase against everything else is a new, unknown one."""
        self._phase_rad = float(self._rng.uniform(0, 2 * math.pi))
        self._spins.scramble_phase(self._rng)

    def set_temperature(self, temperature_k: float) -> None:
        """The sample is at this temperature from now on."""
        self.surroundings.temperature_k = temperature_k
        self._spins.warm(temperature_k - self._reference_k)

    def receive(self, span: Span, settings: RadioSettings, start_s: float) -> Samples:
        """Let the span happen and return what the receiver makes of it, shape (span.length, 2)."""
        if settings.loopback:
            self.pass_by(span, settings, start_s)
            return loopback(span)
        seen, tuned_hz = self._at_probe(span, settings), self._tuned_hz(start_s)
        drive = settings.drive(self._converter, self._imperfections, tuned_hz)
        spins = self._spins.respond(connected(seen), drive, observe=True)
        reception = settings.reception(self._converter, self._phase_rad, tuned_hz)
        return self._frontend.receive(seen, spins, self._spins.version, reception, start_s)

    def prepare(self, samples: int) -> None:
        """The next `samples` samples will be wanted soon; may be called from any thread."""
        self._frontend.prepare(samples)

    def silence(self, length: int, settings: RadioSettings, start_s: float) -> Samples:
        """What is received when neither transmitter nor spins say anything; takes no time of the spins."""
        reception = settings.reception(self._converter, self._phase_rad, self._tuned_hz(start_s))
        return self._frontend.receive(Span(length), None, 0, reception, start_s)

    def pass_by(self, span: Span, settings: RadioSettings, start_s: float) -> None:
        """Let the span that began at absolute time `start_s` happen without anybody receiving."""
        drive = settings.drive(self._converter, self._imperfections, self._tuned_hz(start_s))
        period_s = 1 / settings.rate_hz
        seen = connected(self._at_probe(span, settings))
        if seen.silent:
            self._spins.rest(span.length * period_s, drive.transmit_hz)
            return
        # A long irradiation nobody watched: its end decides the state of the spins.
        begin = min(segment.offset for segment in seen.segments)
        end = max(segment.offset + segment.length for segment in seen.segments)
        begin = max(begin, end - round(_UNSEEN_MAX_S * settings.rate_hz))
        self._spins.rest(begin * period_s, drive.transmit_hz)
        self._spins.respond(seen.part(begin, end), drive, observe=False)
        self._spins.rest((seen.length - end) * period_s, drive.transmit_hz)

    def _tuned_hz(self, time_s: float) -> float | None:
        tuner = self.surroundings.tuner
        return tuner.frequency_hz(time_s) if tuner is not None else None

    def _at_probe(self, span: Span, settings: RadioSettings) -> Span:
        """Silent if the transmitter is off, mirrored if the converter inverts the spectrum."""
        if not settings.tx_lo_on or span.silent:
            return Span(span.length, (), span.to_probe)
        return span.mirrored if self._converter.inverting else span


def tone_span(settings: RadioSettings, length: int, start_s: float) -> Span:
    """What the DDS generators transmit, `length` samples from absolute time `start_s` on."""
    times = start_s + np.arange(length) / settings.rate_hz
    pairs = np.zeros((length, 2))
    for tone in settings.tones:
        pairs[:, int(tone.on_q)] += tone.scale * np.sin(2 * np.pi * tone.frequency_hz * times + tone.phase_rad)
    waveform = Waveform.from_int16(np.rint(pairs * (FULL_SCALE / 2)).astype(np.int16).ravel())
    return Span(length, tuple(audible(0, waveform, 0, length)))
