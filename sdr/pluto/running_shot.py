"""One shot while it is played: reference pulse, bursts of every phase, average, and the capture made of it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable

import numpy as np

from acquisition.reception import RadioState
from acquisition.shot import BoolArray, Capture, ComplexArray, Shot
from acquisition.shot_limits import keeps_out_of_forbidden
from sdr import alignment
from sdr.converter import Converter
from sdr.errors import AlignmentFailed, ShotStopped
from sdr.guard_client import Guard
from sdr.pluto import reference
from sdr.pluto.accumulate import Frame, PhaseCycleAverage
from sdr.pluto.configuration import Setup
from sdr.pluto.connection import Connection
from sdr.pluto.losses import lost
from sdr.pluto.playing import Pattern, as_complex, queue_length
from sdr.pluto.rounds import bursts
from sdr.pluto.standby import Standby
from sdr.pluto.triggered import DELAY_SAMPLES_MAX, LEAD_SAMPLES
from sdr.switch import deaf
from sdr.transceiver import InstrumentSettings

# What a Pluto passes on without a break (5 MS/s over USB), with room to spare.
STREAMING_HZ = 4e6
FRAMES_PER_BURST_MAX = 65_535
# The reference pulse is the tail of frames that leave the sample this much time to forget it, and of no longer ones.
TAIL_SPARE_S = 2e-3
TAIL_CAPTURE_MAX = 250_000
# Within a burst the caller's functions are called this often.
REPORT_S = 0.2
# The guard is given signs of life no more often than this.
ALIVE_S = 0.1


# A start that differs from the calibrated delay by more is worth a note.
EXPECTED_WITHIN = 3


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
        verify: Callable[[], None],
        should_stop: Callable[[], bool],
        on_average: Callable[[int], None],
    ) -> None:
        self._connection, self._guard, self._standby = connection, guard, standby
        self._settings, self._converter = settings, converter
        self._shot = shot
        self._centre_frequency_hz = converter.nqr_hz(tuned_hz)
        self._verify = verify
        self._should_stop, self._on_average = should_stop, on_average
        self._waveform = converter.baseband(np.asarray(shot.waveform, dtype=np.complex64))
        # Mirroring the spectrum mirrors the phases of the cycle as well.
        self._cycle = tuple(p.conjugate() if converter.inverted else p for p in map(complex, shot.phase_cycle))
        standby.tune(setup)
        self._peak = float(np.max(np.abs(self._waveform)))
        self._average: PhaseCycleAverage | None = None
        self._first: Frame | None = None
        self._last: Frame | None = None
        self._result: tuple[ComplexArray, BoolArray] | None = None
        self._result_averages = 0
        self._reported_s = self._alive_s = 0.0
        self._started_at_unix_s = time.time()

    def run(self, reference_level: float) -> Capture:
        """Play all of it."""
        self._report()
        shot, standby, player = self._shot, self._standby, self._standby.player
        if standby.reference is None and not (standby.tails_agree and self._tail_level() is not None):
            self._measure_reference(reference_level)
        tail_level = None if standby.tails_agree is False else self._tail_level()
        standby.load(self._waveform, self._cycle, shot.capture_samples, tail_level)
        excitations = standby.excitations
        pattern = self._pattern(len(excitations[0].waveform))
        player.prepare(pattern)
        self._average = average = PhaseCycleAverage(player.frame_samples, self._cycle)
        # Phases have no order: the radio begins with the one that it still holds.
        backwards = player.has_loaded(excitations[-1])
        for burst in bursts(
            shot.averages, len(self._cycle), shot.repetition_time_s, pattern.frames_max, backwards=backwards
        ):
            player.burst(excitations[burst.phase], burst.frames, self._taking(burst.phase), self._poll)
            if burst.ends_round:
                # After its last sample: nobody has changed anything, and no server was restarted, since it was set.
                self._verify()
                average.commit()
            self._guard.alive()
            self._report()
        heard = standby.listen(*self._averaged(average), shot.capture_samples)
        if heard is not None:
            standby.hear(heard)
        elif standby.tail_level is not None:  # the oscillators have not been touched since
            self._measure_reference(standby.tail_level)
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
        return self._standby.level or otherwise

    def capture(self) -> Capture | None:
        """What has been averaged in whole phase cycles, or None if nothing has or its start cannot be told."""
        average, shot = self._average, self._shot
        if average is None or average.averages == 0:
            return None
        try:
            start, phase_rad, notes = self._start_and_phase(average)
        except AlignmentFailed:
            return None
        mean, reached_end = self._averaged(average)
        samples = mean[start : start + shot.capture_samples] * np.complex64(np.exp(-1j * phase_rad))
        capture = Capture(
            samples=self._converter.baseband(samples),
            waveform=self._converter.baseband(self._standby.sent),
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
            missing=deaf(shot, self._settings.switch),
        )
        overloaded = int(np.count_nonzero(reached_end[start : start + shot.capture_samples] & capture.receive_mask))
        if overloaded:
            data = int(np.count_nonzero(capture.receive_mask))
            notes += [f"The receiver was overloaded in {overloaded} of {data} data samples; lower its gain."]
        return dataclasses.replace(capture, notes=(*self._describe(), *notes))

    def _averaged(self, average: PhaseCycleAverage) -> tuple[ComplexArray, BoolArray]:
        """Mean of the frames (n,), and which samples reached an end of the converter's scale; computed once."""
        if self._result is None or self._result_averages != average.averages:
            self._result, self._result_averages = (average.mean(), average.overloaded()), average.averages
        return self._result

    def _start_and_phase(self, average: PhaseCycleAverage) -> tuple[int, float, list[str]]:
        """Index of the first transmitted sample in the frames, phase of the leakage, and what to say of them."""
        mean, reached_end = self._averaged(average)
        heard = self._standby.listen(mean, reached_end, self._shot.capture_samples)
        expected = self._expected_start()
        if heard is not None:
            start = heard.start if self._standby.lasts else LEAD_SAMPLES
            note = (
                f"Phase turned to that of the leakage, measured with a reference pulse of {heard.level:.3g} "
                f"of full scale; leakage gain {heard.gain:.3g}."
            )
            away = 0 if expected is None else start - expected
            if abs(away) > EXPECTED_WITHIN:
                return start, heard.phase_rad, [note, f"Reception began {away:+d} samples off its calibrated delay."]
            return start, heard.phase_rad, [note]
        if expected is not None:
            window = mean[expected : expected + len(self._waveform)]
            phase_rad = float(np.angle(np.vdot(self._waveform[: len(window)], window)))
            return expected, phase_rad, ["Start by the calibrated delay; the phase is that of what was heard then."]
        found = alignment.find_start(mean[: len(self._waveform) + LEAD_SAMPLES + DELAY_SAMPLES_MAX], self._waveform)
        note = "Phase turned to that of the pulse's own leakage, which may be off by up to 45 degrees if saturated."
        return found.start, found.phase_rad, [note]

    def _expected_start(self) -> int | None:
        """Index of the first transmitted sample by the calibrated delay; None without one, or without the TDD core."""
        rate_hz = self._shot.sample_rate_hz
        delay_s = dict(self._settings.tx_rx_delays_s).get(rate_hz)
        if delay_s is None or not self._standby.lasts:
            return None
        start = LEAD_SAMPLES + round(delay_s * rate_hz)
        return start if 0 <= start <= LEAD_SAMPLES + DELAY_SAMPLES_MAX else None

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
        """Play the reference pulse by itself; left out where its spectrum is not allowed though the shot's is."""
        if not self._allows(level):
            return
        player = self._standby.player
        player.prepare(reference.pattern(self._shot.sample_rate_hz))
        try:
            self._standby.hear(reference.measure(player, self._peak, level, self._poll))
        except AlignmentFailed:
            self._standby.reference = None

    def _allows(self, level: float) -> bool:
        """The reference pulse keeps out of forbidden bands."""
        shot, sent = self._shot, reference.shape(level)
        return keeps_out_of_forbidden(sent, shot.sample_rate_hz, shot.centre_frequency_hz, self._settings.limits)

    def _tail_level(self) -> float | None:
        """Level of a reference pulse behind every capture, or None if there is no room, or it is not known yet."""
        shot, level = self._shot, self._standby.level
        if self._settings.switch.by != "none":
            return None  # it points to the receiver then, which no transmission may reach
        spare_s = shot.repetition_time_s - shot.capture_time_s
        if not self._standby.lasts or level is None or shot.capture_samples > TAIL_CAPTURE_MAX:
            return None
        loud = level > min(reference.LEVEL_FIRST, self._peak)
        return None if loud or spare_s < TAIL_SPARE_S or not self._allows(level) else level

    def _pattern(self, buffer_samples: int) -> Pattern:
        shot = self._shot
        tail = 0 if self._standby.tail_level is None else reference.TAIL_SAMPLES
        received = shot.capture_samples + tail
        # What is faster than the radio passes on without a break must fit its queue.
        streams = received / shot.repetition_time_s <= STREAMING_HZ
        at_once = FRAMES_PER_BURST_MAX if streams else queue_length(received + LEAD_SAMPLES + DELAY_SAMPLES_MAX)
        frames = min(at_once, shot.averages // len(self._cycle))
        return Pattern(
            sample_rate_hz=shot.sample_rate_hz,
            pulse_samples=len(shot.waveform),
            buffer_samples=buffer_samples,
            capture_samples=received,
            repetition_time_s=shot.repetition_time_s,
            frames_max=frames,
        )

    def _poll(self) -> None:
        """Called often while the radio is waited for."""
        now_s = time.monotonic()
        if now_s - self._alive_s >= ALIVE_S:
            self._alive_s = now_s
            self._guard.alive()
        if now_s - self._reported_s >= REPORT_S:
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
        if average is None or len(self._standby.onsets[0]) == 0:
            return
        if self._first is None and not self._lacks_pulse(frame):
            self._first = frame.copy()
        elif average.frames == self._shot.averages - 1 and not self._lacks_pulse(frame):
            self._last = frame.copy()

    def _lacks_pulse(self, frame: Frame) -> bool:
        """Whether samples that tell when transmission began were lost on the way."""
        pulse_end = LEAD_SAMPLES + DELAY_SAMPLES_MAX + len(self._waveform)
        return bool(lost(frame, lively=True)[:pulse_end].any())

    def _is_clear(self, frame: ComplexArray, start: int) -> bool:
        """Whether the pulse in one frame (n,) stands so far above the noise before it that its onsets can be told."""
        noise = float(np.std(frame[: max(start - alignment.ONSET_SEARCH_AFTER, 2)]))
        heard = frame[start : start + len(self._waveform)][self._waveform != 0]
        onsets = len(self._standby.onsets[0])
        return float(np.median(np.abs(heard))) * math.sqrt(onsets) >= reference.CLEAR_OF_NOISE * noise

    def _check_drift(self) -> None:
        """With the TDD core every frame must begin alike; a transmit buffer that slips would smear the average."""
        if self._average is None or self._first is None or self._last is None:
            return
        near, _, _ = self._start_and_phase(self._average)
        if not self._is_clear(as_complex(self._first), near):
            return
        end = 2 * (near + len(self._waveform) + alignment.ONSET_SEARCH_AFTER)
        first, last = (
            alignment.onset_near(as_complex(frame[:end]), self._waveform, near, known=self._standby.onsets)
            for frame in (self._first, self._last)
        )
        if first != last:
            raise AlignmentFailed(
                f"Transmission began {last - first:+d} samples later in the last frame than in the first.",
                "Set the instrument's synchronisation to leakage, or update the radio's firmware.",
            )
