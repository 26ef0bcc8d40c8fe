"""A wide survey as what it is: overlapping windows, reconstructed a few at a time and stitched into one spectrum.

A line is seen by one window, or by two that overlap, so nothing is gained by fitting all windows together, and the time
and the memory for it grow with the square of their number. Windows are therefore taken in groups of neighbours that
share their outermost window with the next group. Each half of a shared window belongs to the group that reaches further
on that side, so that every line is fitted in all the windows that see it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from acquisition.artefacts import rejected_signals
from acquisition.artefacts.faulty_samples import without_faulty_samples
from acquisition.artefacts.judging import steady_bands_hz
from acquisition.artefacts.modulated import each_once, modulated_signals, without_interference
from acquisition.artefacts.nuisance import Nuisance, nuisances_of
from acquisition.artefacts.remainder import line_left
from acquisition.lines import Line
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.detection import of_all
from acquisition.reconstruction.picture import Picture
from acquisition.shot import Capture
from acquisition.stitching import SAME_LINE_HZ, GroupPicture, Phase, StitchedPicture, same_line
from acquisition.survey_band import SurveyWindow, windows_of

GROUP_WINDOWS = 5
"""Most windows that are reconstructed together."""


@dataclass(frozen=True)
class Group:
    """Neighbouring windows that are reconstructed together, and the range whose lines they answer for."""

    windows: tuple[SurveyWindow, ...]
    low_hz: float
    high_hz: float

    @property
    def captures(self) -> tuple[int, ...]:
        """Places of the captures, by window."""
        return tuple(place for window in self.windows for place in window.captures)

    def answers_for(self, line: Line) -> bool:
        """Whether a line lies in the range of this group, or so near its ends that the neighbour may have it too."""
        return self.low_hz - SAME_LINE_HZ <= line.frequency_hz < self.high_hz + SAME_LINE_HZ


def groups_of(windows: Sequence[SurveyWindow]) -> list[Group]:
    """Groups of at most GROUP_WINDOWS, each sharing its last window with the next one."""
    starts = range(0, max(len(windows) - 1, 1), GROUP_WINDOWS - 1)
    parts = [tuple(windows[start : start + GROUP_WINDOWS]) for start in starts]
    bounds = [-math.inf, *(part[-1].comb_hz for part in parts[:-1]), math.inf]
    return [Group(part, low, high) for part, (low, high) in zip(parts, itertools.pairwise(bounds), strict=True)]


def reconstruct_windows(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Lines in the captures of all windows of a survey, and their spectrum, in which each window has its own noise.

    The false alarms per survey are those of the whole survey, however many groups it falls into.
    """
    captures = [without_faulty_samples(capture) for capture in captures]
    modulated = each_once([signal for capture in captures for signal in modulated_signals(capture)])
    silenced_hz = tuple((signal.low_hz, signal.high_hz) for signal, _ in modulated if not signal.is_own)
    captures = [without_interference(capture, [signal for signal, _ in modulated]) for capture in captures]
    windows = windows_of(captures)
    groups = groups_of(windows)
    parts: list[tuple[Group, Reconstruction]] = []
    pictures: list[GroupPicture] = []
    nuisances: list[Nuisance] = []
    for group in groups:
        share = len(group.windows) / sum(len(one.windows) for one in groups)
        own = replace(parameters, false_alarms_per_survey=share * parameters.false_alarms_per_survey)
        found = reconstruct_survey([captures[place] for place in group.captures], own)
        if isinstance(found.picture, Picture):
            in_windows = [tuple(captures[place] for place in window.captures) for window in group.windows]
            start = pictures[-1].last_phase if pictures else Phase(0.0, known=True)
            nuisances += nuisances_of(found.picture)
            pictures.append(GroupPicture.of(found.picture, found.lines, in_windows, start))
        # The picture of a group holds all of its data prepared for fitting; what is needed of it has been taken.
        parts.append((group, replace(found, picture=None)))
    merged: list[Line] = []
    for group, found in parts:
        for line in found.lines:
            if group.answers_for(line) and not any(same_line(line, known) for known in merged):
                merged.append(line)
    lines = tuple(sorted(merged, key=lambda line: line.frequency_hz))
    noises = [found.noise_sigma for _, found in parts if found.noise_sigma > 0]
    noise = math.sqrt(float(np.mean(np.square(noises)))) if noises else 0.0
    detection = of_all([found.detection for _, found in parts], parameters.false_alarms_per_survey)
    # Each group states a threshold with its own share of the false alarms; of interest is that of all.
    shares = {found.detection.sentence for _, found in parts if found.detection is not None}
    texts = dict.fromkeys(message for _, found in parts for message in found.messages if message not in shares)
    messages = (*texts, *((detection.sentence,) if detection is not None else ()))
    if not pictures:
        return Reconstruction(lines, parts[0][1].spectrum, noise, messages, detection=detection)
    picture = StitchedPicture(lines, tuple(pictures))
    spectrum = picture.spectrum(lines)
    left = [line_left(nuisance, lines) for nuisance in nuisances]
    nuisances = [nuisance for nuisance, line in zip(nuisances, left, strict=True) if line is None]
    messages += tuple(
        f"The strong line at {line.frequency_hz / 1e6:.4f} MHz does not answer quite as the model has it; what that "
        "left beside it is not listed."
        for line in dict.fromkeys(line for line in left if line is not None)
    )
    silenced_hz += tuple(steady_bands_hz(nuisances))
    artefacts = (*rejected_signals(nuisances), *(signal.rejected(count) for signal, count in modulated))
    return Reconstruction(
        lines,
        spectrum,
        noise,
        messages,
        picture,
        artefacts=artefacts,
        silenced_hz=silenced_hz,
        detection=detection,
    )
