"""The frequency converter between radio and probe, as part of the simulated spectrometer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Converter:
    """Mixes with `lo_hz`: "upper" puts an NQR frequency f at lo + f, "lower" at lo - f, "none" leaves it at f."""

    side: str = "upper"
    lo_hz: float = 400e6

    @classmethod
    def parse(cls, text: str) -> Converter:
        """From "upper:400e6", "lower:500e6" or "none"; ValueError says what is wrong."""
        if text == "none":
            return cls("none", 0.0)
        side, _, frequency = text.partition(":")
        if side not in ("upper", "lower"):
            raise ValueError(f"converter must be upper:HZ, lower:HZ or none, not {text!r}")
        try:
            lo_hz = float(frequency)
        except ValueError:
            raise ValueError(f"converter {text!r} needs its local oscillator in Hz, as in upper:400e6") from None
        if not 0 < lo_hz < 1e10:
            raise ValueError(f"converter frequency must be between 0 and 10 GHz, not {lo_hz:g} Hz")
        return cls(side, lo_hz)

    @property
    def inverting(self) -> bool:
        """The spectrum is mirrored: baseband signals are complex conjugated on their way."""
        return self.side == "lower"

    def nqr_hz(self, radio_hz: float) -> float:
        """The frequency at the probe when the radio is tuned to `radio_hz`."""
        if self.side == "upper":
            return radio_hz - self.lo_hz
        if self.side == "lower":
            return self.lo_hz - radio_hz
        return radio_hz
