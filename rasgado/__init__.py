"""Client of the RASGADO NQR facility's web API: `Client` for programs, the `rasgado` command for people."""

from rasgado.client import Client
from rasgado.errors import ClientError, FieldFault, Refused, ServiceFailed, Unreachable
from rasgado.follow import FINAL_STATES, Event, follow

__all__ = [
    "FINAL_STATES",
    "Client",
    "ClientError",
    "Event",
    "FieldFault",
    "Refused",
    "ServiceFailed",
    "Unreachable",
    "follow",
]
