"""One shot while it is played: reference pulse, bursts of every phase, average, and the capture made of it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from acquisition.reception import RadioState
from acquisition.shot import Capture, Shot
from acquisition.shot_limits import keeps_out_of_forbidden
from sdr import alignment
from sdr.converter import Converter
from sdr.errors import AlignmentFailed, ShotStopped
from sdr.guard_client import Guard
from sdr.pluto import reference
from sdr.pluto.accumulate import Frame, PhaseCycleAverage
from sdr.pluto.configuration import Setup
from sdr.pluto.connection import Connection
from sdr.pluto.playing import Pattern, as_complex, queue_length
from sdr.pluto.rounds import bursts
from sdr.pluto.samples import dequantise, quantise
from sdr.pluto.standby import Standby
from sdr.pluto.triggered import DELAY_SAMPLES_MAX, LEAD_SAMPLES
from sdr.transceiver import InstrumentSettings

# What a Pluto passes on without a break (5 MS/s over USB), with room to spare; faster bursts must fit its queue.
STREAMING_HZ = 4e6
FRAMES_PER_BURST_MAX = 65_535
# Within a burst the caller's functions are called this often.
REPORT_S = 0.2


class CallbackFailed(BaseException):
    """Carries an OSError of the caller's own function past what takes an OSError for a broken connection."""

    def __init__(self, error: OSError) -> None:
        self.error = error
        super().__init__(str(error))


