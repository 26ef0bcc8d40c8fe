"""The front-end: everything between an experiment's shot and the radio."""

from sdr.factory import open_transceiver

__all__ = ["open_transceiver"]
