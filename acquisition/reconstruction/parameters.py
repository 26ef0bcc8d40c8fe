"""What can be chosen about a reconstruction; every value is stored with the spectrum that it made."""

from __future__ import annotations

from dataclasses import dataclass

from acquisition.methods.parameters import parameter


@dataclass(frozen=True)
class ReconstructionParameters:
    """Parameters of `reconstruct_survey` and `fit_line`, in SI units."""

    false_alarms_per_survey: float = parameter(
        0.002,
        label="False alarms per survey",
        help="Expected number of noise peaks reported as lines in one whole survey; sets the detection threshold.",
        minimum=1e-9,
        maximum=10.0,
    )
    lines_max: int = parameter(
        24, label="Most lines", help="The search stops after this many lines.", minimum=1, maximum=200
    )
    t2_star_min_s: float = parameter(
        15e-6,
        unit="s",
        label="Shortest T2*",
        help="Lines that decay faster are not looked for: that is where the probe's ring-down lies.",
        minimum=2e-6,
        maximum=1e-2,
        display_unit="µs",
        display_scale=1e-6,
    )
    t2_star_max_s: float = parameter(
        1.5e-3,
        unit="s",
        label="Longest T2*",
        help="The longest decay that the search is matched to; longer ones are still fitted.",
        minimum=20e-6,
        maximum=0.1,
        display_unit="µs",
        display_scale=1e-6,
    )
    excitation_floor: float = parameter(
        0.25,
        label="Excitation floor",
        help="Lines are looked for where the excitation is at least this fraction of its strongest amplitude.",
        minimum=0.01,
        maximum=0.9,
        advanced=True,
    )
    minimum_confidence: float = parameter(
        0.0,
        label="Least unfolding confidence",
        help="Lines whose tooth of the comb is less certain than this are left out of the result.",
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    noise_sigma: float = parameter(
        0.0,
        label="Noise per sample",
        help="Standard deviation of the complex noise of one sample; 0 has it estimated from the data.",
        minimum=0.0,
        advanced=True,
    )
    nuclide: str = parameter(
        "",
        label="Nuclide",
        help="Such as 35Cl: a mapped broad line then gives field gradients; empty takes the run's own nuclide.",
        advanced=True,
    )
