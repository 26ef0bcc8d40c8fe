"""The probe and the way from transmitter to receiver, from the leakage of weak frequency sweeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition.calibration import quantities, resonance
from acquisition.curves import Axis, Curve, Quantity
from acquisition.errors import FieldError
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.methods import calibration_shots, checks, curve_values, single_line
from acquisition.methods.calibration_shots import LevelledExperiment
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import CALIBRATION, Method
from acquisition.methods.sequences import FOUR_PHASES
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, ComplexArray, Shot

NAME = "calibrate_probe"

SWEEP_SAMPLES = 2048
QUIET_SAMPLES = 2048
WINDOW_FRACTION = 2 * resonance.BAND_FRACTION
"""Of the sampling rate: what one tuning sweeps."""

WINDOWS_MOST = 40

CLEAR = 0.05
"""Of the receiver's full scale: what is weaker is aligned in other ways, with another rest of the delay each time."""

FREQUENCY = Axis("Frequency", "Hz", "MHz", 1e6)
GAIN = Axis("Received per transmitted amplitude")


@dataclass(frozen=True)
class CalibrateProbeParameters:
    """Parameters of the method "calibrate_probe"."""

    centre_frequency_hz: float = parameter(
        unit="Hz", label="Centre frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="About where the probe is tuned to.",
    )  # fmt: skip
    span_hz: float = parameter(
        6e6, unit="Hz", label="Swept range", display_unit="MHz", display_scale=1e6, minimum=1e4,
        help="Two to three times the probe's bandwidth.",
    )  # fmt: skip
    averages: int = parameter(64, label="Averages", minimum=4, help="Rounded up to whole phase cycles of four.")
    amplitude: float = parameter(
        1 / 16, label="Strongest level", minimum=1e-3, maximum=1.0,
        help="Fraction of the instrument's largest amplitude that is sent at most; the level is found below it.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        5e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6, advanced=True,
        help="From one sweep to the next.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        10e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="The delay is true for this rate only: use that of your surveys.",
    )  # fmt: skip


def sweep(span_hz: float, sample_rate_hz: float, amplitude: float) -> ComplexArray:
    """A linear sweep over the span around the centre, shape (SWEEP_SAMPLES,), that begins softly."""
    place = np.arange(SWEEP_SAMPLES) / SWEEP_SAMPLES - 0.5
    turns = 0.5 * span_hz / sample_rate_hz * SWEEP_SAMPLES * place**2
    envelope = amplitude * calibration_shots.soft(SWEEP_SAMPLES)
    return np.asarray(envelope * np.exp(2j * np.pi * turns), dtype=np.complex64)


def shots(p: CalibrateProbeParameters, limits: InstrumentLimits, amplitude: float) -> list[Shot]:
    """One sweep for each tuning."""
    widest_hz = WINDOW_FRACTION * p.sample_rate_hz
    count = max(1, math.ceil(p.span_hz / widest_hz - 1e-9))
    width_hz = p.span_hz / count
    low_hz = p.centre_frequency_hz - p.span_hz / 2
    return [
        Shot(
            method=NAME,
            centre_frequency_hz=low_hz + (k + 0.5) * width_hz,
            sample_rate_hz=p.sample_rate_hz,
            waveform=sweep(width_hz, p.sample_rate_hz, amplitude),
            capture_samples=SWEEP_SAMPLES + QUIET_SAMPLES,
            dead_time_s=limits.dead_time_s,
            averages=checks.whole_cycles(p.averages),
            repetition_time_s=p.repetition_time_s,
            phase_cycle=FOUR_PHASES,
            purpose=f"sweep {k + 1} of {count}",
            probe_frequency_hz=p.centre_frequency_hz,
        )
        for k in range(count)
    ]


