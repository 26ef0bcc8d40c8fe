"""The receiver: balance of I and Q from weak tones, and what its oscillator leaves in the reception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition.calibration import quantities, receiver
from acquisition.curves import Axis, Curve, Quantity
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.methods import calibration_shots, checks, single_line
from acquisition.methods.calibration_shots import LevelledExperiment
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import CALIBRATION, Method
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, ComplexArray, Shot

NAME = "calibrate_receiver"

TONES = (0.06, -0.13, 0.21, -0.29, -0.06, 0.13, -0.21, 0.29)
"""Offsets of the tones from the centre, in parts of the sampling rate."""

TONE_SAMPLES = 2048
QUIET_SAMPLES = 512
MARK_SAMPLES = 128
"""Length of the weak pulse by which receptions without anything else are aligned."""

OSCILLATOR_SHOTS = 3
STEP_HZ = 1e3
"""Each shot is tuned a little higher than the one before, so that the oscillators have another phase."""

TWO_PHASES = (1, -1)
OFFSET = Axis("Offset of the tone", "Hz", "kHz", 1e3)
PART = Axis("Image", "", "%", 1e-2)
BESIDE = Axis("Beside the oscillator", "Hz", "kHz", 1e3)
LEVEL = Axis("Received, of full scale", "", "", 1.0, logarithmic=True)


@dataclass(frozen=True)
class CalibrateReceiverParameters:
    """Parameters of the method "calibrate_receiver"."""

    frequency_hz: float = parameter(
        unit="Hz", label="Frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Where no line of the sample is.",
    )  # fmt: skip
    averages: int = parameter(64, label="Averages", minimum=4, help="Of each shot; rounded up to even numbers.")
    amplitude: float = parameter(
        1 / 16, label="Strongest level", minimum=1e-3, maximum=1.0,
        help="Fraction of the instrument's largest amplitude that is sent at most; the level is found below it.",
    )  # fmt: skip
    quiet_s: float = parameter(
        4e-3, unit="s", label="Silence", display_unit="ms", display_scale=1e-3, minimum=1e-4, maximum=0.1,
        help="How long is listened to the oscillator: its band is resolved to about three over this.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        10e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6, advanced=True,
        help="From one shot to the next.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        10e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver.",
    )  # fmt: skip


def tone(offset: float, amplitude: float) -> ComplexArray:
    """A tone at an offset in parts of the sampling rate, shape (TONE_SAMPLES,)."""
    envelope = amplitude * calibration_shots.soft(TONE_SAMPLES)
    return np.asarray(envelope * np.exp(2j * np.pi * offset * np.arange(TONE_SAMPLES)), dtype=np.complex64)


def shots(p: CalibrateReceiverParameters, limits: InstrumentLimits, amplitude: float) -> list[Shot]:
    """The tones, then the receptions without phase cycle."""
    averages = checks.whole_cycles(p.averages, 2)

    def shot(number: int, waveform: ComplexArray, samples: int, cycle: tuple[complex, ...], purpose: str) -> Shot:
        return Shot(
            method=NAME,
            centre_frequency_hz=p.frequency_hz + number * STEP_HZ,
            sample_rate_hz=p.sample_rate_hz,
            waveform=waveform,
            capture_samples=samples,
            dead_time_s=limits.dead_time_s,
            averages=averages,
            repetition_time_s=p.repetition_time_s,
            phase_cycle=cycle,
            purpose=purpose,
            probe_frequency_hz=p.frequency_hz,
        )

    tones = [
        shot(
            number, tone(offset, amplitude), TONE_SAMPLES + QUIET_SAMPLES, TWO_PHASES,
            f"tone at {offset * p.sample_rate_hz / 1e3:+.0f} kHz",
        )
        for number, offset in enumerate(TONES)
    ]  # fmt: skip
    mark = np.asarray(amplitude * np.ones(MARK_SAMPLES), dtype=np.complex64)
    quiet = MARK_SAMPLES + round(p.quiet_s * p.sample_rate_hz)
    listened = [
        shot(len(TONES) + number, mark, quiet, (1,), f"oscillator {number + 1}") for number in range(OSCILLATOR_SHOTS)
    ]
    return tones + listened


def plan(p: CalibrateReceiverParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    half_hz = 0.3 * p.sample_rate_hz + len(TONES) * STEP_HZ
    checks.raise_all(
        [
            *checks.static_faults(p),
            checks.sample_rate_fault(p.sample_rate_hz, limits),
            checks.capture_fault("quiet_s", p.quiet_s, p.sample_rate_hz, limits),
            checks.frequency_range_fault(p.frequency_hz, half_hz, limits, "frequency_hz", "frequency_hz"),
        ],
        type(p),
    )
    strongest = p.amplitude * limits.peak_amplitude
    note = f"Never more than {100 * strongest:.3g} % of the transmitter's full scale is sent."
    return calibration_shots.plan_shots(p, shots(p, limits, strongest), limits, levels=True, notes=(note,))


def experiment(p: CalibrateReceiverParameters, limits: InstrumentLimits) -> LevelledExperiment:
    """The experiment of these parameters; raises InvalidParameters like the plan."""
    planned = plan(p, limits)
    return LevelledExperiment(
        planned, lambda amplitude: shots(p, limits, amplitude), p.amplitude * limits.peak_amplitude, reconstruct
    )


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Balance of I and Q, and the oscillator's own signal; from the captures alone."""
    del parameters  # nothing is searched here
    usable = calibration_shots.measured(captures)
    cycled = [one for one in usable if one.radio is not None and len(one.radio.phase_cycle) > 1]
    single = [one for one in usable if one.radio is not None and len(one.radio.phase_cycle) == 1]
    image, carrier = receiver.image(cycled), None
    if single:
        carrier = receiver.carrier(single, single[0].sample_rate_hz / 4)
    curves: list[Curve] = []
    named: list[Quantity] = []
    messages = []
    if image is not None:
        curves += _image_curves(image)
        named += _image_quantities(image)
    else:
        messages.append("The balance of I and Q needs more tones, each with another phase of the oscillators.")
    if carrier is not None:
        curves.append(_carrier_curve(carrier))
        named += _carrier_quantities(carrier)
    empty = single_line.empty("")
    return Reconstruction((), empty.spectrum, 0.0, tuple(messages), curves=tuple(curves), quantities=tuple(named))


