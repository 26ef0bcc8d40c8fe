"""Errors that the server answers with, as Linux error numbers."""

from __future__ import annotations

import errno
import os


class IioError(Exception):
    """An operation that the radio refuses; `number` is the positive errno."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(os.strerror(number))


def invalid() -> IioError:
    return IioError(errno.EINVAL)