class RunningShot:
    """Plays one shot on a radio that is configured and armed. All baseband in here is the radio's own."""

    def __init__(
        self,
        connection: Connection,
        guard: Guard,
        standby: Standby,
        settings: InstrumentSettings,
        converter: Converter,
        shot: Shot,
        setup: Setup,
        tuned_hz: float,
        should_stop: Callable[[], bool],
        on_average: Callable[[int], None],
    ) -> None:
        self._connection, self._guard, self._standby = connection, guard, standby
        self._settings, self._converter = settings, converter
        self._shot = shot
        self._centre_frequency_hz = converter.nqr_hz(tuned_hz)
        self._should_stop, self._on_average = should_stop, on_average
        self._waveform = converter.baseband(np.asarray(shot.waveform, dtype=np.complex64))
        # Mirroring the spectrum mirrors the phases of the cycle as well.
        self._cycle = tuple(p.conjugate() if converter.inverted else p for p in map(complex, shot.phase_cycle))
        standby.begin(setup, self._waveform, self._cycle)
        self._average: PhaseCycleAverage | None = None
        self._has_onsets = alignment.has_onsets(self._waveform)
        self._first: Frame | None = None
        self._last: Frame | None = None
        self._reported_s = 0.0
        self._started_at_unix_s = time.time()

    def run(self, reference_level: float) -> Capture:
        """Play all of it."""
        self._report()
        if self._standby.reference is None:
            self._measure_reference(reference_level)
        if self._standby.lasts and self._standby.reference is not None:
            self._standby.expect_pulse_at(self._standby.reference.start)
        player, excitations = self._standby.player, self._standby.excitations
        player.prepare(self._pattern())
        self._average = average = PhaseCycleAverage(player.frame_samples, self._cycle)
        shot = self._shot
        # Phases have no order: the radio begins with the one that it still holds.
        backwards = player.has_loaded(excitations[-1])
        for burst in bursts(
            shot.averages, len(self._cycle), shot.repetition_time_s, self._frames_max(), backwards=backwards
        ):
            player.burst(excitations[burst.phase], burst.frames, self._taking(burst.phase), self._poll)
            if burst.ends_round:
                average.commit()
            self._guard.alive()
            self._report()
        self._check_drift()
        capture = self.capture()
        if capture is None:
            raise AlignmentFailed("Nothing was averaged.")
        return capture

    def _taking(self, phase: int) -> Callable[[Frame], None]:
        """What is done with every frame of a burst."""
        assert self._average is not None
        add = self._average.frame_sum(phase).add
        check = self._standby.pulse_check

        def take(frame: Frame) -> None:
            nonlocal check
            if check is not None:
                check.check(frame, self._cycle[phase])
                check = None
            self._keep_first_and_last(frame)
            add(frame)

        return take

    def reference_level(self, otherwise: float) -> float:
        """The level at which the reference pulse was heard."""
        return otherwise if self._standby.reference is None else self._standby.reference.level

    def capture(self) -> Capture | None:
        """What has been averaged in whole phase cycles, or None if nothing has or its start cannot be told."""
        average, shot = self._average, self._shot
        if average is None or average.averages == 0:
            return None
        try:
            start, phase_rad, notes = self._start_and_phase(average)
        except AlignmentFailed:
            return None
        samples = average.mean()[start : start + shot.capture_samples] * np.complex64(np.exp(-1j * phase_rad))
        sent = dequantise(quantise(self._waveform))
        capture = Capture(
            samples=self._converter.baseband(samples),
            waveform=self._converter.baseband(sent),
            sample_rate_hz=shot.sample_rate_hz,
            centre_frequency_hz=self._centre_frequency_hz,
            dead_time_s=shot.dead_time_s,
            averages=average.averages,
            method=shot.method,
            purpose=shot.purpose,
            alignment=self._connection.identity.synchronisation,
            instrument=self._settings.slug,
            started_at_unix_s=self._started_at_unix_s,
            radio=self._radio_state(start, phase_rad),
        )
        overloaded = int(
            np.count_nonzero(average.overloaded()[start : start + shot.capture_samples] & capture.receive_mask)
        )
        if overloaded:
            data = int(np.count_nonzero(capture.receive_mask))
            notes += [f"The receiver was overloaded in {overloaded} of {data} data samples; lower its gain."]
        return dataclasses.replace(capture, notes=(*self._describe(), *notes))

    def _start_and_phase(self, average: PhaseCycleAverage) -> tuple[int, float, list[str]]:
        """Index of the first transmitted sample in the frames, phase of the leakage, and what to say of them."""
        heard = self._standby.reference
        if heard is not None:
            start = heard.start if self._standby.lasts else LEAD_SAMPLES
            note = (
                f"Phase turned to that of the leakage, measured with a reference pulse of {heard.level:.3g} "
                f"of full scale; leakage gain {heard.gain:.3g}."
            )
            return start, heard.phase_rad, [note]
        mean = average.mean()
        found = alignment.find_start(mean[: len(self._waveform) + LEAD_SAMPLES + DELAY_SAMPLES_MAX], self._waveform)
        note = "Phase turned to that of the pulse's own leakage, which may be off by up to 45 degrees if saturated."
        return found.start, found.phase_rad, [note]

    def _radio_state(self, start: int, phase_rad: float) -> RadioState:
        """What is kept of the radio with the record; without the TDD core nobody knows when transmission began."""
        frames_are_timed = self._connection.tdd is not None
        return RadioState(
            frequency_hz=self._converter.radio_hz(self._centre_frequency_hz),
            inverted=self._converter.inverted,
            turned_rad=phase_rad,
            phase_cycle=tuple(map(complex, self._shot.phase_cycle)),
            start_delay_s=(start - LEAD_SAMPLES) / self._shot.sample_rate_hz if frames_are_timed else None,
        )

    def _describe(self) -> tuple[str, ...]:
        identity = self._connection.identity
        how = "started by the TDD core" if identity.synchronisation == "tdd" else "aligned by the transmit leakage"
        gain_db, attenuation_db = self._settings.rx_gain_db, self._settings.tx_attenuation_db
        return (
            f"{identity.model}, serial {identity.serial or 'unknown'}, firmware {identity.firmware}; {how}.",
            self._converter.describe(),
            f"Receiver gain {gain_db:g} dB, transmitter attenuation {attenuation_db:g} dB.",
        )

    def _measure_reference(self, level: float) -> None:
        """Once for all shots of one tuning; left out where its spectrum is not allowed though the shot's is."""
        shot = self._shot
        sent = reference.shape(level)
        if not keeps_out_of_forbidden(sent, shot.sample_rate_hz, shot.centre_frequency_hz, self._settings.limits):
            return
        player = self._standby.player
        player.prepare(reference.pattern(self._shot.sample_rate_hz))
        peak = float(np.max(np.abs(self._waveform)))
        try:
            self._standby.reference = reference.measure(player, peak, level, self._poll)
        except AlignmentFailed:
            self._standby.reference = None

    def _pattern(self) -> Pattern:
        shot = self._shot
        frames = min(self._frames_max(), shot.averages // len(self._cycle))
        return Pattern(shot.sample_rate_hz, len(shot.waveform), shot.capture_samples, shot.repetition_time_s, frames)

    def _frames_max(self) -> int:
        """Frames in a burst, so that the radio can keep those that come faster than they can be fetched."""
        shot = self._shot
        if shot.capture_samples / shot.repetition_time_s <= STREAMING_HZ:
            return FRAMES_PER_BURST_MAX
        return queue_length(shot.capture_samples + LEAD_SAMPLES + DELAY_SAMPLES_MAX)

    def _poll(self) -> None:
        """Called often while the radio is waited for."""
        self._guard.alive()
        if time.monotonic() - self._reported_s >= REPORT_S:
            self._report()

    def _report(self) -> None:
        self._reported_s = time.monotonic()
        try:
            stop = self._should_stop()
            if self._average is not None:
                self._on_average(self._average.frames)
        except OSError as error:
            raise CallbackFailed(error) from error
        if stop:
            raise ShotStopped("The shot was stopped on request; the transmitter is off.")

    def _keep_first_and_last(self, frame: Frame) -> None:
        average = self._average
        if average is None or not self._has_onsets:
            return
        if self._first is None:
            self._first = frame.copy()
        elif average.frames == self._shot.averages - 1:
            self._last = frame.copy()

    def _check_drift(self) -> None:
        """With the TDD core every frame must begin alike; a transmit buffer that slips would smear the average."""
        if self._average is None or self._first is None or self._last is None:
            return
        near, _, _ = self._start_and_phase(self._average)
        first, last = (
            alignment.onset_near(as_complex(frame), self._waveform, near) for frame in (self._first, self._last)
        )
        if first != last:
            raise AlignmentFailed(
                f"Transmission began {last - first:+d} samples later in the last frame than in the first.",
                "Set the instrument's synchronisation to leakage, or update the radio's firmware.",
            )
