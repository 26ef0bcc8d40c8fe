"""Which driver serves an instrument: a new kind of radio is one more line here; drivers are imported when used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from sdr.errors import InvalidConfiguration

if TYPE_CHECKING:
    from sdr.transceiver import InstrumentSettings, Transceiver

_AD936X = "sdr.pluto.transceiver:PlutoTransceiver"

# Driver name -> "module:class". The class takes the settings, and is connected, locked and safe when constructed.
# In what the radios of the AD936x family differ is said in sdr/pluto/family.py.
DRIVERS = {"pluto": _AD936X, "plutoplus": _AD936X, "adrv9361": _AD936X, "fmcomms2": _AD936X}


def open_transceiver(settings: InstrumentSettings) -> Transceiver:
    """Connect to the radio of an instrument and put it into the safe state.

    Raises
    ------
    InvalidConfiguration, RadioUnreachable, RadioBusy, WrongRadio, UnsuitableRadio, UnsafeState
        Each says what to do.
    """
    target = DRIVERS.get(settings.driver)
    if target is None:
        known = ", ".join(sorted(DRIVERS))
        raise InvalidConfiguration("driver", f"There is no radio driver named {settings.driver!r}; known are {known}.")
    module, name = target.split(":")
    transceiver: Transceiver = getattr(importlib.import_module(module), name)(settings)
    return transceiver
