"""Time to reconstruct one 1 MHz shot with three lines, unfolding included, against bare FFTs of the same samples."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy import fft

from acquisition.comb import Comb
from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from acquisition.shot import Capture
from benchmarks.result import Result
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

CENTRE_HZ, RATE_HZ = 28e6, 10e6
ROUNDS = 8
LARGE_BYTES = 31 << 20
LINES = (
    SyntheticLine(CENTRE_HZ - 310e3, 250e-6),
    SyntheticLine(CENTRE_HZ + 42e3, 400e-6),
    SyntheticLine(CENTRE_HZ + 222e3, 300e-6),
)


def run() -> Result:
    """Best of many runs each; the bare FFTs are those of correlation: of y, of x, and back.

    Both are times of the processor: a machine that does other things meanwhile interrupts the longer of two more often.
    """
    _keep_memory()
    waveform = Comb(gap_period_s=20e-6, tooth_s=1e-6, pulse_length_s=4e-3).waveform(RATE_HZ)
    empty, full = (
        synthetic_capture(waveform, lines, 1.0, sample_rate_hz=RATE_HZ, centre_frequency_hz=CENTRE_HZ)
        for lines in ((), LINES)
    )
    found = len(reconstruct_survey([full], ReconstructionParameters()).lines)
    if found != len(LINES):
        raise RuntimeError(f"{found} lines were found where {len(LINES)} are")
    # In turns, so that whatever else the machine does is not the fate of one of them alone, and each many times on end,
    # so that each finds its memory as it left it.
    bare = seconds = empty_seconds = float("inf")
    for _ in range(ROUNDS):
        bare = min(bare, _best(_bare, full, 20))
        seconds = min(seconds, _best(_reconstruct, full, 10))
        empty_seconds = min(empty_seconds, _best(_reconstruct, empty, 5))
    return Result(
        name="reconstruct_shot",
        value=round(seconds, 4),
        unit="s",
        against="bare FFTs of the same samples (y, x and back, zero-padded)",
        ratio=round(seconds / bare, 1),
        extra={
            "samples": len(full.samples),
            "lines": found,
            "bare_ffts_s": round(bare, 5),
            "empty_shot_s": round(empty_seconds, 4),
            "empty_shot_ratio": round(empty_seconds / bare, 1),
        },
    )


def _keep_memory() -> None:
    """Have the C library keep the memory of large arrays that are freed, instead of giving it back each time.

    Otherwise, depending on what the process did before, the operating system clears all memory of the transforms anew,
    which takes up to four times as long as they do. glibc keeps pieces as large as the largest it ever gave back.
    """
    np.empty(LARGE_BYTES, dtype=np.uint8)


def _bare(capture: Capture) -> np.ndarray:
    length = fft.next_fast_len(2 * len(capture.samples))
    received = fft.fft(np.asarray(capture.samples, dtype=np.complex128), length)
    transmitted = fft.fft(np.asarray(capture.waveform, dtype=np.complex128), length)
    return fft.ifft(received * np.conj(transmitted))


def _reconstruct(capture: Capture) -> object:
    return reconstruct_survey([capture], ReconstructionParameters())


def _best(work: Callable[[Capture], object], capture: Capture, times: int) -> float:
    best = float("inf")
    for _ in range(times):
        started = time.thread_time()
        work(capture)
        best = min(best, time.thread_time() - started)
    return best
