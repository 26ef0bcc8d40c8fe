"""A simulated copy of an instrument: the same settings, calibrations and limits, its radio a process of ours.

Whoever measures with the copy does not know: it is an Instrument like any other, and its radio speaks through libiio.
"""

from __future__ import annotations

import cmath
import copy
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from acquisition.calibration import quantities
from acquisition.calibration.correction import image_coefficient
from acquisition.limits import InstrumentLimits
from acquisition.planning.guess import GuessedLine
from acquisition.reception import UsedCalibration
from sdr.simulated import running
from tasks.settings import instrument_settings
from webapp.calibrations.services import newest_measured
from webapp.facility import services
from webapp.facility.models import Instrument

#: the simulated receiver has recovered to below a tenth of its noise eight ring-down times after a pulse
_RING_DOWNS_PER_DEAD_TIME = 8.0
_REFERENCE_ATTENUATION_DB = 10.0
_FULL_SCALE_LSB = 2048.0
_CORRECTED = (quantities.XO_ERROR, quantities.IQ_GAIN_IMBALANCE, quantities.IQ_PHASE)
#: a Pluto as sold does not tune below this; one that does has the other chip's range
_AD9363_MIN_HZ = 325e6


@contextmanager
def simulated_copy(instrument: Instrument, guess: Sequence[GuessedLine], seed: int) -> Iterator[Instrument]:
    """An unsaved instrument like this one, whose radio is simulated with the guessed sample until the end of the body.

    The radio ends with this process, however that ends. Its lock and guard files are in a folder of their own, which
    is why only one copy at a time may be used in a process. Raises InvalidParameters if the row makes no sense.
    """
    limits = services.limits(instrument)
    serial = f"simulated-copy-{instrument.slug}-{seed}"
    with (
        _own_locks(),
        running(
            sample(instrument, limits, guess, _known_errors(instrument)),
            seed=seed,
            firmware="v0.32" if _by_leakage(instrument) else "v0.39",
            converter=_converter(instrument),
            serial=serial,
            probe_port=0,
            arguments=("--model", _model(instrument)),
        ) as radio,
    ):
        assert radio.probe_address is not None
        host, port = radio.probe_address
        twin = copy.copy(instrument)
        twin.uri, twin.serial = radio.uri, serial
        if instrument.identity.get("uri") == instrument.uri:
            twin.identity = instrument.identity | {"uri": radio.uri}  # it reaches what the original reaches
        if limits.probe_tuning != Instrument.ProbeTuning.FIXED:
            # People who would tune the probe are not asked to: a tuner does what they do.
            twin.probe_tuning, twin.tuner_uri = Instrument.ProbeTuning.STEPPER, f"tcp:{host}:{port}"
        yield twin


def calibrations(instrument: Instrument) -> tuple[UsedCalibration, ...]:
    """Those in force whose errors the copy has, too, as the records of captures hold them."""
    return tuple(
        UsedCalibration(quantity=name, value=value, sigma=math.nan)
        for name, value in _known_errors(instrument).items()
        if name in _CORRECTED
    )


def sample(
    instrument: Instrument, limits: InstrumentLimits, guess: Sequence[GuessedLine], errors: Mapping[str, float]
) -> dict[str, Any]:
    """The simulated sample, probe and receiver (docs/how-to/simulated-spectrometer.md) of an instrument with a guess.

    Levels are what the simulator takes for usual: a guess is relative to the noise, whose absolute size is of no
    account. The probe rings down within the instrument's dead time, and its field is that of the calibration; `errors`
    are further calibrated quantities by their names.
    """
    resonance_hz = errors.get(quantities.PROBE_RESONANCE, 0.0) or limits.probe_centre_hz
    quality = errors.get(quantities.PROBE_Q, 0.0)
    gain_db = _REFERENCE_ATTENUATION_DB - instrument.tx_attenuation_db
    probe: dict[str, Any] = {
        "bandwidth_hz": resonance_hz / quality if resonance_hz > 0 and quality > 0 else limits.probe_bandwidth_hz,
        "ring_down_s": min(max(limits.dead_time_s / _RING_DOWNS_PER_DEAD_TIME, 1e-9), 1e-3),
        "nutation_hz": limits.nutation_frequency_hz * 10 ** (-gain_db / 20),
    }
    if limits.probe_tuning != Instrument.ProbeTuning.FIXED:
        start_hz = limits.probe_centre_hz or (limits.frequency_min_hz + limits.frequency_max_hz) / 2
        probe |= {"tuned_hz": start_hz, "settling_s": min(limits.settling_s, 60.0)}
    elif resonance_hz > 0:
        probe |= {"tuned_hz": resonance_hz}
    if "tuned_hz" in probe:
        probe |= {
            "tuning_min_hz": min(limits.frequency_min_hz, probe["tuned_hz"]),
            "tuning_max_hz": max(limits.frequency_max_hz, probe["tuned_hz"]),
        }
    lines = [_line(line) for line in guess]
    document = {"name": "guess", "lines": lines, "probe": probe, "receiver": _receiver(errors)}
    switch = instrument_settings(instrument).switch
    if switch.by != "none":
        # After the lag the switch has settled as the ring-down has after the dead time.
        settling_s = switch.lag_s / _RING_DOWNS_PER_DEAD_TIME
        document["switch"] = {"by": switch.by, "transmit_level": switch.transmit_level, "switching_s": settling_s}
    return document


