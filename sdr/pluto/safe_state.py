"""Turning the transmitter off and reading it back, on a bare libiio context: used by the driver and by its guard.

The order is from the quickest silence to the most thorough: oscillator, attenuation, TDD core, tone generators. A
running burst of the TDD core ends by itself even after `enable` is 0 (its frames are counted in hardware)+, so the
oscillator must come first. (+ read from the core's public sources, not tried on a radio.)
"""

from __future__ import annotations

import math

import iio

from sdr.errors import UnsuitableRadio, WrongRadio
from sdr.pluto import names
from sdr.transceiver import SafeState

ATTENUATION_TOLERANCE_DB = 0.25


class TransmitterSwitch:
    """The attributes that make the transmitter safe, looked up once: writing and reading them takes a millisecond."""

    def __init__(self, context: iio.Context) -> None:
        self._context = context  # the attributes are pointers into it
        phy = _device(context, names.PHY)
        dac = _device(context, names.TX)
        # A radio with two transmit paths sends on both whatever the oscillator carries.
        paths = [channel for channel in phy.channels if channel.output and "hardwaregain" in channel.attrs]
        oscillator = phy.find_channel(names.TX_LO_CHANNEL, True)
        if not paths or oscillator is None:
            raise UnsuitableRadio("The radio has no transmit channel.")
        self._attenuations = [path.attrs["hardwaregain"] for path in paths]
        self._powerdown = oscillator.attrs["powerdown"]
        tones = [channel for channel in dac.channels if channel.id.startswith("altvoltage")]
        self._tone_scales = [tone.attrs["scale"] for tone in tones]
        tdd = context.find_device(names.TDD)
        self._tdd_enable = tdd.attrs["enable"] if tdd is not None else None
        available = paths[0].attrs.get("hardwaregain_available")
        self.lowest_gain_db = names.parse_range(available.value)[0] if available is not None else -89.75

    def silence(self) -> None:
        """Write everything that turns the transmitter off; raises OSError if the radio does not take it."""
        self._powerdown.value = "1"
        for attenuation in self._attenuations:
            attenuation.value = f"{self.lowest_gain_db:.2f}"
        if self._tdd_enable is not None:
            self._tdd_enable.value = "0"
        for scale in self._tone_scales:
            if names.parse_number(scale.value) != 0:
                scale.value = "0.0"

    def read(self, *, buffer_destroyed: bool) -> SafeState:
        """Read back what `silence` wrote."""
        gain_db = max(names.parse_number(attenuation.value) for attenuation in self._attenuations)
        powered_down = names.parse_number(self._powerdown.value) == 1
        silent = all(names.parse_number(scale.value) == 0 for scale in self._tone_scales)
        disabled = self._tdd_enable is None or names.parse_number(self._tdd_enable.value) == 0
        attenuated = math.isclose(gain_db, self.lowest_gain_db, abs_tol=ATTENUATION_TOLERANCE_DB)
        return SafeState(
            confirmed=powered_down and silent and disabled and attenuated and buffer_destroyed,
            tx_attenuation_db=-gain_db,
            tx_lo_powered_down=powered_down,
            dds_silent=silent,
            tdd_disabled=disabled,
            tx_buffer_destroyed=buffer_destroyed,
        )


def turn_off_at(uri: str, serial: str) -> SafeState:
    """Open a connection to the radio, turn its transmitter off and read it back; `serial` empty accepts any radio.

    Raises OSError if the radio cannot be reached or does not answer, WrongRadio if it is another one.
    """
    context = iio.Context(uri)
    found = context.attrs.get("hw_serial", "")
    if serial and found != serial:
        raise WrongRadio(f"The radio at {uri} has the serial number {found!r} instead of {serial!r}.")
    switch = TransmitterSwitch(context)
    switch.silence()
    return switch.read(buffer_destroyed=not _transmit_buffer_is_open(context))


def _transmit_buffer_is_open(context: iio.Context) -> bool:
    """True if somebody holds the transmitter's buffer: a second one cannot be opened then. Nothing is pushed."""
    dac = _device(context, names.TX)
    for identifier in names.SAMPLE_CHANNELS:
        dac.find_channel(identifier, True).enabled = True
    try:
        probe = iio.Buffer(dac, 64, False)
    except OSError:
        return True
    del probe
    return False


def _device(context: iio.Context, name: str) -> iio.Device:
    device = context.find_device(name)
    if device is None:
        raise UnsuitableRadio(f"The radio has no device named {name}.")
    return device
