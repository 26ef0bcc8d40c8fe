"""libiio buffers with a definite end of life, read and written in place.

`iio.Buffer.read` copies every reception into a bytearray; here numpy looks at the buffer's own memory instead. A buffer
must be destroyed before its context: libiio reads freed memory otherwise. So each has `destroy`, and its users call it.
"""

from __future__ import annotations

import ctypes
import errno
import time
from types import TracebackType
from typing import Self

import iio
import numpy as np
import numpy.typing as npt

from sdr.errors import CaptureIncomplete
from sdr.pluto import names

BYTES_PER_SAMPLE = 4  # int16 I, int16 Q
# Buffers are transferred in units of 8 bytes; a multiple of this many samples suits every firmware.
ALIGNMENT_SAMPLES = 4
RELEASED_WITHIN_S = 2.0


def aligned(samples: int) -> int:
    """The next number of samples that a buffer may have."""
    return -(-samples // ALIGNMENT_SAMPLES) * ALIGNMENT_SAMPLES


class _Buffer:
    def __init__(self, device: iio.Device, samples: int, *, output: bool, cyclic: bool) -> None:
        for channel in names.SAMPLE_CHANNELS:
            device.find_channel(channel, output).enabled = True
        self.samples = samples
        self._buffer: iio.Buffer | None = iio.Buffer(device, samples, cyclic)

    def _view(self) -> npt.NDArray[np.int16]:
        """The buffer's memory (2 n,), valid until the next transfer."""
        handle = self._live()._buffer
        start, end = iio._buffer_start(handle), iio._buffer_end(handle)
        if end - start != self.samples * BYTES_PER_SAMPLE:
            raise CaptureIncomplete(
                f"The radio gave {(end - start) // BYTES_PER_SAMPLE} of {self.samples} samples of a reception."
            )
        return np.ctypeslib.as_array((ctypes.c_int16 * (2 * self.samples)).from_address(start))

    def _live(self) -> iio.Buffer:
        if self._buffer is None:
            raise CaptureIncomplete("The radio's buffer was closed before the reception had ended.")
        return self._buffer

    def destroy(self) -> None:
        """Close the buffer; nothing happens if it is closed already.

        Not left to Python's garbage collection: a traceback may keep the object until after its context has gone.
        """
        if self._buffer is not None:
            buffer, self._buffer = self._buffer, None
            handle, buffer._buffer = buffer._buffer, None
            iio._buffer_destroy(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.destroy()


def await_release(device: iio.Device, queue: int) -> None:
    """Set the length of a device's queue as soon as the radio has seen that its last reception was cancelled.

    Cancelling drops that reception's connection without a word, and the radio refuses others until it has noticed.
    Raises OSError (EBUSY) if it has not within `RELEASED_WITHIN_S`: then another program has the device.
    """
    end_s = time.monotonic() + RELEASED_WITHIN_S
    while True:
        try:
            device.set_kernel_buffers_count(queue)
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() >= end_s:
                raise
            time.sleep(0.01)
        else:
            return


class ReceiveBuffer(_Buffer):
    """A queue of `queue` receptions of `samples` samples each; the radio fills it from now on."""

    def __init__(self, device: iio.Device, samples: int, queue: int) -> None:
        await_release(device, queue)
        super().__init__(device, samples, output=False, cyclic=False)

    def next(self) -> npt.NDArray[np.int16]:
        """Wait for the next reception: interleaved I and Q (2 n,), valid until the next call."""
        self._live().refill()
        return self._view()

    def cancel(self) -> None:
        """Make a `next` that waits in another thread fail; the buffer is of no use afterwards."""
        if self._buffer is not None:
            self._buffer.cancel()

    def abandon(self) -> None:
        """Never destroy the buffer: another thread is still in libiio with it, and would crash."""
        if self._buffer is not None:
            _abandoned.append(self._buffer)
            self._buffer = None


_abandoned: list[iio.Buffer] = []


class CyclicTransmitBuffer(_Buffer):
    """Transmits integers (2 n,) and silence, `samples` in all, again and again until it is destroyed.

    Unless the TDD core holds it back.
    """

    def __init__(self, device: iio.Device, integers: npt.NDArray[np.int16], samples: int) -> None:
        super().__init__(device, samples, output=True, cyclic=True)
        view = self._view()
        view[: len(integers)] = integers
        view[len(integers) :] = 0
        self._live().push()
