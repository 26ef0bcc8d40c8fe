"""A port of its own for what is around the sample: the probe's tuner and the temperature.

ASCII lines, one reply a line, "OK ..." or "ERROR sentence"; docs/how-to/simulated-spectrometer.md lists them.
"""

from __future__ import annotations

import math
import socket
import threading
import time

from sdr.simulated.log import EventLog
from sdr.simulated.radio import Radio
from sdr.simulated.tuner import ProbeTuner

_LINE_MAX = 200
_TEMPERATURES_K = (1.0, 2000.0)
_COMMANDS = ("IDENTIFY", "RANGE", "TUNE", "STATUS", "WAIT", "TEMPERATURE")


class ProbePort:
    """Serves any number of clients, each in a thread of its own; `changed` is the condition of the radio's server."""

    def __init__(self, radio: Radio, changed: threading.Condition, log: EventLog, listener: socket.socket) -> None:
        self._radio = radio
        self._changed = changed
        self._log = log
        self._listener = listener

    def serve_forever(self) -> None:
        """Accept clients until the listener is closed."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            try:
                while line := lines.readline(_LINE_MAX):
                    reply = self.answer(line.decode("ascii", "replace").strip())
                    client.sendall(f"{reply}\n".encode("ascii", "replace"))
            except OSError:
                return

    def answer(self, line: str) -> str:
        """The reply to one line."""
        word, _, argument = line.partition(" ")
        try:
            return f"OK {self._obey(word.upper(), argument.strip())}"
        except ValueError as error:
            return f"ERROR {error}"

    def _obey(self, word: str, argument: str) -> str:
        if word not in _COMMANDS:
            raise ValueError(f"command {word[:20]!r} is not known; choose {', '.join(_COMMANDS)}")
        if word == "WAIT":
            return self._wait()
        with self._changed:
            try:
                return self._obey_now(word, argument)
            finally:
                self._changed.notify_all()  # time may have gone on

    def _obey_now(self, word: str, argument: str) -> str:
        if word == "IDENTIFY":
            return f"simulated-tuner {self._radio.context.attributes['hw_serial']}"
        if word == "TEMPERATURE":
            return self._temperature(argument)
        tuner = self._tuner()
        if word == "RANGE":
            return "{:.0f} {:.0f}".format(*tuner.range_hz)
        if word == "STATUS":
            self._radio.command()
            moving = self._radio.time_s < tuner.arrival_s
            return f"{tuner.frequency_hz(self._radio.time_s):.0f} {'moving' if moving else 'settled'}"
        frequency_hz = _number(argument, "frequency")
        self._radio.settled_bench()
        duration_s = tuner.tune(frequency_hz, self._radio.time_s)
        self._log.record("tune", self._radio.time_s, frequency_hz=frequency_hz, settling_s=duration_s)
        return f"{duration_s:g}"

    def _tuner(self) -> ProbeTuner:
        tuner = self._radio.surroundings.tuner
        if tuner is None:
            raise ValueError("this probe has no tuner; it follows the transmitter")
        return tuner

    def _wait(self) -> str:
        """On the fast clock time goes on to the end of the movement, else this takes as long as it takes."""
        while True:
            with self._changed:
                tuner = self._tuner()
                left_s = self._radio.wait_until(tuner.arrival_s)
                self._changed.notify_all()
                if left_s <= 0:
                    return f"{tuner.frequency_hz(self._radio.time_s):.0f}"
            time.sleep(left_s)

    def _temperature(self, argument: str) -> str:
        if argument:
            temperature_k = _number(argument, "temperature")
            low, high = _TEMPERATURES_K
            if not low <= temperature_k <= high:
                raise ValueError(f"temperature must be between {low:g} and {high:g} K, not {temperature_k:g} K")
            self._radio.settled_bench().set_temperature(temperature_k)
            self._log.record("temperature", self._radio.time_s, temperature_k=temperature_k)
        return f"{self._radio.surroundings.temperature_k:g}"


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a number, not {text[:40]!r}")
    return value
