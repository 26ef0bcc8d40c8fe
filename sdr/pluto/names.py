"""Names of the radio's devices and channels, and the forms in which libiio gives numbers."""

from __future__ import annotations

import re

from sdr.errors import ReadBackMismatch

PHY = "ad9361-phy"
RX = "cf-ad9361-lpc"
TX = "cf-ad9361-dds-core-lpc"
TDD = "iio-axi-tdd-0"
PINS = "one-bit-adc-dac"
PIN_SWITCH = "PHASER_ENABLE"
RX_LO_CHANNEL = "altvoltage0"
TX_LO_CHANNEL = "altvoltage1"
SAMPLE_CHANNELS = ("voltage0", "voltage1")

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def parse_number(text: str) -> float:
    """The first number in an attribute's value such as "-10.000000 dB"."""
    found = _NUMBER.search(text)
    if found is None:
        raise ReadBackMismatch(f"The radio answered {text!r} where a number was due.")
    return float(found.group())


def parse_range(text: str) -> tuple[float, float]:
    """Lowest and highest of a range "[low step high]"."""
    numbers = [float(number) for number in _NUMBER.findall(text)]
    if len(numbers) != 3:
        raise ReadBackMismatch(f"The radio answered {text!r} where a range [low step high] was due.")
    return numbers[0], numbers[2]
