"""The average power over every window, whatever is played and whoever is killed; a clock of the test's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from acquisition.limits import InstrumentLimits
from sdr.power_ledger import STEPS, PowerLedger, is_binding

LIMITS = InstrumentLimits(average_power_max=0.02, average_power_window_s=10.0, duty_max=0.5)
BUDGET_S = LIMITS.average_power_max * LIMITS.average_power_window_s


class Clock:
    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def ledger(folder: Path, clock: Clock, boot: str = "this boot") -> PowerLedger:
    return PowerLedger(folder / "power.json", now_s=clock, boot=boot)


def rested(folder: Path, clock: Clock) -> PowerLedger:
    """An account that knows of a whole window of silence."""
    account = ledger(folder, clock)
    account.begin(0.0, LIMITS)
    account.end(0.0, LIMITS)
    clock.now_s += LIMITS.average_power_window_s
    return account


def most_in_a_window(sent: list[tuple[float, float, float]], window_s: float) -> float:
    """Largest energy in any window; (begin, end, power) of what was sent."""
    ends = np.array([end for _, end, _ in sent] + [begin + window_s for begin, _, _ in sent])
    ends = np.concatenate([ends, ends + 1e-9])
    total = np.zeros(len(ends))
    for begin, end, power in sent:
        total += power * np.clip(np.minimum(ends, end) - np.maximum(ends - window_s, begin), 0.0, None)
    return float(total.max())


@pytest.mark.parametrize("seed", range(4))
def test_no_window_ever_holds_more_than_the_limit_whoever_is_killed(tmp_path: Path, seed: int) -> None:
    """Random shots, some stopped early, some processes killed in the middle of one; waits are kept to, nothing else."""
    random = np.random.default_rng(seed)
    clock = Clock()
    account = ledger(tmp_path, clock)
    sent: list[tuple[float, float, float]] = []
    for _ in range(150):
        duration_s = float(random.choice([0.01, 0.3, 2.0, 15.0]) * random.uniform(0.5, 1.0))
        most = BUDGET_S / min(duration_s, LIMITS.average_power_window_s)
        power = float(min(random.uniform(0.1, 1.0) * most, 0.5))
        wait_s = account.wait_s(power, duration_s, LIMITS)
        assert wait_s <= LIMITS.average_power_window_s * (1 + 2 / STEPS)
        clock.now_s += wait_s
        account.begin(power, LIMITS)
        begun_s, lasted_s = clock.now_s, duration_s * float(random.choice([1.0, 1.0, 0.4]))
        clock.now_s += lasted_s
        sent.append((begun_s, clock.now_s, power))
        if random.random() < 0.2:
            clock.now_s += float(random.uniform(0.0, 0.5))  # killed; the next process opens the account
            account = ledger(tmp_path, clock)
        else:
            account.end(power * lasted_s, LIMITS)
        clock.now_s += float(random.choice([0.001, 0.2, 3.0]))
    most_s = most_in_a_window(sent, LIMITS.average_power_window_s)
    assert most_s <= BUDGET_S * (1 + 1e-6)
    assert most_s > 0.9 * BUDGET_S  # and it is used, not merely kept


def test_a_shot_below_the_limit_never_waits_after_a_restart_and_a_burst_does(tmp_path: Path) -> None:
    clock = Clock()
    account = ledger(tmp_path, clock)  # nothing is known: as if the limit had been used
    assert account.wait_s(0.99 * LIMITS.average_power_max, 600.0, LIMITS) == 0.0
    burst_s = account.wait_s(0.2, 1.0, LIMITS)
    assert 9.0 < burst_s <= 10.2
    clock.now_s += burst_s
    assert account.wait_s(0.2, 1.0, LIMITS) == 0.0


def test_a_restart_gives_nothing_back(tmp_path: Path) -> None:
    clock = Clock()
    account = rested(tmp_path, clock)
    assert account.wait_s(0.2, 1.0, LIMITS) == 0.0
    account.begin(0.2, LIMITS)
    clock.now_s += 1.0
    account.end(0.2, LIMITS)
    for boot in ("this boot", "another boot"):
        again = ledger(tmp_path, clock, boot)
        assert again.wait_s(0.2, 1.0, LIMITS) > 8.0
    (tmp_path / "power.json").write_text("{not json")
    assert ledger(tmp_path, clock).wait_s(0.2, 1.0, LIMITS) > 8.0


def test_a_longer_window_knows_that_it_does_not_know(tmp_path: Path) -> None:
    clock = Clock()
    account = rested(tmp_path, clock)
    longer = replace(LIMITS, average_power_window_s=100.0)
    assert account.wait_s(0.2, 1.0, LIMITS) == 0.0
    # 90 of the 100 s count as sent at the limit: a tenth of the budget, 0.2 s, is left
    assert account.wait_s(0.19, 1.0, longer) == 0.0
    assert account.wait_s(0.25, 1.0, longer) > 0.0


def test_the_account_stays_small(tmp_path: Path) -> None:
    clock = Clock()
    account = rested(tmp_path, clock)
    for _ in range(1000):
        account.begin(0.001, LIMITS)
        clock.now_s += 0.04
        account.end(0.00004, LIMITS)
    kept = json.loads((tmp_path / "power.json").read_text())
    assert len(kept["sent"]) <= STEPS + 2


def test_limits_that_cannot_be_reached_need_no_account() -> None:
    assert not is_binding(InstrumentLimits())
    assert not is_binding(InstrumentLimits(peak_amplitude=0.3, duty_max=0.1, average_power_max=0.01))
    assert is_binding(InstrumentLimits(average_power_max=0.01))
