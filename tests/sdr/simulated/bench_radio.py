"""A radio in this process, driven as the server would: shared by the tests of the radio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from sdr.simulated.clock import FastClock
from sdr.simulated.converter import Converter
from sdr.simulated.devices import PHY, TDD, pluto_context
from sdr.simulated.log import EventLog
from sdr.simulated.radio import Radio, RadioOptions
from sdr.simulated.registers import Kind, find
from sdr.simulated.samples import Sample, from_dict
from sdr.simulated.waveform import FULL_SCALE

FS = 10_000_000
NQR_HZ = 28e6
QUIET = {"noise_lsb": 0.5, "leakage_lsb": 1000, "dc_offset_lsb": 0, "lo_leakage_lsb": 0, "iq_imbalance": 0}
LINE = {"frequency_hz": NQR_HZ + 50e3, "amplitude_over_noise": 40, "t1_s": 5e-3, "t2_s": 2e-3, "t2_star_s": 0.5e-3}


def quiet_sample(*lines: dict[str, object]) -> Sample:
    return from_dict({"name": "quiet", "lines": list(lines), "receiver": QUIET})


class RadioBench:
    """A radio at 10 MS/s tuned to 28 MHz at the probe, with short forms for what a client does."""

    def __init__(
        self,
        sample: Sample | None = None,
        *,
        firmware: str = "v0.39",
        seed: int = 1,
        converter: Converter | None = None,
        log: Path | None = None,
        restart_after_hold: bool = True,
    ) -> None:
        options = RadioOptions(
            sample or quiet_sample(), FastClock(), converter or Converter(), EventLog(log), seed, restart_after_hold
        )
        self.radio = Radio(pluto_context(firmware), options)
        self.phy("sampling_frequency", FS, "voltage0")
        self.tune(NQR_HZ)
        self.phy("gain_control_mode", "manual", "voltage0")
        self.phy("hardwaregain", 30, "voltage0")

    def write(self, device: str, name: str, value: object, channel: str = "", output: bool = False) -> None:
        found = self.radio.context.device(device)
        assert found is not None
        self.radio.command()
        kind = Kind.CHANNEL if channel else Kind.DEVICE
        self.radio.write(find(found, kind, name, channel, output), str(value))

    def read(self, device: str, name: str, channel: str = "", output: bool = False) -> str:
        found = self.radio.context.device(device)
        assert found is not None
        self.radio.command()
        return self.radio.read(find(found, Kind.CHANNEL if channel else Kind.DEVICE, name, channel, output))

    def phy(self, name: str, value: object, channel: str, output: bool = False) -> None:
        self.write(PHY, name, value, channel, output)

    def tune(self, nqr_hz: float, converter: Converter | None = None) -> None:
        side = converter or Converter()
        radio_hz = side.lo_hz - nqr_hz if side.inverting else side.lo_hz + nqr_hz
        for oscillator in ("altvoltage0", "altvoltage1"):
            self.phy("frequency", round(radio_hz), oscillator, True)

    def transmit(self, samples: npt.ArrayLike, cyclic: bool = True) -> None:
        wave = np.asarray(samples, complex)
        pairs = np.rint(np.stack([wave.real, wave.imag], axis=1) * FULL_SCALE).astype(np.int16)
        self.radio.command()
        self.radio.open_transmitter()
        self.radio.command()
        self.radio.push(pairs.ravel(), cyclic)

    def stop_transmitting(self) -> None:
        self.radio.command()
        self.radio.close_transmitter()

    def listen(self, samples: int, blocks: int = 4) -> None:
        self.radio.command()
        self.radio.set_blocks("cf-ad9361-lpc", blocks)
        self.radio.open_receiver(samples)

    def block(self) -> npt.NDArray[np.complex128]:
        """The next block; fails if there is none."""
        self.radio.request_block()
        samples = self.radio.poll_block()
        assert samples is not None, "no block to be had"
        return samples[:, 0] + 1j * samples[:, 1]

    def deaf(self) -> None:
        self.radio.command()
        self.radio.close_receiver()

    def arm(self, frame: int, burst: int, play: int) -> None:
        """TDD: reception begins with the frame, transmission plays `play` samples of it."""
        self.write(TDD, "enable", 0)
        self.write(TDD, "frame_length_raw", frame - 1)
        self.write(TDD, "burst_count", burst)
        for index, polarity, off in ((0, 0, play), (1, 0, 10), (2, 1, play)):
            for name, value in (("enable", 1), ("polarity", polarity), ("on_raw", 0), ("off_raw", off)):
                self.write(TDD, name, value, f"channel{index}", True)
        self.write(TDD, "enable", 1)

    def trigger(self) -> None:
        self.write(TDD, "sync_soft", 1)


def first_loud(samples: npt.NDArray[np.complex128], threshold: float = 200) -> int:
    """Index of the first sample above the threshold."""
    return int(np.argmax(np.abs(samples) > threshold))
