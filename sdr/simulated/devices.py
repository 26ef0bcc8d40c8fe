"""The devices of an ADALM-Pluto: one typed table per device, with the values they have after power-up.

Names and values of firmware 0.32 are those that a real Pluto shows. The one-bit-adc-dac and the TDD core, which
newer firmware adds, follow Analog Devices' public device tree, driver and HDL; no radio was at hand to compare.
"""

from __future__ import annotations

from sdr.simulated.context import Attribute, Channel, Context, Device, ScanElement, at_index
from sdr.simulated.phy_debug import PHY_DEBUG_ATTRIBUTES

PHY = "ad9361-phy"
RX = "cf-ad9361-lpc"
TX = "cf-ad9361-dds-core-lpc"
PINS = "one-bit-adc-dac"
TDD = "adi-iio-fakedev"
TDD_LABEL = "iio-axi-tdd-0"
TDD_CHANNELS = 3

DEFAULT_SERIAL = "1044730000000000000000000000000001"
DEFAULT_RATE_HZ = 30_720_000
REFERENCE_HZ = 40_000_159  # what the chip is told of its crystal after power-up, and what the crystal then has
TUNING = {"ad9363a": (325_000_000, 3_800_000_000), "ad9364": (46_875_001, 6_000_000_000)}
_AD9361_TUNING = {"RX_LO": (70_000_000, 6_000_000_000), "TX_LO": (46_875_001, 6_000_000_000)}

_RX_PORTS = "A_BALANCED B_BALANCED C_BALANCED A_N A_P B_N B_P C_N C_P TX_MONITOR1 TX_MONITOR2 TX_MONITOR1_2"
_GAIN_MODES = "manual fast_attack slow_attack hybrid"


def has_tdd(firmware: str) -> bool:
    """Whether this firmware ("v0.39") carries the TDD core: 0.39 and later do."""
    try:
        major, minor = (int(part) for part in firmware.removeprefix("v").split(".")[:2])
    except ValueError:
        raise ValueError(f"firmware must look like v0.39, not {firmware!r}") from None
    return (major, minor) >= (0, 39)


def pluto_context(firmware: str = "v0.39", serial: str = DEFAULT_SERIAL, model: str = "ad9363a") -> Context:
    """The whole context of a Pluto with this firmware, serial number and transceiver chip."""
    if model not in TUNING:
        raise ValueError(f"model must be one of {', '.join(TUNING)}, not {model!r}")
    new = has_tdd(firmware)
    kernel = "6.1.0-simulated" if new else "4.19.0-simulated"
    devices = (_phy(model), _xadc()) + ((_pins(),) if new else ()) + (_tx(), _rx()) + ((_tdd(),) if new else ())
    return Context(
        description=f"simulated spectrometer {kernel} armv7l",
        attributes={
            "hw_model": f"Analog Devices PlutoSDR Rev.C (Z7010-{model.upper()})",
            "hw_model_variant": "0",
            "hw_serial": serial,
            "fw_version": firmware,
            "ad9361-phy,xo_correction": str(REFERENCE_HZ),
            "ad9361-phy,model": model,
            "local,kernel": kernel,
        },
        devices=at_index(devices),
    )


def adrv9361_context(firmware: str = "", serial: str = "", model: str = "ad9361") -> Context:
    """An ADRV9361-Z7035: two paths, no TDD core, tones at full swing after power-up, no model and no serial number.

    Devices, channels, names and values are those of a real one, of which pyadi-iio publishes the context with its
    tests; its clock chip and its thermometer are left out. `firmware` and `model` are as they are.
    """
    kernel = "4.19.0-simulated"
    serial_number = {"hw_serial": serial} if serial else {}
    return Context(
        description=f"simulated spectrometer {kernel} armv7l",
        attributes={"local,kernel": kernel, **serial_number},
        devices=at_index((_phy("ad9361", paths=2), _xadc(), _tx(paths=2, tone_scale="0.250000"), _rx(paths=2))),
    )


CONTEXTS = {"pluto": pluto_context, "adrv9361": adrv9361_context}
"""What --radio of the command line chooses between."""
NUMBERED = frozenset({"pluto"})
"""Those that have a serial number unless told otherwise."""


def _shared(prefix: str, **values: str | None) -> tuple[Attribute, ...]:
    """Attributes whose file name is the prefix, an underscore and the name; those ending in _available are fixed."""
    return tuple(Attribute(n, v, f"{prefix}_{n}", not n.endswith("_available")) for n, v in values.items())


def _local_oscillator(index: int, name: str, frequency_hz: int, fastlock: int, model: str) -> Channel:
    low, high = _AD9361_TUNING[name] if model == "ad9361" else TUNING[model]
    prefix = f"out_altvoltage{index}_{name}"
    values = _shared(
        prefix,
        external="0",
        fastlock_load="0",
        fastlock_recall=None,
        fastlock_save="0 " + ",".join([str(fastlock)] * 16),
        fastlock_store="0",
        frequency=str(frequency_hz),
        frequency_available=f"[{low} 1 {high}]",
        powerdown="0",
    )
    return Channel(f"altvoltage{index}", True, values, name)


