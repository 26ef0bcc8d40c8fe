"""What a map of a broad line results in: curves with the models' fits, quantities with their bounds, and one line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.broad.vocs import Sum
from acquisition.curves import Axis, Curve, Quantity
from acquisition.efg import Comparison, Conversion, Density, Fit
from acquisition.efg.models import EXTENDED_CZJZEK, czjzek_asymmetry_factor
from acquisition.lines import Line, LineStatus

Real = npt.NDArray[np.float64]

FREQUENCY_AXIS = Axis("Frequency", "Hz", "MHz", 1e6)
DENSITY_AXIS = Axis("P(ν)", "1/Hz", "1/MHz", 1e-6)
GRADIENT_AXIS = Axis("|V_zz|", "V/m^2", "10²¹ V/m²", 1e21)
GRADIENT_DENSITY_AXIS = Axis("P(|V_zz|)", "m^2/V", "10⁻²¹ m²/V", 1e-21)

_FIT_POINTS = 400


@dataclass(frozen=True)
class _Unit:
    """An SI unit, what people read instead, and how much of the former one of the latter is."""

    unit: str
    display_unit: str
    scale: float

    def quantity(self, name: str, symbol: str, value: float, sigma: float, note: str) -> Quantity:
        return Quantity(name, symbol, value, sigma, self.unit, note, self.display_unit, self.scale)


_PLACE = _Unit("Hz", "MHz", 1e6)
_WIDTH = _Unit("Hz", "kHz", 1e3)
_GRADIENT = _Unit("V/m^2", "10²¹ V/m²", 1e21)


def fwhm_hz(fit: Fit) -> tuple[float, float]:
    """Full width at half height of a fitted distribution, and its uncertainty (that of the standard deviation)."""
    mean_hz, deviation_hz = fit.mean_and_deviation_hz
    _, deviation_sigma_hz = fit.mean_and_deviation_sigma_hz
    frequency_hz = np.linspace(max(0.0, mean_hz - 5.0 * deviation_hz), mean_hz + 5.0 * deviation_hz, 8001)
    density = fit.density(frequency_hz)
    above = frequency_hz[density >= 0.5 * density.max()]
    width_hz = float(above[-1] - above[0])
    return width_hz, width_hz * deviation_sigma_hz / deviation_hz


def line(found: Sum, fit: Fit) -> Line:
    """The broad line as a line: its middle, width and significance."""
    mean_hz, _ = fit.mean_and_deviation_hz
    mean_sigma_hz, _ = fit.mean_and_deviation_sigma_hz
    width_hz, width_sigma_hz = fwhm_hz(fit)
    height = fit.area * float(np.max(fit.density(found.density.fine_frequency_hz())))
    relative = fit.area_sigma / fit.area
    return Line(
        frequency_hz=mean_hz,
        frequency_sigma_hz=mean_sigma_hz,
        fwhm_hz=width_hz,
        fwhm_sigma_hz=width_sigma_hz,
        amplitude=height,
        amplitude_sigma=height * relative,
        phase_rad=0.0,
        snr=fit.signal_to_noise,
        unfolding_confidence=1.0,
        status=LineStatus.CONFIRMED,
    )


def curves(density: Density, compared: Comparison, conversion: Conversion | None) -> tuple[Curve, ...]:
    """P(nu) with the best fit; with a conversion also P(V_zz) with the fit of every model, and its bounds.

    All are normalised with the area of the best fit.
    """
    best = compared.best
    made = [_curve("line_density", "Distribution of line frequencies", density, best, best, None, 1.0)]
    if conversion is None:
        return tuple(made)
    for fit in sorted(compared.fits, key=lambda fit: fit.model.name):
        title = f"Distribution of field gradients, η = 0, {fit.model.title}"
        made.append(_curve(f"efg_{fit.model.name}", title, density, best, fit, conversion, 1.0))
    for name, eta, factor in _ends(conversion):
        made.append(
            _curve(f"efg_{name}", f"Distribution of field gradients, {eta}", density, best, best, conversion, factor)
        )
    return tuple(made)


def _ends(conversion: Conversion) -> list[tuple[str, str, float]]:
    """The bounds that an unknown eta leaves, other than eta = 0 itself, relative to it."""
    found = []
    if conversion.lower < 1.0 - 1e-6:
        found.append(("lower_bound", "smallest that an unknown η allows", conversion.lower))
    if conversion.upper > 1.0 + 1e-6:
        found.append(("upper_bound", "largest that an unknown η allows", conversion.upper))
    return found


def _curve(
    name: str, title: str, density: Density, best: Fit, fit: Fit, conversion: Conversion | None, factor: float
) -> Curve:
    """A measured density with a fit, over nu or, with a conversion, over |V_zz| = nu factor (C_Q/nu) (V/C_Q)."""
    per_hz = 1.0 if conversion is None else factor * conversion.coupling_per_hz * conversion.gradient_per_hz
    fit_hz = np.linspace(float(density.frequency_hz[0]), float(density.frequency_hz[-1]), _FIT_POINTS)
    relative = fit.area / best.area
    return Curve(
        name=name,
        title=title,
        x_axis=FREQUENCY_AXIS if conversion is None else GRADIENT_AXIS,
        y_axis=DENSITY_AXIS if conversion is None else GRADIENT_DENSITY_AXIS,
        x=density.frequency_hz * per_hz,
        y=density.values / best.area / per_hz,
        y_sigma=density.sigma / abs(best.area) / per_hz,
        fit_x=fit_hz * per_hz,
        fit_y=relative * fit.density(fit_hz) / per_hz,
        model=f"{fit.model.title}: {fit.model.formula}; χ² = {fit.chi_squared:.4g} for {fit.degrees_of_freedom}",
    )


def quantities(found: Sum, compared: Comparison, conversion: Conversion | None) -> tuple[Quantity, ...]:
    """Centre and width of the line, and of C_Q and V_zz with the bounds that an unknown eta leaves."""
    best = compared.best
    mean_hz, deviation_hz = best.mean_and_deviation_hz
    mean_sigma_hz, deviation_sigma_hz = best.mean_and_deviation_sigma_hz
    width_hz, width_sigma_hz = fwhm_hz(best)
    of_model = f"{best.model.title} distribution"
    made = [
        _PLACE.quantity("mean_frequency_hz", "⟨ν⟩", mean_hz, mean_sigma_hz, f"mean of the {of_model}"),
        _WIDTH.quantity("fwhm_hz", "FWHM", width_hz, width_sigma_hz, f"of the {of_model}"),
        _WIDTH.quantity("resolution_hz", "δν", found.resolution_hz, 0.0, "full width at half height; part of the fits"),
        *_czjzek(compared),
    ]
    if conversion is None:
        return tuple(made)
    coupling, gradient = conversion.coupling_per_hz, conversion.coupling_per_hz * conversion.gradient_per_hz
    for prefix, symbol, per_hz, ending, unit in (
        ("coupling", "C_Q", coupling, "hz", _PLACE),
        ("gradient", "|V_zz|", gradient, "v_per_m2", _GRADIENT),
    ):
        for what, sign, value, sigma in (
            ("mean", f"⟨{symbol}⟩", mean_hz, mean_sigma_hz),
            ("deviation", f"σ({symbol})", deviation_hz, deviation_sigma_hz),
        ):
            for name, eta, factor in [("", f"{conversion.nuclide}, η = 0", 1.0), *_ends(conversion)]:
                full_name = "_".join(part for part in (prefix, what, name, ending) if part)
                scale = per_hz * factor
                made.append(unit.quantity(full_name, sign, value * scale, sigma * scale, eta))
    return tuple(made)


def _czjzek(compared: Comparison) -> list[Quantity]:
    fit = compared.of(EXTENDED_CZJZEK.name)
    if fit is None:
        return []
    note = f"of the extended Czjzek model, χ² = {fit.chi_squared:.4g} for {fit.degrees_of_freedom}"
    return [
        _PLACE.quantity("czjzek_fixed_hz", "ν₀", fit.values[0], fit.sigma(0), f"fixed part {note}"),
        _WIDTH.quantity("czjzek_sigma_hz", "σ_Cz", fit.values[1], fit.sigma(1), f"random part {note}"),
    ]


def notes(compared: Comparison, conversion: Conversion | None, resolution_hz: float) -> list[str]:
    """What a user should know about fits and bounds."""
    made = [compared.verdict]
    if fwhm_hz(compared.best)[0] < resolution_hz:
        made.append("The line is hardly broader than the resolution; a longer echo delay resolves it better.")
    if conversion is None:
        made.append("Give the nuclide to see the distribution of field gradients.")
        return made
    made.append(
        f"C_Q and V_zz: {conversion.assumption}; an unknown η leaves C_Q between {conversion.lower:.4g} and "
        f"{conversion.upper:.4g} of its value at η = 0. The bounds of the width hold where η is the same for all sites."
    )
    czjzek = compared.of("czjzek")
    if conversion.spin.denominator == 2 and conversion.spin.numerator == 3 and czjzek is compared.best:
        mean, deviation = czjzek_asymmetry_factor()
        made.append(
            f"If the distribution is Czjzek's, the distribution of η is known with it, and the mean of C_Q is "
            f"{mean:.4f} of that at η = 0 (spread of the factor {deviation:.4f})."
        )
    return made
