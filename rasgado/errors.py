"""What can go wrong between a client and the service, one type per kind of failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldFault:
    """One fault of one input; `field` is empty when no single one is to blame."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class ClientError(Exception):
    """Any failure of a request; its text is one sentence for people."""


class Unreachable(ClientError):
    """Nobody answered at the service's address."""


class ServiceFailed(ClientError):
    """The service answered with a failure of its own (5xx), or with something that is not its API."""


class Refused(ClientError):
    """The service understood the request and refused it (4xx); `faults` names the fields and their limits."""

    def __init__(self, status: int, message: str, faults: Sequence[FieldFault] = ()) -> None:
        self.status = status
        self.faults = tuple(faults)
        super().__init__(" ".join(str(fault) for fault in self.faults) or message)
