"""Unmodified clients through the real libiio: command-line tools, pylibiio, pyadi-iio."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import adi
import iio
import numpy as np
import pytest

from sdr.simulated import SimulatedProcess, running
from tests.sdr.simulated.conftest import SAMPLE, buffer_of

pytestmark = pytest.mark.integration


def tool(*arguments: str, data: bytes | None = None) -> bytes:
    """What one of libiio's command-line tools prints."""
    if shutil.which(arguments[0]) is None:
        pytest.skip(f"{arguments[0]} is not installed (Debian: apt-get install libiio-utils)")
    return subprocess.run(arguments, input=data, capture_output=True, check=True, timeout=30).stdout


class Tdd(adi.tddn):  # type: ignore[misc]
    """pyadi keeps its channels in a list of the class; one of the instance lets contexts live side by side."""

    def __init__(self, context: iio.Context) -> None:
        self._ctx = context
        self.channel: list[Any] = []
        super().__init__()


class Pins(adi.one_bit_adc_dac):  # type: ignore[misc]
    def __init__(self, context: iio.Context) -> None:
        self._ctx = context
        super().__init__()


def configured(context: iio.Context) -> adi.Pluto:
    """A Pluto at 10 MS/s, 28 MHz at the probe, with the reference gains."""
    radio = adi.Pluto(uri_ctx=context)
    radio.sample_rate = 10_000_000
    radio.rx_lo = radio.tx_lo = 428_000_000
    radio.rx_rf_bandwidth = radio.tx_rf_bandwidth = 10_000_000
    radio.gain_control_mode_chan0 = "manual"
    radio.rx_hardwaregain_chan0 = 30
    radio.tx_hardwaregain_chan0 = -10
    return radio


@pytest.fixture
def pluto(context: iio.Context) -> Iterator[adi.Pluto]:
    radio = configured(context)
    yield radio
    for buffer in (radio._rxbuf, radio._txbuf):  # a failed test's traceback would keep them beyond their context
        if buffer is not None:
            buffer.__del__()
            buffer._buffer = None


def receive_freely(tdd: Tdd) -> None:
    """Out of TDD mode: reception that waited for frames goes on waiting until channel 1 rests high."""
    tdd.enable = False
    tdd.channel[1].polarity, tdd.channel[2].polarity = True, False
    tdd.enable = True
    tdd.enable = False


def test_iio_info_shows_the_whole_context(simulated: SimulatedProcess) -> None:
    text = tool("iio_info", "-u", simulated.uri).decode()
    assert "IIO context has 6 devices" in text
    assert "iio:device5: adi-iio-fakedev (label: iio-axi-tdd-0)" in text
    assert "cf-ad9361-lpc (buffer capable)" in text
    assert "format: le:S12/16>>0" in text
    assert "adi,frequency-division-duplex-mode-enable value: 1" in text


def test_old_firmware_looks_old(old_firmware: SimulatedProcess) -> None:
    text = tool("iio_info", "-u", old_firmware.uri).decode()
    assert "IIO context has 4 devices" in text
    assert "fw_version: v0.32" in text
    assert "iio-axi-tdd" not in text and "one-bit" not in text


def test_iio_attr_reads_and_writes(simulated: SimulatedProcess) -> None:
    where = ("-u", simulated.uri, "-c", "ad9361-phy", "TX_LO", "frequency")
    tool("iio_attr", *where, "500000000")
    assert tool("iio_attr", *where).strip() == b"500000000"
    assert tool("iio_attr", "-u", simulated.uri, "-D", "ad9361-phy", "loopback").strip() == b"0"


def test_iio_readdev_and_writedev(simulated: SimulatedProcess) -> None:
    data = tool("iio_readdev", "-u", simulated.uri, "-b", "4096", "-s", "12288", "cf-ad9361-lpc")
    samples = np.frombuffer(data, "<i2")
    assert len(samples) == 2 * 12288
    assert 1 < samples.std() < 2048
    one = tool("iio_readdev", "-u", simulated.uri, "-b", "1024", "-s", "2048", "cf-ad9361-lpc", "voltage1")
    assert len(one) == 2 * 2048
    command = ("iio_writedev", "-u", simulated.uri, "-b", "4096", "-s", "8192", "cf-ad9361-dds-core-lpc")
    tool(*command, data=bytes(4 * 8192))


