"""What disturbs, where a line is measured by itself without a survey: seen, asked, and rejected with its reason."""

from __future__ import annotations

import pytest

from acquisition.limits import InstrumentLimits
from acquisition.lines import Line
from acquisition.methods import get
from acquisition.methods.confirm import ConfirmParameters
from tests.acquisition.artefacts.laboratory import LINE, DisturbedBench, reasons_near
from tests.acquisition.interference import Laboratory, Ringing, Station
from tests.acquisition.methods.test_survey_experiment import certain

PLACE_HZ = LINE.frequency_hz

CASES = {
    "carrier": (Laboratory(stations=[Station(PLACE_HZ + 300, 1.0)]), "without being excited"),
    "ringing of a mode": (Laboratory(ringing=[Ringing(6.0, 50e-6, PLACE_HZ)]), "acoustic ringing"),
    "ringing of the coil": (Laboratory(ringing=[Ringing(6.0, 50e-6)]), "acoustic ringing"),
}


def confirmation(bench: DisturbedBench) -> tuple[Line, ...]:
    """The lines of the method from its first to its last shot."""
    running = get("confirm").experiment(ConfirmParameters(frequency_hz=PLACE_HZ), InstrumentLimits())
    while (shot := running.next_shot()) is not None:
        running.take(bench.play(shot))
    return running.result().lines


@pytest.mark.parametrize("name", CASES)
def test_it_is_not_confirmed(name: str) -> None:
    laboratory, reason = CASES[name]
    bench = DisturbedBench([], laboratory)
    lines = confirmation(bench)
    assert certain(lines) == [], lines
    assert reason in reasons_near(lines, PLACE_HZ, 5e3), lines
    assert len(bench.shots) == 3


def test_a_line_beside_a_carrier_is_confirmed() -> None:
    bench = DisturbedBench([LINE], Laboratory(stations=[Station(PLACE_HZ + 3e3, 2.0)]))
    (line,) = certain(confirmation(bench))
    assert abs(line.frequency_hz - PLACE_HZ) < 100


def test_a_line_alone_costs_no_further_shot() -> None:
    bench = DisturbedBench([LINE], Laboratory())
    assert len(certain(confirmation(bench))) == 1
    assert len(bench.shots) == 2
