"""Every driver on every radio of its family passes the conformance suite; here the radios are simulated ones."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import iio
import pytest

from acquisition.limits import InstrumentLimits
from sdr.conformance import Bench, TransceiverConformance
from sdr.simulated import SimulatedProcess, running
from sdr.transceiver import ConverterSettings, InstrumentSettings
from tools.processes import free_port

pytestmark = pytest.mark.integration

SAMPLE: dict[str, Any] = {
    "name": "a strong line, and leakage that does not saturate",
    "lines": [
        {"frequency_hz": 33.05e6, "amplitude_over_noise": 10.0, "t1_s": 1e-3, "t2_s": 1.5e-3, "t2_star_s": 0.3e-3}
    ],
    "receiver": {"leakage_lsb": 1000.0},
}


@dataclass
class SimulatedBench(Bench):
    """A simulated radio, watched by its own log."""

    process: SimulatedProcess | None = None

    @property
    def simulated(self) -> SimulatedProcess:
        assert self.process is not None
        return self.process

    def is_silent(self) -> bool:
        return [entry["event"] for entry in self.simulated.log() if entry["event"].startswith("tx_")][-1:] != ["tx_on"]

    def activity(self) -> Hashable:
        return sum(entry["event"] not in ("connect", "disconnect") for entry in self.simulated.log())

    def cut(self) -> None:
        self.simulated.fault("kill-mid-buffer")

    def ignore_a_setting(self) -> None:
        self.simulated.fault("ignore-write/frequency")


def bench_of(process: SimulatedProcess, driver: str, **facts: Any) -> SimulatedBench:
    settings = InstrumentSettings(
        "conformance",
        process.uri,
        driver=driver,
        converter=ConverterSettings("upper", 400e6),
        limits=InstrumentLimits(peak_amplitude=1.0),
        connect_timeout_s=1.0,
    )
    nobody = f"ip:127.0.0.1:{free_port()}"
    return SimulatedBench(settings, nobody_uri=nobody, line_hz=33.05e6, process=process, **facts)


#: a radio that transmits by itself is simulated through the silence between its frames as well
SLOWER = {"sample_rate_hz": 5e6, "repetition_time_s": 4e-3}


@pytest.fixture(scope="class", autouse=True)
def own_lock_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RASGADO_LOCK_DIR", str(tmp_path_factory.mktemp("locks")))
        yield


class TestPluto(TransceiverConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Iterator[Bench]:
        with running(SAMPLE) as process:
            yield bench_of(process, "pluto")


class TestPlutoWithoutTddCore(TransceiverConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Iterator[Bench]:
        with running(SAMPLE, firmware="v0.32") as process:
            yield bench_of(process, "pluto", exact=False, **SLOWER)


class TestAdrv9361(TransceiverConformance):
    """The second radio: two paths, no TDD core, no serial number, tones on after power-up, a mirroring converter."""

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Iterator[Bench]:
        with running(SAMPLE, radio="adrv9361", converter="lower:400e6") as process:
            bench = bench_of(process, "adrv9361", exact=False, **SLOWER)
            bench.settings = replace(bench.settings, converter=ConverterSettings("lower", 400e6))
            yield bench

    def test_it_was_on_and_all_of_it_is_turned_off(self, bench: SimulatedBench) -> None:
        bench.open().close()
        context = iio.Context(bench.settings.uri)
        phy, dac = context.find_device("ad9361-phy"), context.find_device("cf-ad9361-dds-core-lpc")
        for path in ("voltage0", "voltage1"):
            assert phy.find_channel(path, True).attrs["hardwaregain"].value.startswith("-89.75")
        tones = [channel for channel in dac.channels if channel.id.startswith("altvoltage")]
        assert len(tones) == 8
        assert all(float(tone.attrs["scale"].value) == 0 for tone in tones)
