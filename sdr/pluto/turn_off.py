"""Turning off a radio that may have moved: what driver and guard call when they have no connection."""

from __future__ import annotations

from sdr.errors import SdrError
from sdr.pluto.safe_state import turn_off_at
from sdr.transceiver import SafeState


def turn_off(uri: str, serial: str) -> SafeState:
    """Turn the transmitter off and read that back: at its address or, by its serial number, wherever it is now.

    Raises OSError if the radio is not reached anywhere, WrongRadio if another one is at its address and it nowhere.
    """
    try:
        return turn_off_at(uri, serial)
    except (OSError, SdrError) as at_its_address:
        state = _elsewhere(uri, serial) if serial else None
        if state is None:
            raise at_its_address
        return state


def _elsewhere(uri: str, serial: str) -> SafeState | None:
    from sdr.discovery import candidates  # loads what a guard that finds its radio where it was does not need
    from sdr.lock import in_use_by_others

    for candidate in candidates():
        if candidate.uri == uri or (candidate.serial and candidate.serial != serial):
            continue
        try:
            if not in_use_by_others(candidate.uri):  # the radio of another instrument is not disturbed
                return turn_off_at(candidate.uri, serial)
        except (OSError, SdrError):
            continue
    return None
