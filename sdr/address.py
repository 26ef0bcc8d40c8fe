"""Addresses of radios: read, refused with advice, and knocked at."""

from __future__ import annotations

import socket

from acquisition.front_end import Address, SettingFault, read_address
from sdr.errors import InvalidConfiguration


def check_address(uri: str) -> Address:
    """The address of a radio; raises InvalidConfiguration with advice if it makes no sense."""
    address = read_address(uri)
    if isinstance(address, SettingFault):
        raise refused(address)
    return address


def knock(address: Address, timeout_s: float) -> None:
    """Raise OSError unless somebody listens at a network address within the time; libiio alone would take 5 s."""
    if address.host:
        try:
            socket.create_connection((address.host, address.port), timeout_s).close()
        except UnicodeError as error:
            raise OSError(f"{address.host} is no name of a host") from error


def refused(fault: SettingFault) -> InvalidConfiguration:
    """The driver's error for a setting that cannot be."""
    return InvalidConfiguration(fault.field, fault.message, fault.advice)
