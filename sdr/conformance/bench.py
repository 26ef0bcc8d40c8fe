"""What the author of a driver tells the conformance suite about the radio on the bench."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from _pytest.outcomes import Skipped

from sdr.factory import open_transceiver
from sdr.transceiver import InstrumentSettings, Transceiver


class NotObservable(Skipped):
    """Raised by a bench that cannot see or do what a test asks for; pytest then skips the test and says so."""


@dataclass
class Bench:
    """A radio that is there for tests alone, with its output joined to its input, for example by an attenuator.

    What the suite must know is in the fields; what only some benches can do are methods that raise NotObservable
    unless they are overridden. A driver has been shown to conform when no test was skipped.

    Attributes
    ----------
    settings
        Opens the radio.
    centre_frequency_hz
        A frequency where nothing is to be heard but the leakage.
    level
        Largest |waveform| whose leakage does not saturate the receiver; at a quarter of it the leakage must still
        stand 3 times above the noise of one sample.
    sample_rate_hz, repetition_time_s
        Of the shots that are played.
    exact
        True if the driver promises that captures begin at the sample with the first transmitted one, every time.
    nobody_uri
        An address of the driver's kind where no radio is; empty if there is none to be had.
    line_hz, pulse_samples
        A resonance line that a rectangular pulse of so many samples at full scale excites, or NaN for none.
    """

    settings: InstrumentSettings
    centre_frequency_hz: float = 28e6
    level: float = 1.0
    sample_rate_hz: float = 10e6
    repetition_time_s: float = 5e-3
    exact: bool = True
    nobody_uri: str = ""
    line_hz: float = math.nan
    pulse_samples: int = 80

    def open(self, **changes: Any) -> Transceiver:
        """The transceiver, by the factory that the worker uses; `changes` are fields of the settings."""
        return open_transceiver(replace(self.settings, **changes))

    def is_silent(self) -> bool:
        """Whether nothing leaves the transmitter, as somebody other than the driver sees it."""
        raise NotObservable("whether the transmitter is silent is not seen from outside")

    def activity(self) -> Hashable:
        """Something that differs after anything was sent or set, such as the length of the radio's log."""
        raise NotObservable("what the radio was told is not seen from outside")

    def cut(self) -> None:
        """Break the connection to the radio, at once or within the next receptions; called while a shot is played."""
        raise NotObservable("the connection cannot be cut")

    def mend(self) -> None:
        """Let the radio be reached again after `cut`."""

    def ignore_a_setting(self) -> None:
        """Let the radio acknowledge the next setting of its configuration without taking it."""
        raise NotObservable("the radio cannot be made to ignore a setting")