_PHY_INPUT = _shared(
    "in_voltage",
    bb_dc_offset_tracking_en="1",
    filter_fir_en="0",
    gain_control_mode_available=_GAIN_MODES,
    quadrature_tracking_en="1",
    rf_bandwidth="18000000",
    rf_bandwidth_available="[200000 1 56000000]",
    rf_dc_offset_tracking_en="1",
    rf_port_select_available=_RX_PORTS,
    sampling_frequency=str(DEFAULT_RATE_HZ),
    sampling_frequency_available="[2083333 1 61440000]",
)
_PHY_OUTPUT = _shared(
    "out_voltage",
    filter_fir_en="0",
    rf_bandwidth="18000000",
    rf_bandwidth_available="[200000 1 40000000]",
    rf_port_select_available="A B",
    sampling_frequency=str(DEFAULT_RATE_HZ),
    sampling_frequency_available="[2083333 1 61440000]",
)


def _receive_path(index: int) -> Channel:
    values = _PHY_INPUT + _shared(
        f"in_voltage{index}",
        gain_control_mode="slow_attack",
        hardwaregain="71.000000 dB",
        hardwaregain_available="[-3 1 71]",
        rf_port_select="A_BALANCED",
        rssi="115.00 dB",
    )
    return Channel(f"voltage{index}", False, values)


def _transmit_path(index: int) -> Channel:
    values = _PHY_OUTPUT + _shared(
        f"out_voltage{index}",
        hardwaregain="-10.000000 dB",
        hardwaregain_available="[-89.750000 0.250000 0.000000]",
        rf_port_select="A",
        rssi="0.00 dB",
    )
    return Channel(f"voltage{index}", True, values)


def _phy(model: str, paths: int = 1) -> Device:
    channels = (
        _local_oscillator(1, "TX_LO", 2_450_000_000, 193, model),
        *(_receive_path(index) for index in range(paths)),
        *(
            Channel(f"voltage{i}", True, _PHY_OUTPUT + _shared(f"out_voltage{i}", raw="306", scale="1.000000"))
            for i in (3, 2)
        ),
        _local_oscillator(0, "RX_LO", 2_400_000_000, 79, model),
        Channel("temp0", False, (Attribute("input", "36842", "in_temp0_input", False),)),
        *(_transmit_path(index) for index in range(paths)),
        Channel("voltage2", False, _PHY_INPUT + _shared("in_voltage2", offset="57", raw="975", scale="0.305250")),
        Channel("out", False, (Attribute("voltage_filter_fir_en", "0", "in_out_voltage_filter_fir_en"),)),
    )
    return Device(
        "",
        PHY,
        channels,
        attributes=(
            Attribute("calib_mode", "auto"),
            Attribute(
                "calib_mode_available", "auto manual manual_tx_quad tx_quad rf_dc_offs rssi_gain_step", "", False
            ),
            Attribute("dcxo_tune_coarse", None),
            Attribute("dcxo_tune_coarse_available", "[0 0 0]", "", False),
            Attribute("dcxo_tune_fine", None),
            Attribute("dcxo_tune_fine_available", "[0 0 0]", "", False),
            Attribute("ensm_mode", "fdd"),
            Attribute("ensm_mode_available", "sleep wait alert fdd pinctrl pinctrl_fdd_indep", "", False),
            Attribute("filter_fir_config", "FIR Rx: 0,0 Tx: 0,0"),
            Attribute("gain_table_config", None),
            Attribute("multichip_sync", None),
            Attribute(
                "rssi_gain_step_error",
                f"lna_error: {_zeros(4)}\nmixer_error: {_zeros(16)}\ngain_step_calib_reg_val: {_zeros(5)}",
            ),
            Attribute("rx_path_rates", "", "", False),
            Attribute("trx_rate_governor", "nominal"),
            Attribute("trx_rate_governor_available", "nominal highest_osr", "", False),
            Attribute("tx_path_rates", "", "", False),
            Attribute("xo_correction", str(REFERENCE_HZ)),
            Attribute("xo_correction_available", "[39992159 1 40008159]", "", False),
        ),
        debug_attributes=PHY_DEBUG_ATTRIBUTES,
    )


def _zeros(count: int) -> str:
    return " ".join(["0"] * count)


