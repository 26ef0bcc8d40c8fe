"""Tuning of the probe: a small protocol, and the driver for tuners that speak one line of text at a time.

A tuner is a stepper motor at a capacitor, a bank of relays or a varactor; all that a run needs of it is to be told a
frequency and to say when the probe stands still there.
"""

from __future__ import annotations

import socket
from typing import Protocol, Self

from sdr.errors import SdrError

REPLY_MOST = 200


class TunerFailed(SdrError):
    """The probe could not be tuned; the message says why."""

    code = "tuner_failed"


class ProbeTuner(Protocol):
    """Something that tunes a probe. Use as a context manager."""

    @property
    def range_hz(self) -> tuple[float, float]:
        """Lowest and highest frequency that it reaches."""
        ...

    def tune(self, frequency_hz: float) -> float:
        """Tune to a frequency and return, once the probe has settled, the frequency it stands at.

        Raises TunerFailed where that is out of reach or the tuner does not answer.
        """
        ...

    def close(self) -> None:
        """Let go of the tuner; the probe stays where it is."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


class LineTuner:
    """A tuner behind a TCP port: RANGE, TUNE <Hz> and WAIT, one line each, answered by "OK ..." or "ERROR sentence"."""

    def __init__(self, host: str, port: int, timeout_s: float = 30.0) -> None:
        self._where = f"{host}:{port}"
        try:
            self._connection = socket.create_connection((host, port), timeout=timeout_s)
        except OSError as error:
            raise TunerFailed(f"The probe's tuner at {self._where} does not answer: {error}.") from error
        self._replies = self._connection.makefile("rb")
        try:
            low, high = self._ask("RANGE").split()
            self._range_hz = float(low), float(high)
        except (ValueError, TunerFailed) as error:
            self.close()
            raise TunerFailed(f"What answers at {self._where} is no tuner: {error}") from error

    @property
    def range_hz(self) -> tuple[float, float]:
        """Lowest and highest frequency that it reaches."""
        return self._range_hz

    def tune(self, frequency_hz: float) -> float:
        """Tune and wait until the probe has settled; returns the frequency it stands at. Raises TunerFailed."""
        low, high = self._range_hz
        if not low <= frequency_hz <= high:
            raise TunerFailed(
                f"The probe's tuner reaches {low / 1e6:.6g} to {high / 1e6:.6g} MHz, not {frequency_hz / 1e6:.6g} MHz."
            )
        self._ask(f"TUNE {frequency_hz:.0f}")
        reply = self._ask("WAIT")
        try:
            return float(reply)
        except ValueError:
            raise TunerFailed(f"The probe's tuner at {self._where} gives no frequency but {reply!r}.") from None

    def close(self) -> None:
        """Close the connection; the probe stays where it is."""
        self._replies.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(self, line: str) -> str:
        try:
            self._connection.sendall(f"{line}\n".encode("ascii"))
            reply = self._replies.readline(REPLY_MOST).decode("ascii", "replace").strip()
        except OSError as error:
            raise TunerFailed(f"The probe's tuner at {self._where} was lost: {error}.") from error
        word, _, rest = reply.partition(" ")
        if word != "OK":
            raise TunerFailed(f"The probe's tuner at {self._where} says: {rest or 'nothing'}.")
        return rest


def open_tuner(uri: str) -> ProbeTuner:
    """The tuner at "tcp:host:port". Raises TunerFailed."""
    kind, _, address = uri.partition(":")
    host, _, port = address.rpartition(":")
    if kind != "tcp" or not host or not port.isdigit():
        raise TunerFailed(f"The tuner's address must be tcp:host:port, not {uri!r}.")
    return LineTuner(host, int(port))