def test_refusals_reach_python_as_errno(context: iio.Context) -> None:
    phy = context.find_device("ad9361-phy")
    for value in ("1", "99999999999"):
        with pytest.raises(OSError) as error:
            phy.find_channel("altvoltage0", True).attrs["frequency"].value = value
        assert error.value.errno == errno.EINVAL
    with pytest.raises(OSError) as unreadable:
        _ = phy.attrs["dcxo_tune_fine"].value
    assert unreadable.value.errno == errno.EINVAL


def test_pyadi_reads_back_what_it_wrote(pluto: adi.Pluto) -> None:
    assert pluto.sample_rate == 10_000_000
    assert pluto.rx_lo == 428_000_000
    assert pluto.rx_rf_bandwidth == 10_000_000
    assert pluto.gain_control_mode_chan0 == "manual"
    assert pluto.rx_hardwaregain_chan0 == 30
    assert pluto.tx_hardwaregain_chan0 == -10
    assert not pluto.rx_dec8_filter_en
    pluto.sample_rate = 600_000  # below the converter's minimum: pyadi loads its filter
    assert pluto.sample_rate == 600_000


def test_pins_have_their_labels(context: iio.Context) -> None:
    pins = Pins(context)
    pins.gpio_phaser_enable = True
    assert pins.gpio_phaser_enable == 1
    pins.gpio_tdd_ext_sync = 0
    assert pins.gpio_tdd_ext_sync == 0


def test_tdd_properties(context: iio.Context) -> None:
    tdd = Tdd(context)
    assert len(tdd.channel) == 3
    tdd.enable = False
    tdd.frame_length_ms = 2.5
    tdd.burst_count = 7
    tdd.channel[0].on_ms = 0.125
    tdd.channel[0].polarity = True
    assert tdd.frame_length_ms == pytest.approx(2.5, abs=1e-3)
    assert tdd.burst_count == 7
    assert tdd.channel[0].on_ms == pytest.approx(0.125, abs=1e-3)
    assert tdd.channel[0].polarity is True
    tdd.enable = True
    tdd.burst_count = 9
    assert tdd.burst_count == 7, "registers are frozen while enabled"
    assert tdd.state == 1
    tdd.enable = False
    assert tdd.state == 0
    with pytest.raises(OSError):
        tdd.frame_length_raw = 25.5
    receive_freely(tdd)


def test_digital_loopback_returns_what_was_sent(pluto: adi.Pluto) -> None:
    rng = np.random.default_rng(3)
    wave = (rng.integers(-8000, 8000, 2000) + 1j * rng.integers(-8000, 8000, 2000)).astype(complex)
    pluto.loopback = 1
    pluto.tx_cyclic_buffer = True
    pluto.tx(wave)
    pluto.rx_buffer_size = 4000
    received = pluto.rx()
    pluto.tx_destroy_buffer()
    pluto.loopback = 0
    shift = int(np.argmax(np.abs(np.fft.ifft(np.fft.fft(received[:2000]) * np.fft.fft(wave).conj()))))
    expected = np.roll(wave, shift) / 8
    assert np.abs(received[:2000] - expected).max() <= 1
    assert np.array_equal(received[:2000], received[2000:])


def tdd_shot(pluto: adi.Pluto, tdd: Tdd, sign: int, frames: int, samples: int) -> np.ndarray:  # type: ignore[type-arg]
    """One step of a phase cycle the way a driver plays it: arm, push, open, trigger, refill."""
    tdd.enable = False
    tdd.frame_length_raw = 199_999
    tdd.burst_count = frames
    for index, polarity, off in ((0, False, samples), (1, False, 10), (2, True, samples)):
        channel = tdd.channel[index]
        channel.enable, channel.polarity, channel.on_raw, channel.off_raw = True, polarity, 0, off
    tdd.enable = True
    wave = np.zeros(samples, complex)
    wave[:80] = sign * 2**14
    pluto.tx_cyclic_buffer = True
    pluto.tx(wave)
    pluto.rx_buffer_size = samples
    pluto._rx_init_channels()
    tdd.sync_soft = True
    blocks = np.array([pluto.rx() for _ in range(frames)])
    tdd.enable = False
    pluto.tx_destroy_buffer()
    pluto.rx_destroy_buffer()
    return blocks


