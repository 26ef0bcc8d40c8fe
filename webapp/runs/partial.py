"""The quick spectrum of a run that is still being measured; kept in the cache, so losing it loses nothing."""

from __future__ import annotations

import logging

import numpy as np
from django.core.cache import cache
from redis.exceptions import RedisError

from acquisition.experiment import Spectrum

log = logging.getLogger(__name__)

_KEEP_S = 3600


def store(run_id: int, spectrum: Spectrum) -> None:
    """Keep the newest quick spectrum of a run."""
    values = np.ascontiguousarray(spectrum.values, dtype=np.complex64)
    entry = (spectrum.x0_hz, spectrum.dx_hz, float(spectrum.noise_sigma), values.tobytes())
    try:
        cache.set(_key(run_id), entry, _KEEP_S)
    except (RedisError, OSError) as error:
        log.debug("Partial spectrum of run %s was not kept: %s", run_id, error)


def load(run_id: int) -> Spectrum | None:
    """The newest quick spectrum of a run, or None."""
    try:
        entry = cache.get(_key(run_id))
    except (RedisError, OSError):
        return None
    if entry is None:
        return None
    x0_hz, dx_hz, noise_sigma, raw = entry
    return Spectrum(x0_hz, dx_hz, np.frombuffer(raw, dtype=np.complex64), noise_sigma)


def _key(run_id: int) -> str:
    return f"run-partial:{run_id}"
