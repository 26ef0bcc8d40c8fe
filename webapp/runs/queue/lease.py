"""How long a lease is, and when one that is taken now ends; the same for runs and for spectra."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def lease_s() -> float:
    """Seconds that a row is leased for.

    RASGADO_LEASE_S promises when the loss of a worker is *seen*. The sweep that sees it comes up to a period after the
    lease's end, and takes its own time, so a row is leased for two periods less (but at least for half of the promise).
    """
    promised_s = settings.RASGADO_LEASE_S
    return max(promised_s - 2 * settings.RASGADO_SWEEP_S, promised_s / 2)


def lease_end() -> datetime:
    """When a lease that is taken or renewed now ends."""
    return timezone.now() + timedelta(seconds=lease_s())
