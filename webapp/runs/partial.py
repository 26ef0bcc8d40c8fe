"""Quick spectrum and curves of a run that is still being measured; kept in the cache, so losing them loses nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from django.core.cache import cache
from redis.exceptions import RedisError

from acquisition.curves import Curve
from acquisition.experiment import Spectrum
from webapp.spectra.services.curves import ImpossibleCurve, curve_of, plain_curve

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


def store_curves(run_id: int, curves: Sequence[Curve]) -> None:
    """Keep the newest curves of a run."""
    try:
        cache.set(_key(run_id, "curves"), [plain_curve(curve) for curve in curves], _KEEP_S)
    except (RedisError, OSError, ImpossibleCurve) as error:
        log.debug("Partial curves of run %s were not kept: %s", run_id, error)


def load_curves(run_id: int) -> list[Curve]:
    """The newest curves of a run."""
    try:
        entry = cache.get(_key(run_id, "curves"))
    except (RedisError, OSError):
        return []
    return [curve_of(plain) for plain in entry or ()]


def _key(run_id: int, kind: str = "partial") -> str:
    return f"run-{kind}:{run_id}"