def plan(p: CalibrateProbeParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    static = checks.static_faults(p)
    many = p.span_hz > WINDOWS_MOST * WINDOW_FRACTION * p.sample_rate_hz
    checks.raise_all(
        [
            *static,
            FieldError("span_hz", f"The range takes more than {WINDOWS_MOST} tunings.") if many else None,
            checks.sample_rate_fault(p.sample_rate_hz, limits),
        ],
        type(p),
    )  # fmt: skip
    checks.raise_all(
        [checks.frequency_range_fault(p.centre_frequency_hz, p.span_hz / 2, limits, "centre_frequency_hz", "span_hz")],
        type(p),
    )
    strongest = p.amplitude * limits.peak_amplitude
    note = f"Never more than {100 * strongest:.3g} % of the transmitter's full scale is sent."
    return calibration_shots.plan_shots(p, shots(p, limits, strongest), limits, levels=True, notes=(note,))


def experiment(p: CalibrateProbeParameters, limits: InstrumentLimits) -> LevelledExperiment:
    """The experiment of these parameters; raises InvalidParameters like the plan."""
    planned = plan(p, limits)
    return LevelledExperiment(
        planned, lambda amplitude: shots(p, limits, amplitude), p.amplitude * limits.peak_amplitude, reconstruct
    )


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """The probe's resonance, gain and delay, and the response that shows them; from the captures alone."""
    del parameters  # nothing is searched here
    swept = calibration_shots.measured(captures)
    responses = [one for one in map(resonance.response, swept) if one is not None]
    found = resonance.fit(responses)
    if found is None:
        return single_line.empty("No sweep was received.")
    empty = single_line.empty("")
    messages: tuple[str, ...] = ()
    if not math.isfinite(found.frequency_hz):
        messages = ("No resonance is seen within the swept range: sweep a wider one, or look at the probe.",)
    return Reconstruction(
        (), empty.spectrum, 0.0, messages, curves=(_curve(responses, found),), quantities=_quantities(found, swept)
    )


def _curve(responses: Sequence[resonance.Response], found: resonance.Resonance) -> Curve:
    x = np.concatenate([one.centre_hz + one.offset_hz for one in responses])
    order = np.argsort(x, kind="stable")
    size = np.concatenate([np.abs(one.value) for one in responses])
    sigma = np.concatenate([one.sigma for one in responses]) / math.sqrt(2.0)
    model = np.abs(np.concatenate(found.models))
    return Curve(
        "response", "Response of the probe", FREQUENCY, GAIN, x[order], size[order], sigma[order], x[order],
        model[order], "g/(1 + 2i(f − f₀)/B), with a delay",
    )  # fmt: skip


def _quantities(found: resonance.Resonance, captures: Sequence[Capture]) -> tuple[Quantity, ...]:
    named = []
    if math.isfinite(found.frequency_hz):
        quality, quality_sigma = found.quality
        width = f"Bandwidth ({found.bandwidth_hz / 1e3:.4g} ± {found.bandwidth_sigma_hz / 1e3:.2g}) kHz."
        named += [
            Quantity(
                quantities.PROBE_RESONANCE, "f₀", found.frequency_hz, found.frequency_sigma_hz, "Hz", "", "MHz", 1e6
            ),
            Quantity(quantities.PROBE_Q, "Q", quality, quality_sigma, "", width),
        ]
    named.append(
        Quantity(
            quantities.LOOP_GAIN, "gain", found.gain, found.gain_sigma, "",
            "Received fraction of full scale per transmitted one, at the instrument's gain and attenuation.",
        )
    )  # fmt: skip
    rate = f"At {captures[0].sample_rate_hz / 1e6:g} MS/s."
    starts = [capture.radio.start_delay_s for capture in captures if capture.radio is not None]
    known = [start_s for start_s in starts if start_s is not None]
    if known and len(known) == len(captures):
        # Each tuning begins anew, and the radio may begin some samples later: that scatter is part of what is known.
        spread_s = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
        total_s = float(np.mean(known)) + found.delay_s
        sigma_s = math.hypot(found.delay_sigma_s, spread_s, 0.29 / captures[0].sample_rate_hz)
        named.append(curve_values.time(quantities.DELAY, "delay", total_s, sigma_s, rate))
    if _is_clear(captures):
        named.append(
            Quantity(
                quantities.TIMING_ERROR, "rest of the delay", found.delay_s, found.delay_sigma_s, "s", rate, "ns", 1e-9
            )
        )
    return tuple(named)


def _is_clear(captures: Sequence[Capture]) -> bool:
    """Whether the leakage is strong enough for the driver to find the start of every shot in the same way."""
    return all(float(np.abs(capture.samples[: len(capture.waveform)]).max()) > CLEAR for capture in captures)


METHOD = Method(
    name=NAME,
    title="Probe: resonance, gain and delay",
    summary="Resonance and quality factor of the probe, gain and delay from transmitter to receiver, from the leakage "
    "of weak sweeps.",
    parameters=CalibrateProbeParameters,
    plan=plan,
    experiment=experiment,
    reconstruct=reconstruct,
    when_to_use="After the probe was tuned or changed, and now and then to see that nothing has. The sample does not "
    "matter.",
    family=CALIBRATION,
)
