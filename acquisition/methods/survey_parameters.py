"""What a user decides about a RASGADO survey."""

from __future__ import annotations

from dataclasses import dataclass

from acquisition.methods.parameters import parameter
from acquisition.reconstruction import ReconstructionParameters


@dataclass(frozen=True)
class SurveyParameters:
    """Parameters of the method "survey". Times in s, frequencies in Hz, averages per window."""

    centre_frequency_hz: float = parameter(
        unit="Hz", label="Centre frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Middle of the range to be searched.",
    )  # fmt: skip
    span_hz: float = parameter(
        unit="Hz", label="Span", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Width of the range to be searched; wide ranges are split into overlapping windows.",
    )  # fmt: skip
    averages: int = parameter(
        32, label="Averages", minimum=4,
        help="Shots per window before the first decision; rounded up to whole phase cycles of four.",
    )  # fmt: skip
    averages_max: int = parameter(
        256, label="Most averages", minimum=4,
        help="Doubtful candidates are given more averages up to this many, per window and per confirmation.",
    )  # fmt: skip
    confirm: bool = parameter(
        True, label="Confirm candidates",
        help="Measure each candidate again by itself, with a single pulse at another centre frequency.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        50e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="From one shot to the next; about 1.3 times the longest T1 is a good choice.",
    )  # fmt: skip
    t1_s: float = parameter(
        20e-3, unit="s", label="Expected T1", display_unit="ms", display_scale=1e-3, minimum=1e-6, maximum=1e4,
        advanced=True, help="Spin-lattice relaxation time expected; used only to judge repetition time and flip angle.",
    )  # fmt: skip
    snr_target: float = parameter(
        8.0, label="Wanted signal-to-noise ratio", minimum=3.0, maximum=1000.0, advanced=True,
        help="Averaging goes on (up to the most averages) while a candidate is below this.",
    )  # fmt: skip
    false_alarms_per_survey: float = parameter(
        ReconstructionParameters().false_alarms_per_survey, label="False alarms per survey",
        minimum=1e-9, maximum=10.0, advanced=True, help="Expected number of false lines in the result of one survey.",
    )  # fmt: skip
    gap_period_s: float = parameter(
        20e-6, unit="s", label="Gap period", display_unit="µs", display_scale=1e-6, minimum=1e-7, advanced=True,
        help="From one tooth of the comb to the next; the teeth in frequency are its inverse apart.",
    )  # fmt: skip
    tooth_s: float = parameter(
        1e-6, unit="s", label="Tooth length", display_unit="µs", display_scale=1e-6, minimum=1e-9, advanced=True,
        help="Transmission in each gap period; its inverse is the width of one window.",
    )  # fmt: skip
    pulse_length_s: float = parameter(
        4e-3, unit="s", label="Pulse length", display_unit="ms", display_scale=1e-3, minimum=1e-6, advanced=True,
        help="Length of the whole comb-modulated pulse.",
    )  # fmt: skip
    hs_order: int = parameter(
        1, label="Order of the hyperbolic secant", minimum=1, maximum=8, advanced=True,
        help="1 is the hyperbolic secant; larger orders are flatter in time.",
    )  # fmt: skip
    amplitude: float = parameter(
        1.0, label="Amplitude", minimum=1e-3, maximum=1.0, advanced=True,
        help="Transmitter amplitude as a fraction of the largest that the instrument allows.",
    )  # fmt: skip
    tail_s: float = parameter(
        1e-3, unit="s", label="Reception after the pulse", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        advanced=True, help="At least three times T2* of the narrowest line.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        10e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver.",
    )  # fmt: skip
