"""From a broad line to the distribution of field gradients behind it: P(nu) to P(C_Q) to P(V_zz), models and fits."""

from acquisition.efg.conversion import Conversion, Unconvertible, conversion, gradient_v_per_m2
from acquisition.efg.density import Density
from acquisition.efg.fit import Comparison, Fit, compare, gain_of_narrower
from acquisition.efg.models import MODELS, Model

__all__ = [
    "MODELS",
    "Comparison",
    "Conversion",
    "Density",
    "Fit",
    "Model",
    "Unconvertible",
    "compare",
    "conversion",
    "gain_of_narrower",
    "gradient_v_per_m2",
]