def test_shots_with_the_tdd_core_find_the_line(pluto: adi.Pluto, context: iio.Context) -> None:
    tdd = Tdd(context)
    blocks = [tdd_shot(pluto, tdd, sign, frames=8, samples=8000) for sign in (1, -1)]
    receive_freely(tdd)
    edges = {int(np.argmax(np.abs(block) > 800)) for step in blocks for block in step}
    assert len(edges) == 1
    average = (blocks[0].sum(axis=0) - blocks[1].sum(axis=0)) / 16
    tail = average[200:] * np.exp(-np.arange(7800) / 4000)
    spectrum = np.abs(np.fft.fft(tail, 1 << 15))
    frequencies = np.fft.fftfreq(1 << 15, 1e-7)
    peak = int(np.argmax(spectrum))
    assert frequencies[peak] == pytest.approx(50e3, abs=400)
    assert spectrum[peak] > 10 * np.median(spectrum)


def test_second_user_of_a_buffer_is_refused(simulated: SimulatedProcess, pluto: adi.Pluto) -> None:
    pluto.rx_buffer_size = 1000
    pluto.rx()
    other = iio.Context(simulated.uri)
    device = other.find_device("cf-ad9361-lpc")
    with pytest.raises(OSError) as error, buffer_of(device, 1000):
        pass
    assert error.value.errno == errno.EBUSY
    with pytest.raises(OSError):
        device.set_kernel_buffers_count(1)
    pluto.rx_destroy_buffer()
    device.set_kernel_buffers_count(1)
    with buffer_of(device, 1000) as buffer:
        buffer.refill()


def test_waiting_without_a_trigger_times_out(context: iio.Context) -> None:
    tdd = Tdd(context)
    tdd.enable = False
    tdd.frame_length_raw = 9999
    tdd.channel[1].polarity = False
    tdd.enable = True
    context.set_timeout(400)
    started = time.monotonic()
    with buffer_of(context.find_device("cf-ad9361-lpc"), 1000) as buffer, pytest.raises(OSError) as error:
        buffer.refill()
    assert error.value.errno in (errno.ETIMEDOUT, errno.EAGAIN, errno.EPIPE)
    assert 0.1 < time.monotonic() - started < 3
    receive_freely(tdd)


def test_buffers_are_freed_when_the_client_vanishes(simulated: SimulatedProcess) -> None:
    """A client killed in the middle of waiting for samples and transmitting leaves a radio that is silent and free."""
    script = """
import sys, iio, adi, numpy as np
context = iio.Context(sys.argv[1])
tdd = context.find_device("iio-axi-tdd-0")
tdd.attrs["enable"].value = "0"
radio = adi.Pluto(uri_ctx=context)
radio.tx_hardwaregain_chan0 = -10
radio.tx_cyclic_buffer = True
radio.tx(np.full(1000, 2.0**14, complex))
tdd.find_channel("channel1", True).attrs["polarity"].value = "0"
tdd.attrs["frame_length_raw"].value = "9999"
tdd.attrs["enable"].value = "1"
context.set_timeout(0)
print("waiting", flush=True)
radio.rx()
"""
    with subprocess.Popen([sys.executable, "-c", script, simulated.uri], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None and client.stdout.readline() == b"waiting\n"
        assert any(entry["event"] == "tx_on" for entry in simulated.log())
        client.kill()
    deadline = time.monotonic() + 5
    while [e["event"] for e in simulated.log() if e["event"].startswith("tx_")][-1] != "tx_off":
        assert time.monotonic() < deadline, "the transmitter is still on"
    context = iio.Context(simulated.uri)
    receive_freely(Tdd(context))
    with buffer_of(context.find_device("cf-ad9361-lpc"), 100) as buffer:
        buffer.refill()


def test_real_clock_takes_real_time() -> None:
    with running("empty", clock="real") as simulated:
        context = iio.Context(simulated.uri)
        context.find_device("ad9361-phy").find_channel("voltage0").attrs["sampling_frequency"].value = "4000000"
        with buffer_of(context.find_device("cf-ad9361-lpc"), 1_000_000) as buffer:
            started = time.monotonic()
            for _ in range(3):
                buffer.refill()
            assert 0.7 < time.monotonic() - started < 3


def test_no_frame_is_lost_on_the_real_clock() -> None:
    """Computing an answer for the first time takes longer than a frame; the radio's clock must not run on meanwhile."""
    with running(SAMPLE, clock="real") as simulated:
        context = iio.Context(simulated.uri)
        radio, tdd = configured(context), Tdd(context)
        started = time.monotonic()
        blocks = tdd_shot(radio, tdd, 1, frames=20, samples=8000)
        assert len(blocks) == 20
        assert 0.4 < time.monotonic() - started < 5
        assert len({int(np.argmax(np.abs(block) > 800)) for block in blocks}) == 1
