"""From an instrument's row to the values that the driver takes."""

from __future__ import annotations

import dataclasses

from django.conf import settings

from sdr.stop_signal import StopSignal
from sdr.transceiver import ConverterSettings, InstrumentSettings, SwitchSettings
from webapp.facility import services
from webapp.facility.models import Instrument
from webapp.runs.queue.lease import lease_s
from webapp.safety.services import signal


def instrument_settings(instrument: Instrument) -> InstrumentSettings:
    """The driver's settings of this instrument; raises InvalidParameters if the row makes no sense."""
    return InstrumentSettings(
        slug=instrument.slug,
        uri=instrument.uri,
        driver=instrument.driver,
        serial=instrument.serial,
        converter=ConverterSettings(**services.converter(instrument)),
        limits=services.limits(instrument),
        rx_gain_db=instrument.rx_gain_db,
        tx_attenuation_db=instrument.tx_attenuation_db,
        synchronisation=instrument.synchronisation,
        switch=SwitchSettings(**services.read_switch(instrument.tr_switch)),
        # A frozen process must be silent before its lease ends and the instrument can be claimed by another.
        guard_timeout_s=min(InstrumentSettings.guard_timeout_s, lease_s()),
    )


def attended_settings(instrument: Instrument, run: str = "") -> InstrumentSettings:
    """As `instrument_settings`, of the radio itself and not of a copy: staff's stop reaches it; `run` is in its log."""
    stop = StopSignal(settings.REDIS_URL, signal.key(instrument.slug), signal.answer_key(instrument.slug))
    return dataclasses.replace(instrument_settings(instrument), stop=stop, run=run)
