"""Programs of others against the simulated radio, nothing changed in them but the URI: GNU Radio, pyadi's examples."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sdr.simulated import SimulatedProcess, running
from tools.run_example import with_uri

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
RADIO_HZ = 1_000_000_000
TONE_HZ = 100_000.0

#: a cyclic tone out and samples in, with the blocks that GNU Radio has for this family of radios
FLOW_GRAPH = f"""
import json, os, sys, time
import numpy as np
from gnuradio import blocks, gr, iio

RATE = 4_000_000
flow = gr.top_block()
source = iio.fmcomms2_source_fc32(sys.argv[1], [True, True], 16384)
source.set_samplerate(RATE)
source.set_frequency({RADIO_HZ})
source.set_gain_mode(0, "manual")
source.set_gain(0, 20.0)
sink = iio.fmcomms2_sink_fc32(sys.argv[1], [True, True], 4000, True)
sink.set_samplerate(RATE)
sink.set_frequency({RADIO_HZ})
sink.set_attenuation(0, 40.0)
tone = 0.5 * np.exp(2j * np.pi * {TONE_HZ} / RATE * np.arange(4000))
head, got = blocks.head(gr.sizeof_gr_complex, 120_000), blocks.vector_sink_c()
flow.connect(blocks.vector_source_c(tone.astype(np.complex64), False), sink)
flow.connect(source, head, got)
flow.start()
deadline = time.monotonic() + 30
while len(got.data()) < 120_000 and time.monotonic() < deadline:
    time.sleep(0.02)
flow.stop()
flow.wait()
samples = np.array(got.data()[-40_000:])
spectrum = np.abs(np.fft.fft(samples))
peak = int(np.argmax(spectrum))
print(json.dumps({{"samples": len(got.data()), "peak_hz": float(np.fft.fftfreq(len(samples), 1 / RATE)[peak]),
                  "over_noise": float(spectrum[peak] / np.median(spectrum))}}), flush=True)
os._exit(0)  # threads of gr-iio that watch for underflows end with the process only
"""


@pytest.fixture
def gnu_radio() -> str:
    """A Python that has gr-iio: Debian's, or whatever is first in the path."""
    for python in ("/usr/bin/python3", shutil.which("python3")):
        if python and Path(python).exists():
            found = subprocess.run([python, "-c", "from gnuradio import iio"], capture_output=True, check=False)
            if found.returncode == 0:
                return python
    pytest.skip("GNU Radio with gr-iio is not installed (Debian: apt-get install gnuradio)")


@pytest.fixture
def radio() -> SimulatedProcess:
    with running("empty", converter="none", clock="fast") as process:
        yield process


def test_gnu_radio_sends_and_receives(gnu_radio: str, radio: SimulatedProcess) -> None:
    result = subprocess.run(
        [gnu_radio, "-c", FLOW_GRAPH, radio.uri], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    assert seen["samples"] == 120_000
    assert seen["peak_hz"] == pytest.approx(TONE_HZ, abs=100)
    assert seen["over_noise"] > 100


@pytest.mark.parametrize(("name", "radio_hz"), [("pluto.py", 2_000_000_000), ("pluto_tddn.py", 2_100_000_000)])
def test_examples_of_pyadi_run_to_their_end(name: str, radio_hz: int, radio: SimulatedProcess) -> None:
    folder = os.environ.get("PYADI_EXAMPLES", "")
    if not folder:
        pytest.skip("PYADI_EXAMPLES names no folder examples/ of pyadi-iio; its licence forbids keeping them here")
    command = [sys.executable, "-m", "tools.run_example", str(Path(folder, name)), radio.uri]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert result.returncode == 0, result.stderr
    log = radio.log()
    transmitted = [entry for entry in log if entry["event"] == "tx_on"]
    assert transmitted and transmitted[0]["lo_hz"] == radio_hz
    assert log[-1]["event"] == "disconnect" or any(entry["event"] == "tx_off" for entry in log)


OUR_EXAMPLE = """
import adi, numpy as np
import matplotlib.pyplot as plt
sdr = adi.Pluto()
pins = adi.one_bit_adc_dac('ip:192.168.2.1')
sdr.rx_lo = 1_500_000_000
sdr.rx_buffer_size = 2048
plt.plot(sdr.rx())
plt.show()
print(len(sdr.rx()), sdr.rx_lo)
"""


def test_a_script_is_run_with_another_uri(tmp_path: Path, radio: SimulatedProcess) -> None:
    script = tmp_path / "example.py"
    script.write_text(OUR_EXAMPLE)
    command = [sys.executable, "-m", "tools.run_example", str(script), radio.uri]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.split() == ["2048", "1500000000"], result.stderr


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("adi.Pluto()", 'adi.Pluto(uri="ip:h:1")'),
        ("adi.tddn( )", 'adi.tddn(uri="ip:h:1")'),
        ("x = 'ip:pluto.local'; y = \"usb:1.4.5\"", 'x = "ip:h:1"; y = "ip:h:1"'),
        ("adi.Pluto(uri=x)  # skip: not a URI", "adi.Pluto(uri=x)  # skip: not a URI"),
    ],
)
def test_nothing_but_the_uri_is_changed(source: str, expected: str) -> None:
    assert with_uri(source, "ip:h:1") == expected
