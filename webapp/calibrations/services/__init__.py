"""Calibrations: written when their runs are processed, decided about by staff, used by every later run."""

from webapp.calibrations.services.decisions import accept, require_may_measure, set_validity, withdraw
from webapp.calibrations.services.in_force import in_force, in_force_of, newest_measured
from webapp.calibrations.services.recording import record
from webapp.calibrations.services.use import applied_limits, delays_s, freeze, frozen, plain, plan_notes

__all__ = [
    "accept",
    "applied_limits",
    "delays_s",
    "freeze",
    "frozen",
    "in_force",
    "in_force_of",
    "newest_measured",
    "plain",
    "plan_notes",
    "record",
    "require_may_measure",
    "set_validity",
    "withdraw",
]