def _xadc() -> Device:
    supplies = (
        (5, "vccoddr", "1856"),
        (0, "vccint", "1387"),
        (4, "vccpaux", "2453"),
        (7, "vrefn", "14"),
        (1, "vccaux", "2455"),
        (2, "vccbram", "1383"),
        (3, "vccpint", "1387"),
        (8, "", "3296"),
        (6, "vrefp", "1721"),
    )
    channels = []
    for index, name, raw in supplies:
        prefix = f"in_voltage{index}_{name}" if name else f"in_voltage{index}"
        scale = "0.732421875" if name else "0.244140625"
        values = tuple(Attribute(n, v, f"{prefix}_{n}", False) for n, v in (("raw", raw), ("scale", scale)))
        channels.append(Channel(f"voltage{index}", False, values, name))
    thermometer = (("offset", "-2219"), ("raw", "2700"), ("scale", "123.040771484"))
    values = tuple(Attribute(name, value, f"in_temp0_{name}", False) for name, value in thermometer)
    channels.insert(3, Channel("temp0", False, values))
    return Device("", "xadc", tuple(channels), (Attribute("sampling_frequency", "961538"),))


def _pins() -> Device:
    channels = []
    for index, label in enumerate(("PHASER_ENABLE", "TDD_EXT_SYNC")):
        prefix = f"out_voltage{index}"
        label_attribute = Attribute("label", label, f"{prefix}_label", False)
        channels.append(Channel(f"voltage{index}", True, (label_attribute, Attribute("raw", "0", f"{prefix}_raw"))))
    return Device("", PINS, tuple(channels))


_BUFFER = (
    Attribute("data_available", "0", "", False),
    Attribute("length_align_bytes", "8", "", False),
    Attribute("watermark", "2048"),
)
_CALIBRATION = {"calibphase": "0.000000", "calibscale": "1.000000"}
_DATA_RATES = {
    "sampling_frequency": str(DEFAULT_RATE_HZ),
    "sampling_frequency_available": f"{DEFAULT_RATE_HZ} {DEFAULT_RATE_HZ // 8} ",
}


def _tx(paths: int = 1, tone_scale: str = "0.000000") -> Device:
    channels = [
        Channel(
            f"voltage{i}",
            True,
            _shared(f"out_voltage{i}", **_CALIBRATION) + _shared("out_voltage", **_DATA_RATES),
            scan=ScanElement(i, "le:S16/16>>0"),
        )
        for i in range(2 * paths)
    ]
    tones = [(3, "TX1_Q_F2", 0), (1, "TX1_I_F2", 90000), (0, "TX1_I_F1", 90000), (2, "TX1_Q_F1", 0)]
    if paths == 2:
        tones += [(7, "TX2_Q_F2", 0), (6, "TX2_Q_F1", 0), (5, "TX2_I_F2", 90000), (4, "TX2_I_F1", 90000)]
    for index, name, phase in tones:
        tone = {"frequency": "9279985", "phase": str(phase), "raw": "1", "scale": tone_scale}
        values = _shared(f"out_altvoltage{index}_{name}", **tone)
        values += (Attribute("sampling_frequency", str(DEFAULT_RATE_HZ), "out_altvoltage_sampling_frequency", False),)
        channels.append(Channel(f"altvoltage{index}", True, values, name))
    registers = (Attribute("direct_reg_access", "0x90162"),)
    return Device("", TX, tuple(channels), buffer_attributes=_BUFFER, debug_attributes=registers)


def _rx(paths: int = 1) -> Device:
    channels = tuple(
        Channel(
            f"voltage{i}",
            False,
            _shared(f"in_voltage{i}", calibbias="0", **_CALIBRATION)
            + _shared("in_voltage", samples_pps=None, **_DATA_RATES),
            scan=ScanElement(i, "le:S12/16>>0"),
        )
        for i in range(2 * paths)
    )
    check = "\n".join(f"CH{i} : PN9 : Out of Sync : PN Error" for i in range(2 * paths))
    registers = (Attribute("pseudorandom_err_check", check), Attribute("direct_reg_access", "0x0"))
    return Device("", RX, channels, buffer_attributes=_BUFFER, debug_attributes=registers)


def _tdd() -> Device:
    writable: tuple[str, ...] = (
        "scratch",
        "sync_soft",
        "sync_external",
        "sync_internal",
        "sync_reset",
        "enable",
        "burst_count",
    )
    writable += ("startup_delay_raw", "startup_delay_ms", "frame_length_raw", "frame_length_ms")
    writable += ("internal_sync_period_raw", "internal_sync_period_ms")
    fixed = (("version", "2.00.a"), ("core_id", "0"), ("magic", "0x5444444e"), ("state", "0"))
    attributes = tuple(Attribute(name, "0") for name in writable)
    attributes += tuple(Attribute(name, value, "", False) for name, value in fixed)
    names = ("enable", "polarity", "on_raw", "off_raw", "on_ms", "off_ms")
    channels = tuple(
        Channel(f"channel{i}", True, tuple(Attribute(name, "0", f"out_channel{i}_{name}") for name in names))
        for i in range(TDD_CHANNELS)
    )
    return Device("", TDD, channels, attributes, label=TDD_LABEL)
