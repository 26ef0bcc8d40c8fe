"""Opening a radio: it is silent from then on, says who it is, belongs to one owner, and faults have types."""

from __future__ import annotations

import dataclasses
import math

import pytest

from sdr.conformance.bench import Bench
from sdr.conformance.shots import shot
from sdr.errors import InvalidConfiguration, RadioBusy, RadioUnreachable, WrongRadio
from sdr.transceiver import Transceiver


class Opening:
    """Needs the fixtures `bench`, `radio` and `alone`."""

    def test_an_open_radio_says_who_it_is(self, bench: Bench, radio: Transceiver) -> None:
        identity = radio.identity
        assert identity.uri == bench.settings.uri
        assert identity.model
        assert identity.synchronisation
        assert all(isinstance(text, str) for text in (identity.model, identity.serial, identity.firmware))
        assert 0 <= identity.tuning_min_hz < identity.tuning_max_hz < math.inf
        assert radio.settings == bench.settings
        assert dataclasses.asdict(identity)

    def test_an_open_radio_is_silent(self, bench: Bench, radio: Transceiver) -> None:
        assert radio.make_safe().confirmed
        assert bench.is_silent()

    def test_a_radio_has_one_owner(self, bench: Bench, radio: Transceiver) -> None:
        with pytest.raises(RadioBusy) as refused:
            bench.open()
        assert refused.value.advice
        assert radio.make_safe().confirmed  # the one who has it is not disturbed

    def test_nobody_there(self, bench: Bench) -> None:
        if not bench.nobody_uri:
            pytest.skip("the bench knows no address without a radio")
        with pytest.raises(RadioUnreachable) as refused:
            bench.open(uri=bench.nobody_uri, connect_timeout_s=0.5)
        assert bench.nobody_uri in str(refused.value)

    @pytest.mark.parametrize("uri", ["", "somewhere", "http://radio", "ip:rädio", "ip:two words"])
    def test_an_address_that_makes_no_sense(self, bench: Bench, uri: str) -> None:
        with pytest.raises(InvalidConfiguration) as refused:
            bench.open(uri=uri)
        assert refused.value.field == "uri"
        assert refused.value.advice

    def test_a_closed_radio_can_be_opened_again(self, alone: Bench) -> None:
        for _ in range(2):
            alone.open().close()
        assert alone.is_silent()

    def test_another_serial_number_is_refused(self, alone: Bench) -> None:
        with alone.open() as radio:
            serial = radio.identity.serial
        if not serial:
            pytest.skip("the radio has no serial number")
        with pytest.raises(WrongRadio) as refused:
            alone.open(serial=f"not {serial}")
        assert serial in str(refused.value)
        assert refused.value.advice
        assert alone.is_silent()
        with alone.open(serial=serial) as radio:
            assert radio.identity.serial == serial

    def test_gains_beyond_the_radio(self, alone: Bench) -> None:
        """Refused at the latest by the first shot, before anything is sent."""
        for field, value in (("rx_gain_db", 300.0), ("tx_attenuation_db", -20.0)):
            with pytest.raises(InvalidConfiguration) as refused, alone.open(**{field: value}) as radio:
                radio.play(shot(alone))
            assert refused.value.field == field
            assert alone.is_silent()
