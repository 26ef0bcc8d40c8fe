"""From fitted components to lines with honest uncertainties."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from acquisition.lines import Line
from acquisition.reconstruction.components import Component, signal_blocks
from acquisition.reconstruction.excitation import Real
from acquisition.reconstruction.fit import FREQUENCY, PARAMETERS, WIDTH, covariance, refine, width_slope
from acquisition.reconstruction.model import FWHM_LIMITS_HZ
from acquisition.reconstruction.posterior import Moments, moments
from acquisition.reconstruction.unfold import Unfolder

WEAK_STATISTIC = 120.0
"""Below this SNR squared the uncertainty is taken from the whole likelihood and not from its curvature at the top."""


SHAPE_REPORTED = 0.1
"""Deviation from a Lorentzian, fitted where it matters, from which on it is said that there is one."""

NOT_LORENTZIAN = "Not Lorentzian: it may be several lines that overlap within its width."


@dataclass(frozen=True)
class Found:
    """A line and the components that it stands for, the strongest first."""

    line: Line
    components: tuple[int, ...]


def lines_of(unfolder: Unfolder) -> list[Found]:
    """Every line that the pursuit found, by rising frequency."""
    variances = covariance(unfolder.solution, unfolder.components)
    lines = [
        Found(_line(unfolder, i, variances), (i,))
        for i, component in enumerate(unfolder.components)
        if component.kind == "line" and component.members
    ]
    return _resolved(lines)


def _resolved(lines: list[Found]) -> list[Found]:
    """Lines by rising frequency, with those closer than half a width to a stronger one taken for parts of that one.

    Such a pair cannot be told from one line of another shape, so it is given as one, whose frequency is uncertain by
    half their distance. Lines that overlap within a width are given by themselves, and said to be unresolved.
    """
    kept: list[Found] = []
    for found in sorted(lines, key=lambda found: found.line.snr, reverse=True):
        line = found.line
        for i, known in enumerate(kept):
            other = known.line
            distance = abs(line.frequency_hz - other.frequency_hz)
            if distance < 0.5 * max(line.fwhm_hz, other.fwhm_hz):
                sigma = math.hypot(other.frequency_sigma_hz, distance / 2)
                one = replace(other, frequency_sigma_hz=sigma, reason="Unresolved: two lines, or not Lorentzian.")
                kept[i] = Found(one, known.components + found.components)
                break
        else:
            kept.append(found)
    kept.sort(key=lambda found: found.line.frequency_hz)
    return [Found(_overlapping(found.line, kept), found.components) for found in kept]


def _overlapping(line: Line, found: list[Found]) -> Line:
    """The line, with a reason where its nearest neighbour is within the larger of their widths."""
    others = [one.line for one in found if one.line is not line]
    other = min(others, key=lambda other: abs(other.frequency_hz - line.frequency_hz), default=None)
    if line.reason or other is None:
        return line
    distance = abs(other.frequency_hz - line.frequency_hz)
    if distance >= max(line.fwhm_hz, other.fwhm_hz):
        return line
    return replace(line, reason=f"Unresolved: overlaps the line {distance / 1e3:.2g} kHz beside it within a width.")


def _line(unfolder: Unfolder, index: int, variances: Real) -> Line:
    component = unfolder.components[index]
    noise = np.mean([unfolder.colours[c].factor(component.frequency_hz) for c in component.members])
    inflation = _mismatch(unfolder, component) * math.sqrt(float(noise))
    frequency = PARAMETERS * index + FREQUENCY
    width = PARAMETERS * index + WIDTH
    amplitude, phase, amplitude_variance = _amplitude(unfolder, index)
    sensitivity = _width_sensitivity(unfolder, index, amplitude)
    amplitude_variance += sensitivity**2 * float(variances[width, width])
    statistic = unfolder.statistics()[index][0]
    frequency_hz, frequency_sigma = component.frequency_hz, math.sqrt(variances[frequency, frequency])
    ln_width_sigma = math.sqrt(variances[width, width])
    if statistic < WEAK_STATISTIC and math.isfinite(frequency_sigma):
        found = _weak(unfolder, index, frequency_sigma)
        if found is not None:
            # The grid knows linear responses only; what saturation moves and makes uncertain is added to it.
            linear_hz, linear_sigma = _as_linear(unfolder, index)
            frequency_hz += found.frequency_hz - linear_hz
            excess = max(frequency_sigma**2 - linear_sigma**2, 0.0)
            frequency_sigma = max(frequency_sigma, math.sqrt(found.frequency_sigma_hz**2 + excess))
            ln_width_sigma = max(ln_width_sigma, found.ln_width_sigma)
    return Line(
        reason=NOT_LORENTZIAN if abs(component.shape) > SHAPE_REPORTED else "",
        frequency_hz=frequency_hz,
        frequency_sigma_hz=inflation * frequency_sigma,
        fwhm_hz=component.fwhm_hz,
        fwhm_sigma_hz=inflation * component.fwhm_hz * ln_width_sigma,
        amplitude=amplitude,
        amplitude_sigma=inflation * math.sqrt(amplitude_variance),
        phase_rad=phase,
        snr=math.sqrt(statistic),
        unfolding_confidence=unfolder.confidences.get(index, 1.0),
    )


def _weak(unfolder: Unfolder, index: int, frequency_sigma_hz: float) -> Moments | None:
    """Posterior moments of a weak line; the nearest other component bounds where it is looked at."""
    component = unfolder.components[index]
    spacings = [unfolder.records[c].tooth_spacing_hz for c in component.members]
    reach = min([0.45 * spacing for spacing in spacings if spacing is not None], default=20e3)
    for other in unfolder.components:
        if other is not component and other.kind == "line":
            reach = min(reach, max(0.5 * abs(other.frequency_hz - component.frequency_hz), 3 * frequency_sigma_hz))
    data = [
        unfolder.residuals[c]
        + signal_blocks(unfolder.records[c], [(component, complex(unfolder.solution.amplitudes[c][index]))])
        for c in component.members
    ]
    return moments(
        [unfolder.records[c] for c in component.members],
        data,
        unfolder.sigmas[list(component.members)],
        component.frequency_hz,
        component.fwhm_hz,
        frequency_sigma_hz,
        reach,
    )


def _as_linear(unfolder: Unfolder, index: int) -> tuple[float, float]:
    """Frequency and its standard deviation that a fit of the linear response gives for one line."""
    trial = list(unfolder.components)
    trial[index] = replace(trial[index], saturation=0.0, free_saturation=False)
    fitted, solution = refine(
        unfolder.records, unfolder.sigmas, trial, fwhm_limits_hz=FWHM_LIMITS_HZ, movable=[index], tolerance=0.01
    )
    slot = PARAMETERS * index + FREQUENCY
    return fitted[index].frequency_hz, math.sqrt(float(covariance(solution, fitted)[slot, slot]))


def _amplitude(unfolder: Unfolder, index: int) -> tuple[float, float, float]:
    """Amplitude as of a linear response, phase in the first capture, and variance at a known width.

    Averaged over captures by weight. A saturated response is weaker; the amplitude given is that of the linear response
    of equal energy, so it does not depend on how well the saturation is known.
    """
    component = unfolder.components[index]
    total = weights = 0.0
    for c in component.members:
        record = unfolder.records[c]
        linear = float(record.response_energy(np.asarray([component.frequency_hz]), component.fwhm_hz)[0])
        energy = float(unfolder.solution.energies[c][index])
        scale = math.sqrt(energy / linear) if linear > 0 else 1.0
        place = sum(1 for other in unfolder.components[:index] if c in other.members)
        variance = float(unfolder.solution.inverses[c][place, place].real) * float(unfolder.sigmas[c]) ** 2 * scale**2
        weight = 1 / max(variance, 1e-300)
        total += weight * scale * float(abs(unfolder.solution.amplitudes[c][index]))
        weights += weight
    phase = float(np.angle(unfolder.solution.amplitudes[component.members[0]][index]))
    # The complex amplitude has this variance; along its own direction half of it.
    return total / weights, phase, 0.5 / weights


def _width_sensitivity(unfolder: Unfolder, index: int, amplitude: float) -> float:
    """d amplitude / d ln FWHM: a wider line fits the same data with a larger amplitude."""
    c = unfolder.components[index].members[0]
    now = complex(unfolder.solution.amplitudes[c][index])
    if now == 0:
        return 0.0
    slope = width_slope(unfolder.records[c], unfolder.components, unfolder.solution, c, index)
    return amplitude * (slope / now).real


def _mismatch(unfolder: Unfolder, component: Component) -> float:
    """By how much the residual around the line and its nearest images exceeds noise, as a factor >= 1 on sigmas."""
    values = []
    for c in component.members:
        scans = unfolder.scans[c]
        if not scans:
            continue
        scan = min(scans, key=lambda s: abs(math.log(s.fwhm_hz / component.fwhm_hz)))
        spacing = unfolder.records[c].tooth_spacing_hz
        for k in (-1, 0, 1) if spacing is not None else (0,):
            centre = component.frequency_hz + k * (spacing or 0.0)
            near = np.abs(scan.frequency_hz - centre) < 2 * component.fwhm_hz
            values.extend((scan.power[near] / unfolder.noise_at(c, scan.frequency_hz[near])).tolist())
    if not values:
        return 1.0
    # Noise gives 1 on average; up to 2 is within its scatter over so few independent values.
    return math.sqrt(max(1.0, float(np.mean(values)) / 2.0))
