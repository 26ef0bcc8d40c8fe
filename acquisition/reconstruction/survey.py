"""From captures to lines: the survey as a whole, and one line in narrow-band captures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acquisition.experiment import Spectrum
from acquisition.lines import Line
from acquisition.reconstruction.detection import Detection
from acquisition.reconstruction.excitation import TooIrregular
from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.picture import Picture
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.report import lines_of
from acquisition.reconstruction.result import Reconstruction
from acquisition.reconstruction.unfold import Unfolder
from acquisition.shot import Capture


def reconstruct_survey(
    captures: Sequence[Capture],
    parameters: ReconstructionParameters | None = None,
    band_hz: tuple[float, float] | None = None,
) -> Reconstruction:
    """Lines in any number of captures of one sample, as candidates with their unfolding confidence.

    The captures may differ in centre frequency, comb and sample rate; a line that several of them see is one line,
    fitted in all of them. With `band_hz` lines and carriers are looked for in this range only, and the false alarms are
    those of it. Captures without data (no transmission, or no reception) are left out with a message.
    """
    chosen = parameters or ReconstructionParameters()
    records, messages = usable_records(captures)
    if not records:
        empty = Spectrum(0.0, 1.0, np.zeros(0, dtype=np.complex64), 0.0)
        return Reconstruction((), empty, 0.0, tuple(messages))
    unfolder = Unfolder(records, chosen, band_hz)
    unfolder.run()
    found = lines_of(unfolder)
    sure = [one for one in found if one.line.unfolding_confidence >= chosen.minimum_confidence]
    messages += [
        f"A line near {one.line.frequency_hz / 1e6:.4f} MHz was left out: "
        f"its tooth is certain to {one.line.unfolding_confidence:.2f} only."
        for one in found
        if one not in sure
    ]
    detection = Detection(math.sqrt(unfolder.threshold), chosen.false_alarms_per_survey)
    messages.append(detection.sentence)
    if unfolder.blind_below > 0.0:
        messages.append(
            "There is more interference than can be told apart: below a signal-to-noise ratio of "
            f"{math.sqrt(unfolder.blind_below):.1f} lines were not looked for."
        )
    lines = tuple(one.line for one in sure)
    picture = Picture(
        tuple(records),
        unfolder.sigmas,
        tuple(unfolder.components),
        unfolder.solution,
        tuple(one.components for one in sure),
        (
            min(low for low, _ in unfolder.bands),
            max(high for _, high in unfolder.bands),
        ),
    )
    noise = math.sqrt(float(np.mean(unfolder.sigmas**2)))
    return Reconstruction(lines, picture.spectrum(lines), noise, tuple(messages), picture, detection=detection)


def fit_line(
    captures: Sequence[Capture],
    near_hz: float,
    search_half_width_hz: float,
    parameters: ReconstructionParameters | None = None,
) -> Line | None:
    """The strongest line within +- `search_half_width_hz` of a frequency, or None where noise explains the data.

    Meant for narrow-band captures with an un-combed pulse. The detection threshold is that of the false-alarm rate in
    the narrow range, so it is lower than a survey's.
    """
    chosen = parameters or ReconstructionParameters()
    records, _ = usable_records(captures)
    if not records:
        return None
    band = (near_hz - search_half_width_hz, near_hz + search_half_width_hz)
    unfolder = Unfolder(records, chosen, band_hz=band)
    unfolder.run()
    lines = [one.line for one in lines_of(unfolder)]
    lines = [line for line in lines if abs(line.frequency_hz - near_hz) <= search_half_width_hz]
    return max(lines, key=lambda line: line.snr, default=None)


def usable_records(captures: Sequence[Capture]) -> tuple[list[Record], list[str]]:
    """Captures that can be reconstructed, prepared, and a sentence for each that cannot."""
    records: list[Record] = []
    messages: list[str] = []
    for capture in captures:
        name = f"The capture at {capture.centre_frequency_hz / 1e6:.4f} MHz"
        if len(capture.samples) == 0 or not np.any(capture.waveform):
            messages.append(f"{name} has no transmission in it and was left out.")
            continue
        try:
            known = next((record.excitation for record in records if record.excitation.is_of(capture)), None)
            record = Record(capture, known)
        except TooIrregular as error:
            messages.append(f"{name} was left out: {error}.")
            continue
        if record.count < 16 or record.energy == 0.0:
            messages.append(f"{name} has no received data outside transmission and dead time and was left out.")
            continue
        records.append(record)
    return records, messages
