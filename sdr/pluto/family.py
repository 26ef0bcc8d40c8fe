"""The radios of the AD936x family that one driver serves, and all in which they differ: one row each.

Of the ADALM-Pluto, devices, channels and ranges are those that a real one shows; those of the ADRV9361-Z7035 are from a
context of a real one that pyadi-iio publishes with its tests. The other rows are read from Analog Devices' public
device trees and descriptions of the boards, and nobody has tried them with this driver: `tried` says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from acquisition.front_end import RADIO_TUNING_HZ
from sdr.errors import InvalidConfiguration

_TDD_LABEL = "iio-axi-tdd-0"


@dataclass(frozen=True)
class RadioModel:
    """One row.

    Attributes
    ----------
    driver
        Its name in an instrument's settings.
    title
        For people.
    phy, receiver, transmitter
        Names of its IIO devices.
    tdd
        Label of the TDD core that newer firmware has, or None if there is no firmware with one.
    paths
        Receive and transmit paths; the first is used, all of them are kept silent.
    buffer_samples_max
        Longest reception.
    tried
        "real" if its context was seen on a real one, "sources" if its row was only read about.
    """

    driver: str
    title: str
    tdd: str | None
    paths: int
    buffer_samples_max: int
    tried: str
    phy: str = "ad9361-phy"
    receiver: str = "cf-ad9361-lpc"
    transmitter: str = "cf-ad9361-dds-core-lpc"

    @property
    def tuning_hz(self) -> tuple[float, float]:
        """The widest range that any variant tunes over; what it tunes over as it stands is read from it."""
        return RADIO_TUNING_HZ[self.driver]


MODELS = (
    RadioModel("pluto", "ADALM-Pluto", _TDD_LABEL, 1, 4_000_000, "real"),
    # As the Pluto, with Ethernet, a second path and its own builds of the Pluto's firmware.
    RadioModel("plutoplus", "Pluto+", _TDD_LABEL, 2, 4_000_000, "sources"),
    # Both have 1 GB beside a Linux that leaves more of it to buffers than a Pluto's does.
    RadioModel("adrv9361", "ADRV9361-Z7035", None, 2, 16_000_000, "real"),
    RadioModel("fmcomms2", "AD-FMCOMMS2-EBZ or AD-FMCOMMS3-EBZ", None, 2, 16_000_000, "sources"),
)

BY_DRIVER = {model.driver: model for model in MODELS}


def model_of(driver: str) -> RadioModel:
    """The row of a driver; raises InvalidConfiguration if there is none."""
    try:
        return BY_DRIVER[driver]
    except KeyError:
        known = ", ".join(sorted(BY_DRIVER))
        raise InvalidConfiguration(
            "driver", f"The driver for radios of the AD936x family knows no {driver!r}; known are {known}."
        ) from None
