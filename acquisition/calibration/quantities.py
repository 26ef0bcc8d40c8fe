"""The quantities that are calibrated: what they are called, how long they hold, what later runs do with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEAD_TIME = "dead_time_s"
NUTATION = "nutation_frequency_hz"
XO_ERROR = "xo_error"
IQ_GAIN_IMBALANCE = "iq_gain_imbalance"
IQ_PHASE = "iq_phase_rad"
LO_LEAKAGE = "lo_leakage"
LO_BAND = "lo_band_hz"
DELAY = "tx_rx_delay_s"
TIMING_ERROR = "timing_error_s"
LOOP_GAIN = "loop_gain"
PROBE_RESONANCE = "probe_resonance_hz"
PROBE_Q = "probe_q"


@dataclass(frozen=True)
class CalibratedQuantity:
    """A quantity of an instrument, by its machine's name with the SI unit in it.

    `method` measures it; a value counts for `days` unless the instrument says otherwise. A new value that differs from
    the one in force by more than `jump` (in parts of it; an absolute difference in the quantity's unit where `absolute`
    says so) is not taken over without somebody's consent. `at_rate` says that it is true for one sample rate only.
    """

    name: str
    title: str
    method: str
    days: float
    used_for: str
    jump: float
    absolute: bool = False
    at_rate: bool = False


_KNOWN = (
    CalibratedQuantity(
        DEAD_TIME, "Dead time", "calibrate_dead_time", 30.0,
        "Earliest listening after a pulse, in plans and in the record (value plus two standard deviations).", 0.3,
    ),
    CalibratedQuantity(
        NUTATION, "Nutation frequency (B₁)", "calibrate_b1", 30.0, "Pulse lengths and flip angles of every plan.", 0.2,
    ),
    CalibratedQuantity(
        XO_ERROR, "Error of the frequency reference", "calibrate_reference", 90.0,
        "The frequency axis of every capture, before it is processed.", 5e-6, absolute=True,
    ),
    CalibratedQuantity(
        DELAY, "Delay from transmitter to receiver", "calibrate_probe", 30.0,
        "Start of reception where the leakage of a shot is not heard, and a check of it where it is.", 1e-6,
        absolute=True, at_rate=True,
    ),
    CalibratedQuantity(
        TIMING_ERROR, "Rest of the delay", "calibrate_probe", 30.0,
        "Time zero of free decays and echoes, by which they have their phase.", 0.5e-6, absolute=True, at_rate=True,
    ),
    CalibratedQuantity(
        IQ_GAIN_IMBALANCE, "I against Q: gain", "calibrate_receiver", 90.0,
        "The quadrature image is taken out of captures whose phase cycle leaves it in.", 0.05, absolute=True,
    ),
    CalibratedQuantity(
        IQ_PHASE, "I against Q: phase", "calibrate_receiver", 90.0,
        "The quadrature image is taken out of captures whose phase cycle leaves it in.", 0.05, absolute=True,
    ),
    CalibratedQuantity(
        LO_LEAKAGE, "Leakage of the oscillator and offset", "calibrate_receiver", 90.0,
        "The trend only: phase cycles take it out.", 0.5,
    ),
    CalibratedQuantity(
        LO_BAND, "Band beside the oscillator", "calibrate_receiver", 90.0,
        "Plans say which frequencies around the tuned one are better left out.", 2.0,
    ),
    CalibratedQuantity(
        LOOP_GAIN, "Gain from transmitter to receiver", "calibrate_probe", 30.0,
        "The trend only: a cable or an amplifier that fails shows here.", 0.3,
    ),
    CalibratedQuantity(
        PROBE_RESONANCE, "Probe: resonance", "calibrate_probe", 7.0,
        "Plans warn of frequencies outside the probe's band.", 0.02,
    ),
    CalibratedQuantity(
        PROBE_Q, "Probe: quality factor", "calibrate_probe", 7.0,
        "Plans warn of frequencies outside the probe's band.", 0.3,
    ),
)  # fmt: skip

QUANTITIES: Mapping[str, CalibratedQuantity] = {one.name: one for one in _KNOWN}
"""By name, in the order in which they are shown."""
