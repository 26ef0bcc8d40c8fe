"""The simulated radio's own log, followed as it grows: whether RF can leave it now, and every acquisition.

Acquisitions are of shots (`acquisitions_s`) or of the reference pulse alone (`references_s`).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

#: the driver measures its reference pulse, when it has to, in frames shorter than any shot's
REFERENCE_SAMPLES_MAX = 2000


@dataclass
class Transmission:
    """RF could leave the radio from `on_s` to `off_s` (Unix time; None while it still can)."""

    on_s: float
    off_s: float | None = None


class RadioLog:
    """Reads what has been added since the last look. A radio that died transmits no more: say so by `died`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_to = 0
        self.transmissions: list[Transmission] = []
        self.acquisitions_s: list[float] = []
        self.references_s: list[float] = []
        self.overlaps = 0

    def look(self) -> None:
        """Take in the complete lines that have been written since."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            text = file.read()
        text = text[: text.rfind(b"\n") + 1]
        self._read_to += len(text)
        for line in text.splitlines():
            try:
                event = json.loads(line)
            except ValueError:  # a radio that was killed had not finished this line
                continue
            self._take(event)

    def died(self) -> None:
        """The radio's process has ended, and with it what it transmitted."""
        self.look()
        if self._on():
            self.transmissions[-1].off_s = time.time()

    def transmitting(self) -> bool:
        self.look()
        return self._on()

    def quiet_since(self, moment_s: float) -> bool:
        """Whether RF has been off at some time after `moment_s`."""
        self.look()
        return not self._on() or self.transmissions[-1].on_s > moment_s

    def _on(self) -> bool:
        return bool(self.transmissions) and self.transmissions[-1].off_s is None

    def _take(self, event: dict[str, object]) -> None:
        at_s = float(str(event["unix_s"]))
        match event["event"]:
            case "tx_on":
                self.overlaps += self._on()
                self.transmissions.append(Transmission(at_s))
            case "tx_off" if self._on():
                self.transmissions[-1].off_s = at_s
            case "acquisition":
                short = int(str(event["samples"])) <= REFERENCE_SAMPLES_MAX
                (self.references_s if short else self.acquisitions_s).append(at_s)
