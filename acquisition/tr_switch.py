"""Settings of the switch between transmitter, probe and receiver: the one rule for forms and driver."""

from __future__ import annotations

import math

from acquisition.front_end import SettingFault

WAYS = ("none", "tdd0")
LATEST_S = 1e-3
"""A switch that needs longer is no switch for magnetic resonance."""


def switch_fault(by: object, transmit_level: object, lead_s: object, lag_s: object) -> SettingFault | None:
    """What is wrong with the settings, or None."""
    if by == "tx2":
        return SettingFault(
            "switch.by",
            "A switch at the second transmit path is not driven by this software yet.",
            'Use channel 0 of the TDD core ("tdd0"), or a switch that works by itself ("none"), such as diodes.',
        )
    if by not in WAYS:
        return SettingFault("switch.by", f"The switch is set by {by!r}.", f"It must be one of {', '.join(WAYS)}.")
    if isinstance(transmit_level, bool) or transmit_level not in (0, 1):
        return SettingFault("switch.transmit_level", f"The switch's level is {transmit_level!r}.", "It must be 0 or 1.")
    for name, value in (("lead_s", lead_s), ("lag_s", lag_s)):
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if not 0.0 <= number <= LATEST_S:
            return SettingFault(
                f"switch.{name}", f"The switch's {name} is {value!r} s.", f"It must be 0 to {LATEST_S:g} s."
            )
    return None