def _image_curves(image: receiver.Image) -> list[Curve]:
    order = np.argsort(image.offset_hz)
    x, values, sigma = image.offset_hz[order], image.values[order], image.sigma[order]
    made = []
    for name, title, y, mean in (
        ("gain_imbalance", "I against Q: gain", 2 * values.real, 2 * image.coefficient.real),
        ("phase_imbalance", "I against Q: phase", 2 * values.imag, 2 * image.coefficient.imag),
    ):
        axis = PART if name == "gain_imbalance" else Axis("Phase from 90°", "rad", "mrad", 1e-3)
        made.append(
            Curve(name, title, OFFSET, axis, x, y, 2 * sigma, x, np.full(len(x), mean), "the same for every offset")
        )
    return made


def _image_quantities(image: receiver.Image) -> list[Quantity]:
    sigma = 2 * image.coefficient_sigma
    image_db = 20 * np.log10(max(abs(image.coefficient), 1e-6))
    note = f"The image is {image_db:.1f} dB below its signal; the transmitter's own {100 * image.transmitter:.2g} %."
    return [
        Quantity(
            quantities.IQ_GAIN_IMBALANCE, "gain I/Q − 1", 2 * image.coefficient.real, sigma, "", note, "%", 1e-2
        ),
        Quantity(
            quantities.IQ_PHASE, "phase I, Q − 90°", 2 * image.coefficient.imag, sigma, "rad", "", "mrad", 1e-3
        ),
    ]  # fmt: skip


def _carrier_curve(carrier: receiver.Carrier) -> Curve:
    beside = np.abs(carrier.offset_hz) <= 4 * carrier.band_hz
    step = max(1, int(np.count_nonzero(beside)) // 400)
    x, y = carrier.offset_hz[beside][::step], carrier.size[beside][::step]
    sigma = np.full(len(x), carrier.noise / np.sqrt(2.0))
    none = np.zeros(0)
    return Curve("oscillator", "Beside the oscillator", BESIDE, LEVEL, x, y, sigma, none, none)


def _carrier_quantities(carrier: receiver.Carrier) -> list[Quantity]:
    return [
        Quantity(
            quantities.LO_LEAKAGE, "oscillator", carrier.level, carrier.level_sigma, "",
            "Of the receiver's full scale, offset included, without a phase cycle.", "", 1.0,
        ),
        Quantity(
            quantities.LO_BAND, "its band ±", carrier.band_hz, carrier.band_sigma_hz, "Hz",
            "Half-width in which it is above the noise.", "kHz", 1e3,
        ),
    ]  # fmt: skip


METHOD = Method(
    name=NAME,
    title="Receiver: I/Q balance and oscillator",
    summary="How unequal the receiver's I and Q are, from weak tones, and what its oscillator leaves in the reception.",
    parameters=CalibrateReceiverParameters,
    plan=plan,
    experiment=experiment,
    reconstruct=reconstruct,
    when_to_use="After a change of gain, of frequency range or of firmware; off every line of what is in the probe.",
    family=CALIBRATION,
)
