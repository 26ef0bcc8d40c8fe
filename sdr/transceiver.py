"""The small protocol that every radio driver implements, and the values it takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from acquisition.limits import InstrumentLimits
from acquisition.shot import Capture, Shot
from sdr.stop_signal import StopSignal


@dataclass(frozen=True)
class ConverterSettings:
    """Frequency converter between radio and probe.

    The radio is tuned to lo_hz + f ("upper") or lo_hz - f ("lower", spectrum inverted) for an NQR frequency f;
    "none" means no converter: the radio is tuned to f itself.
    """

    side: str = "none"  # "none", "upper", "lower"
    lo_hz: float = 0.0
    gain_db: float = 0.0


@dataclass(frozen=True)
class SwitchSettings:
    """The switch between transmitter, probe and receiver.

    `by` says what sets it: "none" (it works by itself; channel 0 of the TDD core is high from the start of a frame to
    the end of its pulse, as to unblank an amplifier) or "tdd0" (channel 0 is at `transmit_level` from `lead_s` before
    the pulse to `lag_s` after it, and at the other level while receiving).
    """

    by: str = "none"
    transmit_level: int = 1
    lead_s: float = 1e-6
    lag_s: float = 0.5e-6


@dataclass(frozen=True)
class InstrumentSettings:
    """Everything a driver needs to know of one spectrometer; made from the instrument's row by `tasks`."""

    slug: str
    uri: str
    driver: str = "pluto"
    serial: str = ""  # expected hw_serial; empty accepts any
    converter: ConverterSettings = field(default_factory=ConverterSettings)
    limits: InstrumentLimits = field(default_factory=InstrumentLimits)
    rx_gain_db: float = 30.0
    tx_attenuation_db: float = 10.0
    synchronisation: str = "auto"  # "auto", "tdd" (required), "leakage"
    connect_timeout_s: float = 3.0
    guard_timeout_s: float = 10.0  # silence after which the guard takes the driver for frozen
    tx_rx_delays_s: tuple[tuple[float, float], ...] = ()  # as calibrated: (sample rate in Hz, delay in s)
    switch: SwitchSettings = field(default_factory=SwitchSettings)
    run: str = ""  # what the radio is used for, as its log names it
    stop: StopSignal = field(default_factory=StopSignal)  # where staff's emergency stop is heard
    reply_timeout_s: float = 10.0  # how much later than due an answer may come before the connection counts as lost


@dataclass(frozen=True)
class RadioIdentity:
    """Who answered at the URI, and between which frequencies it tunes (before any converter)."""

    model: str
    serial: str
    firmware: str
    uri: str
    synchronisation: str  # "tdd" or "leakage"
    tuning_min_hz: float
    tuning_max_hz: float


@dataclass(frozen=True)
class SafeState:
    """What was read back after the transmitter was turned off; `confirmed` is True only if every reading agrees."""

    confirmed: bool
    tx_attenuation_db: float
    tx_lo_powered_down: bool
    dds_silent: bool
    tdd_disabled: bool
    tx_buffer_destroyed: bool


class Transceiver(Protocol):
    """A radio that plays shots. Use as a context manager: TX is off before, and on every way out.

    After a shot it is off, or muted and off within a second unless another shot follows.
    """

    @property
    def settings(self) -> InstrumentSettings: ...

    @property
    def identity(self) -> RadioIdentity: ...

    def play(
        self,
        shot: Shot,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_average: Callable[[int], None] = lambda done: None,
    ) -> Capture:
        """Check the limits, configure, transmit and return the coherent average.

        `should_stop` is polled and `on_average` called with the number of averages done, both at least twice a second
        from the calling thread. Raises SafetyLimitExceeded before anything is sent, ShotStopped when asked to stop,
        RadioLost when the radio disappears; `partial()` then holds what was averaged.
        """
        ...

    def partial(self) -> Capture | None:
        """The averages of an unfinished shot (whole phase cycles only), or None."""
        ...

    def recover(self, within_s: float, *, should_stop: Callable[[], bool] = lambda: False) -> RadioIdentity:
        """After RadioLost: find the same radio again, wherever it is, turn its transmitter off and read that back.

        It is known by its serial number; address and firmware may have changed, and `identity` says so afterwards.
        Whatever it was set to is forgotten: the next `play` sets everything and reads it back. `should_stop` is polled
        at least twice a second.

        Raises RadioLost if it is not back within `within_s`, ShotStopped when asked to stop, UnsuitableRadio if it
        came back without what the settings require.
        """
        ...

    def make_safe(self) -> SafeState:
        """Turn the transmitter off and read it back; raises UnsafeState if that cannot be confirmed."""
        ...

    def close(self) -> None:
        """Make safe and let go of the radio."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
