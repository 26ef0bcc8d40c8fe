"""Rules of the results: reading the values of a spectrum, reducing them for the screen, exporting and storing them."""

from webapp.spectra.services.bins import COLUMNS_MAX, COMPONENTS, Bins, reduce
from webapp.spectra.services.values import bins, load

__all__ = ["COLUMNS_MAX", "COMPONENTS", "Bins", "bins", "load", "reduce"]
