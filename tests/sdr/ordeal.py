"""Random operations on a driver while random faults befall its radio: what comes back is right, or a typed error.

Each sequence is a function of its seed: which radio, what is asked of the driver, what goes wrong and when, counted in
blocks, attributes or calls of the driver's callbacks. Every capture, partial ones too, is compared with what the same
shot gave on a radio without faults, which in turn was checked against the waveform that was sent and the line in the
sample. At the end the radio is mended, the driver closed, and the radio asked whether anything leaves its transmitter.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import iio
import numpy as np

from acquisition.shot import Capture, Shot
from sdr import open_transceiver
from sdr.conformance.shots import coded
from sdr.errors import RadioBusy, SdrError
from sdr.simulated import SimulatedProcess, running
from sdr.simulated.faults import FaultKind
from sdr.transceiver import ConverterSettings, InstrumentSettings, Transceiver
from tools.processes import free_port

LINE_HZ = 28.03e6
SAMPLE: dict[str, Any] = {
    "name": "a strong line, and leakage that does not saturate",
    "lines": [{"frequency_hz": LINE_HZ, "amplitude_over_noise": 10.0, "t1_s": 1e-3, "t2_s": 1.5e-3, "t2_star_s": 3e-4}],
    "receiver": {"leakage_lsb": 1000.0},
}
PULSE_SAMPLES = 80
RADIOS = {"v0.39": ("pluto", "v0.39"), "v0.32": ("pluto", "v0.32"), "adrv9361": ("adrv9361", "v0.32")}

REPLY_TIMEOUT_S = 2.0
RECOVER_S = 20.0
BUSY_S = 5.0
GUARD_S = 5.0
THAW_AFTER_S = (0.2, 3.0)
LATE_S = (0.2, 0.4, 2.6)


def shots() -> tuple[Shot, ...]:
    """They differ in everything that a radio which lost its settings would get wrong."""

    def shot(code: int, centre_hz: float, rate_hz: float, averages: int, cycle: tuple[complex, ...]) -> Shot:
        pulse = np.ones(PULSE_SAMPLES, dtype=np.complex64)
        return Shot(
            method="ordeal",
            centre_frequency_hz=centre_hz,
            sample_rate_hz=rate_hz,
            waveform=np.concatenate([coded(1.0, code), pulse]),
            capture_samples=8000,
            dead_time_s=10e-6,
            averages=averages,
            repetition_time_s=5e-3,
            phase_cycle=cycle,
        )

    return (
        shot(1, 28.00e6, 10e6, 16, (1, -1)),
        shot(2, 28.00e6, 10e6, 16, (1, 1j, -1, -1j)),
        shot(3, 28.06e6, 10e6, 32, (1, -1)),
        shot(4, 28.06e6, 5e6, 8, (1, -1)),
        shot(5, 27.97e6, 20e6, 16, (1, -1)),
        shot(6, 28.00e6, 10e6, 400, (1, -1)),
    )


FAULTS = (
    "none",
    "kill-mid-buffer",
    "timeout",
    "reboot",
    "short",
    "freeze",
    "delay",
    "busy",
    "no-memory",
    "kill-push",
    "kill-attribute",
    "timeout-attribute",
    "reboot-attribute",
    "refuse-write",
    "ignore-write",
    "freeze-attribute",
    "delay-attribute",
    "reboot now",
    "unplug",
    "restart",
    "move",
)
SHORT, LONG = 0, 5  # indices of a short shot and of the longest


def wrong(capture: Capture, expected: Capture, *, partial: bool = False) -> str:
    """What is wrong with a capture, or "": compared with one of the same shot from a radio without faults."""
    if capture.samples.shape != expected.samples.shape or capture.sample_rate_hz != expected.sample_rate_hz:
        return "another shape or rate"
    if abs(capture.centre_frequency_hz - expected.centre_frequency_hz) > 10:
        return f"another frequency, {capture.centre_frequency_hz:.0f} Hz"
    if not np.array_equal(capture.waveform, expected.waveform):
        return "another waveform"
    if not (0 < capture.averages <= expected.averages if partial else capture.averages == expected.averages):
        return f"{capture.averages} averages instead of {expected.averages}"
    length = len(expected.waveform) + 60
    noise = float(np.std(expected.samples[-1000:])) * np.sqrt(1 + expected.averages / capture.averages)
    # Without the TDD core the start is found in the noise of each reception, to the sample or next to it.
    shifts = (0,) if capture.alignment == "tdd" else (-1, 0, 1)
    differences = [np.roll(capture.samples, shift) - expected.samples for shift in shifts]
    for what, part, most in (("pulse", slice(2, length), 0.25), ("line", slice(length, -2), 0.35)):
        allowed = most * _rms(expected.samples[part]) + 1.5 * noise
        found = min(_rms(difference[part]) for difference in differences)
        if found > allowed:
            return f"the {what} differs by {found:.4f} where {allowed:.4f} may be"
    return ""


def suspicious(capture: Capture, shot: Shot) -> str:
    """What is wrong with a capture that others will be compared with: the echo and the line, from first principles."""
    length = len(shot.waveform)
    sent = np.concatenate([shot.waveform, np.zeros(60, dtype=np.complex64)])
    heard = capture.samples[: len(sent)]
    product = abs(np.vdot(sent, heard)) / (np.linalg.norm(sent) * np.linalg.norm(heard))
    if product < 0.9:
        return f"the reception resembles the waveform by {product:.2f} only"
    data = capture.samples[length + 100 :]
    spectrum = np.abs(np.fft.fft(data, 16 * len(data)))
    peak = int(np.argmax(spectrum))
    line_hz = capture.centre_frequency_hz + float(np.fft.fftfreq(len(spectrum), 1 / capture.sample_rate_hz)[peak])
    # The shots are tuned 30 kHz apart; off resonance a pulse pulls a line of 1 kHz by some hundred hertz.
    return "" if abs(line_hz - LINE_HZ) < 1500 else f"the line is at {line_hz:.0f} Hz"


def _rms(samples: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt(np.mean(np.abs(samples) ** 2)))


@dataclass
class Report:
    """What came of the sequences so far."""

    sequences: int = 0
    captures: int = 0
    partials: int = 0
    recovered: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    false_data: list[str] = field(default_factory=list)
    untyped: list[str] = field(default_factory=list)
    left_on: list[str] = field(default_factory=list)
    tx_off_s: float = 0.0  # the longest that a guard took after the driver had closed

    @property
    def problems(self) -> list[str]:
        """All that must not be, each with its sequence."""
        return [*self.false_data, *self.untyped, *self.left_on]


class Ordeal:
    """Runs sequences; `tell` is given a line about each. Use as a context manager."""

    def __init__(
        self,
        seed: int,
        *,
        radios: tuple[str, ...] = tuple(RADIOS),
        faults: tuple[str, ...] = FAULTS,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.radios, self.faults = radios, faults
        self._seed, self._tell = seed, tell
        self._shots = shots()
        self._expected: dict[tuple[str, int], Capture] = {}
        self.report = Report()

    def run(self, sequences: int, first: int = 0) -> Report:
        """Run that many, from the number `first` on: each is a function of seed and number alone."""
        for number in range(first, first + sequences):
            sequence = _Sequence(self, np.random.default_rng([self._seed, number]), f"{self._seed}:{number}")
            began_s, known = time.monotonic(), len(self.report.problems)
            sequence.run()
            self.report.sequences += 1
            self._tell(f"{sequence.name}: {', '.join(sequence.story)} ({time.monotonic() - began_s:.1f} s)")
            for problem in self.report.problems[known:]:
                self._tell(f"PROBLEM {problem}")
        return self.report

    def menu(self, radio: str, counts: tuple[int, ...]) -> Report:
        """Every fault that the simulator knows, each counted down from every one of `counts`, during one shot."""
        sequence = _Sequence(self, np.random.default_rng(self._seed), "menu", radio)
        sequence.run_menu([f"{kind.text}:{count}" for kind in FaultKind for count in counts])
        self._tell(f"menu: {', '.join(sequence.story)}")
        return self.report

    def expected(self, radio: str, index: int) -> Capture:
        """What a shot gives on a radio without faults."""
        if (radio, index) not in self._expected:
            kind, firmware = RADIOS[radio]
            with running(SAMPLE, radio=kind, firmware=firmware) as process:
                unhurried = replace(settings_of(radio, process.uri), reply_timeout_s=30.0)
                with open_transceiver(unhurried) as transceiver:
                    for each, shot in enumerate(self._shots):
                        capture = transceiver.play(shot)
                        if problem := suspicious(capture, shot):
                            raise AssertionError(f"without a fault, {radio}, shot {each}: {problem}")
                        self._expected[radio, each] = capture
        return self._expected[radio, index]

    @property
    def shots(self) -> tuple[Shot, ...]:
        return self._shots


def settings_of(radio: str, uri: str) -> InstrumentSettings:
    """The settings that open a simulated radio of this kind."""
    return InstrumentSettings(
        "ordeal",
        uri,
        driver=RADIOS[radio][0],
        converter=ConverterSettings("upper", 400e6),
        connect_timeout_s=0.5,
        reply_timeout_s=REPLY_TIMEOUT_S,
    )


class _Sequence:
    """One radio, one transceiver, some operations with faults, and the reckoning."""

    def __init__(self, ordeal: Ordeal, rng: np.random.Generator, name: str, radio: str = "") -> None:
        self._ordeal, self._rng, self.name = ordeal, rng, name
        self._report = ordeal.report
        self._radio = radio or str(rng.choice(ordeal.radios))
        self._port, self._other_port = free_port(), free_port()
        self._serial = "" if self._radio == "adrv9361" else f"ordeal-{name}"
        self._running = contextlib.ExitStack()
        self._process: SimulatedProcess
        self._transceiver: Transceiver | None = None
        self._helpers: list[threading.Thread] = []
        self._over = threading.Event()
        self.story: list[str] = [self._radio]

    def run(self) -> None:
        with self._prepared():
            for _ in range(int(self._rng.integers(2, 6))):
                self._step()

    def run_menu(self, faults: list[str]) -> None:
        """For each: a shot during which it strikes, silence, and, once the radio is back, a shot that must be right."""
        with self._prepared():
            self._process.command("delay 0.3")
            self._later(0.5, "thaw")
            self._attempt(self._open)
            for fault in faults:
                transceiver = self._transceiver
                if transceiver is None or not self._play_right(transceiver):
                    self._report.untyped.append(f"{self._so_far()}: no right capture before {fault}")
                    return
                self._process.fault(fault)
                self._report.faults[fault.partition(":")[0]] += 1
                self.story.append(fault)
                lost = self._play(transceiver, "play", _nothing, SHORT)
                self._process.command("clear")
                if lost:
                    self._recover()
                self._attempt(transceiver.make_safe)
                if problem := transmits(self._process):
                    self._report.left_on.append(f"{self._so_far()}: {problem}")
            if self._transceiver is None or not self._play_right(self._transceiver):
                self._report.untyped.append(f"{self._so_far()}: no right capture afterwards")

    def _play_right(self, transceiver: Transceiver) -> bool:
        captures = self._report.captures
        self._play(transceiver, "play", _nothing, SHORT)
        return self._report.captures > captures

    @contextlib.contextmanager
    def _prepared(self) -> Iterator[None]:
        """The radio is there within, and the reckoning comes after."""
        self._ordeal.expected(self._radio, 0)
        os.environ["RASGADO_RADIO_URIS"] = f"ip:127.0.0.1:{self._port} ip:127.0.0.1:{self._other_port}"
        try:
            self._start(self._port)
            yield
            self._reckon()
        finally:
            self._dismiss_helpers()
            self._running.close()
            os.environ.pop("RASGADO_RADIO_URIS")

    def _start(self, port: int) -> None:
        kind, firmware = RADIOS[self._radio]
        self._process = self._running.enter_context(
            running(SAMPLE, port=port, radio=kind, firmware=firmware, serial=self._serial)
        )

    # What goes wrong

    def _befall(self) -> Callable[[], None]:
        """Choose a fault: it waits to be counted down, or it happens when what is returned is called."""
        rng, count = self._rng, lambda most: int(self._rng.integers(1, most + 1))
        kind = str(rng.choice(self._ordeal.faults))
        self._report.faults[kind] += 1
        self.story.append(kind)
        match kind:
            case "none":
                return _nothing
            case "kill-mid-buffer" | "timeout" | "reboot" | "short":
                return self._armed(f"{kind}:{count(20)}")
            case "freeze":
                return self._armed(f"freeze:{count(20)}", thaw=True)
            case "delay":
                self._process.command(f"delay {rng.choice(LATE_S)}")
                return self._armed(f"delay:{count(20)}")
            case "busy" | "no-memory" | "kill-push":
                return self._armed(f"{kind}:{count(3)}")
            case "kill-attribute" | "timeout-attribute" | "reboot-attribute" | "refuse-write" | "ignore-write":
                return self._armed(f"{kind}:{count(60)}")
            case "freeze-attribute":
                return self._armed(f"{kind}:{count(60)}", thaw=True)
            case "delay-attribute":
                self._process.command(f"delay {rng.choice(LATE_S)}")
                return self._armed(f"{kind}:{count(60)}")
            case "reboot now":
                return lambda: self._process.command("reboot")
            case "unplug":
                return self._unplug
            case "restart":
                return lambda: self._restart(self._port)
            case "move":
                self._other_port, self._port = self._port, self._other_port
                return lambda: self._restart(self._port)
        raise AssertionError(kind)

    def _armed(self, fault: str, *, thaw: bool = False) -> Callable[[], None]:
        self._process.fault(fault)
        self.story[-1] = fault
        if thaw:
            self._later(float(self._rng.uniform(*THAW_AFTER_S)), "thaw")
        return _nothing

    def _unplug(self) -> None:
        self._process.command("unplug")
        self._later(float(self._rng.uniform(*THAW_AFTER_S)), "plug")

    def _later(self, delay_s: float, command: str) -> None:
        """Again and again: the fault that it ends may not have happened yet."""
        process, over = self._process, self._over

        def act() -> None:
            while not over.wait(delay_s):
                with contextlib.suppress(ValueError, OSError):  # it was restarted meanwhile
                    process.command(command)

        helper = threading.Thread(target=act, daemon=True)
        self._helpers.append(helper)
        helper.start()

    def _dismiss_helpers(self) -> None:
        self._over.set()
        for helper in self._helpers:
            helper.join()

    def _restart(self, port: int) -> None:
        """Power off and on, at the same address or another one; without a serial number always at the same."""
        port = port if self._serial else int(self._process.uri.rsplit(":", 1)[1])
        self._process.kill()
        self._start(port)

    # What is asked of the driver

    def _step(self) -> None:
        strike = self._befall()
        operation = str(self._rng.choice(["play", "play", "play", "stop", "fail", "safe", "reopen", "recover"]))
        self.story.append(operation)
        at_call = int(self._rng.integers(1, 6))
        if operation in ("safe", "reopen", "recover"):
            strike()
        if self._transceiver is None:
            self._attempt(self._open)
        elif operation == "reopen":
            transceiver, self._transceiver = self._transceiver, None
            self._attempt(transceiver.close)
            self._attempt(self._open)
        elif operation == "safe":
            self._attempt(self._transceiver.make_safe)
        elif operation == "recover":
            self._recover()
        if operation in ("play", "stop", "fail") and self._transceiver is not None:
            lost = self._play(self._transceiver, operation, _at_call(strike, at_call))
            if lost and self._rng.random() < 0.7:
                self._recover()
        if self._transceiver is not None and self._rng.random() < 0.7:
            # What the driver believes of the radio now is false if it missed anything.
            self._play(self._transceiver, "play", _nothing)

    def _open(self) -> None:
        """Whoever waits for a guard to finish with a radio asks again."""
        deadline_s = time.monotonic() + BUSY_S
        while self._transceiver is None:
            try:
                self._transceiver = open_transceiver(settings_of(self._radio, self._process.uri))
            except RadioBusy:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.1)

    def _recover(self) -> None:
        assert self._transceiver is not None
        if self._attempt(lambda: self._transceiver and self._transceiver.recover(RECOVER_S)):
            self._report.recovered += 1

    def _play(
        self, transceiver: Transceiver, operation: str, on_call: Callable[[], None], index: int | None = None
    ) -> bool:
        """Play a shot, a random one unless `index` is given, and judge what comes back; True if it was an error."""
        # A short shot is over before it can be stopped.
        if index is None:
            index = LONG if operation != "play" else int(self._rng.integers(len(self._ordeal.shots)))
        shot, expected = self._ordeal.shots[index], self._ordeal.expected(self._radio, index)
        calls = 0

        def should_stop() -> bool:
            nonlocal calls
            calls += 1
            on_call()
            return operation == "stop" and calls > 4

        def on_average(done: int) -> None:
            if operation == "fail" and calls > 4:
                raise _OurOwn

        try:
            capture = transceiver.play(shot, should_stop=should_stop, on_average=on_average)
        except _OurOwn:
            self.story.append("raised")
        except SdrError as error:
            self._judge_partial(transceiver, expected)
            self._note(error)
            return error.code != "stopped"
        except Exception as error:
            self._report.untyped.append(f"{self._so_far()}: {type(error).__name__}: {error}")
        else:
            self._report.captures += 1
            self.story.append("ok")
            if problem := wrong(capture, expected):
                self._report.false_data.append(f"{self._so_far()}: {problem}")
        return False

    def _judge_partial(self, transceiver: Transceiver, expected: Capture) -> None:
        partial = transceiver.partial()
        if partial is None:
            return
        self._report.partials += 1
        if problem := wrong(partial, expected, partial=True):
            self._report.false_data.append(f"{self._so_far()}: partial: {problem}")

    def _attempt(self, operation: Callable[[], object]) -> bool:
        try:
            operation()
        except SdrError as error:
            self._note(error)
            return False
        except Exception as error:
            self._report.untyped.append(f"{self._so_far()}: {type(error).__name__}: {error}")
            return False
        return True

    def _note(self, error: SdrError) -> None:
        self._report.errors[error.code] += 1
        self.story.append(error.code)

    def _so_far(self) -> str:
        return f"{self.name} ({', '.join(self.story)})"

    # The end

    def _reckon(self) -> None:
        """Mend the radio, close the driver, and look at the transmitter as somebody else."""
        self._dismiss_helpers()
        self._process.command("clear")
        if self._transceiver is not None and not self._attempt(self._transceiver.close):
            # The radio has gone to where only a search finds it, or its connection broke unnoticed: the next opening
            # must find it silent or make it so.
            self._transceiver = None
        if self._transceiver is None:
            self._attempt(self._open)
            if self._transceiver is not None:
                self._attempt(self._transceiver.close)
        began_s = time.monotonic()
        while problem := transmits(self._process):
            if time.monotonic() - began_s > GUARD_S:
                self._report.left_on.append(f"{self._so_far()}: {problem}")
                return
            time.sleep(0.1)
        self._report.tx_off_s = max(self._report.tx_off_s, time.monotonic() - began_s)


class _OurOwn(Exception):
    """Raised by a callback of the ordeal."""


def _nothing() -> None:
    return


def _at_call(act: Callable[[], None], number: int) -> Callable[[], None]:
    """Calls `act` when called the given number of times."""
    left = iter([_nothing] * (number - 1) + [act])
    return lambda: next(left, _nothing)()


def transmits(process: SimulatedProcess) -> str:
    """What of the transmitter is not off, by the radio's own log and by its attributes; "" if all of it is."""
    if [entry["event"] for entry in process.log() if entry["event"].startswith("tx_")][-1:] == ["tx_on"]:
        return "by its log it transmits"
    context = iio.Context(process.uri)
    phy, dac = context.find_device("ad9361-phy"), context.find_device("cf-ad9361-dds-core-lpc")
    if phy.find_channel("altvoltage1", True).attrs["powerdown"].value != "1":
        return "its oscillator is on"
    for channel in phy.channels:
        if channel.output and "hardwaregain" in channel.attrs:
            if not channel.attrs["hardwaregain"].value.startswith("-89.75"):
                return f"{channel.id} is not attenuated"
    for channel in dac.channels:
        if channel.id.startswith("altvoltage") and float(channel.attrs["scale"].value) != 0:
            return f"tone {channel.id} is on"
    tdd = context.find_device("iio-axi-tdd-0")
    return "" if tdd is None or tdd.attrs["enable"].value == "0" else "the TDD core is enabled"


@contextlib.contextmanager
def own_locks(folder: str) -> Iterator[None]:
    """Locks of the machine's own radios are none of ours."""
    earlier = os.environ.get("RASGADO_LOCK_DIR")
    os.environ["RASGADO_LOCK_DIR"] = folder
    try:
        yield
    finally:
        os.environ.pop("RASGADO_LOCK_DIR")
        if earlier is not None:
            os.environ["RASGADO_LOCK_DIR"] = earlier
