"""Finished runs that calibrated something."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from webapp.accounts.models import User
from webapp.calibrations import services
from webapp.calibrations.models import Calibration
from webapp.runs.models import Run
from webapp.spectra.models import MeasuredQuantity, Spectrum


@pytest.fixture
def calibrate(
    make_run: Callable[..., Run], make_spectrum: Callable[..., Spectrum], staff: User
) -> Callable[..., list[Calibration]]:
    """Stores what a calibration run has measured, as processing does: quantity=(value, sigma), ..."""

    def make(method: str = "calibrate_dead_time", days_ago: float = 0.0, **more: Any) -> list[Calibration]:
        run_fields = {name: more.pop(name) for name in ("submitted_by", "state", "parameters") if name in more}
        moment = timezone.now() - datetime.timedelta(days=days_ago)
        facts: dict[str, Any] = {"submitted_by": staff, "state": Run.State.PROCESSING, "parameters": {}} | run_fields
        run = make_run(method=method, acquired_at=moment, **facts)
        spectrum = make_spectrum((), points=8, run=run)
        for position, (name, (value, sigma)) in enumerate(more.items()):
            MeasuredQuantity.objects.create(
                spectrum=spectrum, position=position, name=name, symbol=name, value=value, sigma=sigma, unit="s",
                display_unit="µs", scale=1e-6,
            )  # fmt: skip
        return services.record(spectrum)

    return make
