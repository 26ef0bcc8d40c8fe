"""The frequency converter between radio and probe: pure arithmetic on frequencies and on complex samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acquisition.front_end import converter_fault
from acquisition.limits import reach_behind_converter_hz
from acquisition.shot import ComplexArray
from sdr.address import refused
from sdr.transceiver import ConverterSettings


@dataclass(frozen=True)
class Converter:
    """Translates between NQR frequencies (what the sample sees) and radio frequencies (what the radio is tuned to).

    With the oscillator at L the radio works at L + f ("upper") or L - f ("lower"). On the lower side a rising NQR
    frequency is a falling radio frequency: the spectrum is inverted, which the complex conjugate of the baseband undoes
    in either direction.
    """

    side: str
    lo_hz: float
    gain_db: float = 0.0

    @classmethod
    def from_settings(cls, settings: ConverterSettings, frequency_min_hz: float = 0.0) -> Converter:
        """Check the settings of an instrument; raises InvalidConfiguration with the name of the field.

        `frequency_min_hz` is the lowest NQR frequency of the instrument, which a mirroring converter must lie above.
        """
        fault = converter_fault(settings.side, settings.lo_hz, settings.gain_db, frequency_min_hz)
        if fault is not None:
            raise refused(fault)
        lo_hz = 0.0 if settings.side == "none" else settings.lo_hz
        return cls(settings.side, lo_hz, settings.gain_db)

    @property
    def inverted(self) -> bool:
        """True if the radio sees the spectrum mirrored."""
        return self.side == "lower"

    def radio_hz(self, nqr_hz: float) -> float:
        """Radio frequency in Hz for an NQR frequency in Hz."""
        return self.lo_hz - nqr_hz if self.inverted else self.lo_hz + nqr_hz

    def nqr_hz(self, radio_hz: float) -> float:
        """NQR frequency in Hz for a radio frequency in Hz."""
        return self.lo_hz - radio_hz if self.inverted else radio_hz - self.lo_hz

    def nqr_range_hz(self, radio_min_hz: float, radio_max_hz: float) -> tuple[float, float]:
        """Lowest and highest NQR frequency (Hz, not below 0) that a radio with this tuning range reaches."""
        return reach_behind_converter_hz(self.side, self.lo_hz, radio_min_hz, radio_max_hz)

    def baseband(self, samples: ComplexArray) -> ComplexArray:
        """Baseband as the radio has it for baseband as the sample has it, and the other way round; shape (n,)."""
        return np.conj(samples) if self.inverted else samples

    def describe(self) -> str:
        """One sentence for the record."""
        if self.side == "none":
            return "No frequency converter."
        sense = "spectrum inverted and put right" if self.inverted else "spectrum not inverted"
        return f"Frequency converter: {self.side} side of {self.lo_hz:.0f} Hz, gain {self.gain_db:g} dB, {sense}."
