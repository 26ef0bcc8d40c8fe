"""Attribute writes: what is taken, how it reads back, what is refused."""

from __future__ import annotations

import errno

import pytest

from sdr.simulated.devices import PHY, RX, TX, pluto_context
from sdr.simulated.errors import IioError
from sdr.simulated.registers import Kind, Registers, find

CONTEXT = pluto_context()


class Attributes:
    """Short forms for one set of registers."""

    def __init__(self) -> None:
        self.registers = Registers(CONTEXT)

    def target(self, device: str, name: str, channel: str = "", output: bool = False, kind: Kind = Kind.CHANNEL):  # type: ignore[no-untyped-def]
        found = CONTEXT.device(device)
        assert found is not None
        return find(found, kind if channel else (Kind.DEVICE if kind is Kind.CHANNEL else kind), name, channel, output)

    def write(self, value: str, *where, **how) -> None:  # type: ignore[no-untyped-def]
        self.registers.write(self.target(*where, **how), value)

    def read(self, *where, **how) -> str:  # type: ignore[no-untyped-def]
        return self.registers.read(self.target(*where, **how))


@pytest.fixture
def attributes() -> Attributes:
    return Attributes()


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ((PHY, "frequency", "altvoltage0", True), "324999999"),
        ((PHY, "frequency", "altvoltage1", True), "3800000001"),
        ((PHY, "frequency", "altvoltage1", True), "1e9"),
        ((PHY, "sampling_frequency", "voltage0"), "2083332"),
        ((PHY, "sampling_frequency", "voltage0"), "61440001"),
        ((PHY, "sampling_frequency", "voltage0"), "nan"),
        ((PHY, "hardwaregain", "voltage0", True), "0.25"),
        ((PHY, "hardwaregain", "voltage0", True), "-90"),
        ((PHY, "hardwaregain", "voltage0", True), "nan"),
        ((PHY, "hardwaregain", "voltage0"), "72"),
        ((PHY, "gain_control_mode", "voltage0"), "fast"),
        ((PHY, "rf_bandwidth", "voltage0"), "199999"),
        ((PHY, "rf_bandwidth", "voltage0", True), "40000001"),
        ((PHY, "powerdown", "altvoltage1", True), "2"),
        ((PHY, "ensm_mode"), "party"),
        ((PHY, "filter_fir_config"), "nonsense"),
        ((PHY, "voltage_filter_fir_en", "out"), "1"),
        ((TX, "scale", "TX1_I_F1", True), "1.5"),
        ((RX, "sampling_frequency", "voltage0"), "1000000"),
    ],
)
def test_impossible_values_give_einval_and_change_nothing(attributes: Attributes, where: tuple, value: str) -> None:  # type: ignore[type-arg]
    before = attributes.read(*where)
    with pytest.raises(IioError) as refusal:
        attributes.write(value, *where)
    assert refusal.value.number == errno.EINVAL
    assert attributes.read(*where) == before


def test_read_only_and_missing_attributes(attributes: Attributes) -> None:
    with pytest.raises(IioError) as refusal:
        attributes.write("1", PHY, "input", "temp0")
    assert refusal.value.number == errno.EACCES
    with pytest.raises(IioError) as missing:
        attributes.read(PHY, "colour", "voltage0")
    assert missing.value.number == errno.ENOENT


def test_attenuation_has_quarter_decibel_steps(attributes: Attributes) -> None:
    attributes.write("-12.37", PHY, "hardwaregain", "voltage0", True)
    assert attributes.read(PHY, "hardwaregain", "voltage0", True) == "-12.250000 dB"


def test_receive_gain_counts_in_manual_mode_only(attributes: Attributes) -> None:
    attributes.write("20", PHY, "hardwaregain", "voltage0")
    assert attributes.read(PHY, "hardwaregain", "voltage0") == "71.000000 dB"
    attributes.write("manual", PHY, "gain_control_mode", "voltage0")
    attributes.write("20", PHY, "hardwaregain", "voltage0")
    assert attributes.read(PHY, "hardwaregain", "voltage0") == "20.000000 dB"


def test_rate_is_one_for_all(attributes: Attributes) -> None:
    attributes.write("10000000", PHY, "sampling_frequency", "voltage0")
    assert attributes.read(PHY, "sampling_frequency", "voltage0", True) == "10000000"
    assert attributes.read(RX, "sampling_frequency_available", "voltage0") == "10000000 1250000 "
    assert attributes.read(PHY, "tx_path_rates").endswith("TXSAMP:10000000")


def test_low_rates_need_the_filter(attributes: Attributes) -> None:
    filter_file = "RX 3 GAIN -6 DEC 4\nTX 3 GAIN 0 INT 4\n" + "1,1\n" * 128
    attributes.write(filter_file, PHY, "filter_fir_config")
    assert attributes.read(PHY, "filter_fir_config") == "FIR Rx: 128,4 Tx: 128,4"
    attributes.write("1", PHY, "voltage_filter_fir_en", "out")
    attributes.write("600000", PHY, "sampling_frequency", "voltage0")
    assert attributes.read(PHY, "filter_fir_en", "voltage0") == "1"
    with pytest.raises(IioError):
        attributes.write("0", PHY, "voltage_filter_fir_en", "out")
    attributes.write("3000000", PHY, "sampling_frequency", "voltage0")
    attributes.write("0", PHY, "voltage_filter_fir_en", "out")
    with pytest.raises(IioError):
        attributes.write("600000", PHY, "sampling_frequency", "voltage0")
