"""A guess of what is in the probe, for a dry run: lines that a simulated copy of an instrument is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acquisition.errors import FieldError, InvalidParameters
from acquisition.methods.parameters import parameter, parse

LINES_MAX = 12
SPINS = (1.0, 1.5, 2.5, 3.5, 4.5)


@dataclass(frozen=True)
class GuessedLine:
    """A line as one expects it. `amplitude_over_noise` has the meaning of `Goal.snr_per_sample`."""

    frequency_hz: float = parameter(
        unit="Hz", label="Frequency", display_unit="MHz", display_scale=1e6, minimum=1e3, maximum=6e9,
        help="Where the line is thought to lie.",
    )  # fmt: skip
    amplitude_over_noise: float = parameter(
        0.1, label="Amplitude over noise", minimum=1e-6, maximum=1e3,
        help="Amplitude after the best pulse over the noise of one sample at 10 MS/s of a single shot.",
    )  # fmt: skip
    t1_s: float = parameter(
        20e-3, unit="s", label="T1", display_unit="ms", display_scale=1e-3, minimum=1e-5, maximum=1e4,
        help="Spin-lattice relaxation time.",
    )  # fmt: skip
    t2_star_s: float = parameter(
        300e-6, unit="s", label="T2*", display_unit="µs", display_scale=1e-6, minimum=2e-6, maximum=0.1,
        help="Decay time of the free induction decay, 1 / (π FWHM).",
    )  # fmt: skip
    spin: float = parameter(
        1.5, label="Spin", minimum=1.0, maximum=4.5, advanced=True, help="1, 1.5, 2.5, 3.5 or 4.5.",
    )  # fmt: skip

    @property
    def t2_s(self) -> float:
        """The irreversible decay time that goes with the guess: three times T2*, but at most 2 T1."""
        return max(self.t2_star_s, min(3.0 * self.t2_star_s, 2.0 * self.t1_s))

    def faults(self) -> list[FieldError]:
        """What contradicts itself between fields that are right one by one."""
        found = []
        if self.t2_star_s > 2.0 * self.t1_s:
            found.append(FieldError("t2_star_s", f"T2* cannot exceed twice T1, {2.0 * self.t1_s:g} s."))
        if self.spin not in SPINS:
            found.append(FieldError("spin", "Spin must be 1, 1.5, 2.5, 3.5 or 4.5."))
        return found


def parse_guess(lines: Sequence[Mapping[str, Any]]) -> tuple[GuessedLine, ...]:
    """Lines from plain values, which may be none; raises InvalidParameters naming each fault as `lines[2].t1_s`."""
    errors: list[FieldError] = []
    if len(lines) > LINES_MAX:
        errors.append(FieldError("lines", f"A guess has at most {LINES_MAX} lines."))
    guess = []
    for number, values in enumerate(lines[:LINES_MAX]):
        try:
            line = parse(GuessedLine, values)
        except InvalidParameters as error:
            faults = list(error.errors)
        else:
            faults = line.faults()
            guess.append(line)
        errors += [FieldError(f"lines[{number}].{fault.field}", fault.message) for fault in faults]
    if errors:
        raise InvalidParameters(errors)
    return tuple(guess)
