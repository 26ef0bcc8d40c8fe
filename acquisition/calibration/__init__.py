"""Calibration: from captures alone to the errors of an instrument, and captures without them."""

from acquisition.calibration.correction import corrected, corrected_all

__all__ = ["corrected", "corrected_all"]