def facts(instrument: Instrument) -> dict[str, Any]:
    """What is kept with a dry run of the instrument that was copied, marked as simulated."""
    return {
        "simulated": True,
        "slug": instrument.slug,
        "name": instrument.name,
        "converter": services.converter(instrument),
        "limits": dict(instrument.limits),
        "calibrations": _known_errors(instrument),
        "rx_gain_db": instrument.rx_gain_db,
        "tx_attenuation_db": instrument.tx_attenuation_db,
        "synchronisation": "leakage" if _by_leakage(instrument) else "tdd",
    }


def _known_errors(instrument: Instrument) -> dict[str, float]:
    """The newest calibrations in force, by the names of their quantities."""
    return {name: one.value for name, one in newest_measured(instrument.pk).items()}


def _receiver(errors: Mapping[str, float]) -> dict[str, float]:
    """The radio's known errors in the simulator's terms; what is not known is as the simulator has it."""
    receiver: dict[str, float] = {}
    if quantities.XO_ERROR in errors:
        receiver["reference_ppm"] = min(max(errors[quantities.XO_ERROR] * 1e6, -200.0), 200.0)
    if quantities.IQ_GAIN_IMBALANCE in errors and quantities.IQ_PHASE in errors:
        image = image_coefficient(errors[quantities.IQ_GAIN_IMBALANCE], errors[quantities.IQ_PHASE])
        receiver["iq_imbalance"] = min(abs(image), 0.5)
        receiver["iq_imbalance_phase_deg"] = math.degrees(cmath.phase(image))
    if quantities.LO_LEAKAGE in errors:
        receiver["lo_leakage_lsb"] = min(abs(errors[quantities.LO_LEAKAGE]) * _FULL_SCALE_LSB, 2000.0)
    return receiver


def _line(line: GuessedLine) -> dict[str, Any]:
    return {
        "frequency_hz": line.frequency_hz,
        "amplitude_over_noise": line.amplitude_over_noise,
        "t1_s": line.t1_s,
        "t2_s": line.t2_s,
        "t2_star_s": line.t2_star_s,
        "spin": line.spin,
    }


def _by_leakage(instrument: Instrument) -> bool:
    """Whether the radio starts transmission and reception together, as configured or as last seen."""
    if instrument.synchronisation != Instrument.Synchronisation.AUTO:
        return bool(instrument.synchronisation == Instrument.Synchronisation.LEAKAGE)
    return bool(instrument.identity.get("synchronisation") == "leakage")


def _converter(instrument: Instrument) -> str:
    fitted: Mapping[str, Any] = services.converter(instrument)
    return "none" if fitted["side"] == "none" else f"{fitted['side']}:{fitted['lo_hz']:.0f}"


def _model(instrument: Instrument) -> str:
    """The chip with the tuning range that was seen; of a radio never seen the wider one if nothing is converted."""
    seen_hz = instrument.identity.get("tuning_min_hz")
    if isinstance(seen_hz, int | float):
        return "ad9364" if seen_hz < _AD9363_MIN_HZ else "ad9363a"
    return "ad9364" if services.converter(instrument)["side"] == "none" else "ad9363a"


@contextmanager
def _own_locks() -> Iterator[None]:
    """Locks and guards of radios that are soon gone leave no files where those of real ones are."""
    before = os.environ.get("RASGADO_LOCK_DIR")
    with tempfile.TemporaryDirectory(prefix="rasgado-dry-run-") as folder:
        os.environ["RASGADO_LOCK_DIR"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["RASGADO_LOCK_DIR"]
            else:
                os.environ["RASGADO_LOCK_DIR"] = before
