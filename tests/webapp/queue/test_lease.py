"""The loss of a worker is seen within the time that the setting promises, the sweep's period and delay included."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from webapp.runs.queue.lease import lease_end, lease_s


@pytest.mark.parametrize(("promised_s", "sweep_s", "leased_s"), [(30, 2, 26), (4, 0.5, 3), (30, 10, 15), (1, 5, 0.5)])
def test_a_row_is_leased_for_two_sweeps_less_but_at_least_for_half(
    settings: Any, promised_s: float, sweep_s: float, leased_s: float
) -> None:
    settings.RASGADO_LEASE_S, settings.RASGADO_SWEEP_S = promised_s, sweep_s
    assert lease_s() == leased_s
    before = timezone.now()
    assert before <= lease_end() - timedelta(seconds=leased_s) <= timezone.now()
