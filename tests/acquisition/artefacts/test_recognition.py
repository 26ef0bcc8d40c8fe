"""Each artefact in a whole survey, with a line of the sample near it and without: rejected with its reason, and the
line confirmed."""

from __future__ import annotations

import pytest

from tests.acquisition.artefacts.laboratory import LINE, frequencies_hz, reasons_near, survey
from tests.acquisition.interference import Comb, Laboratory, Ringing, Station
from tests.acquisition.methods.test_survey_experiment import CENTRE_HZ, certain
from tests.acquisition.synthetic import SyntheticLine

TUNED_HZ = CENTRE_HZ - 0.55e6
"""Where the radio is tuned for the window: beside it by half its width and a little more, in whole teeth."""

BESIDE_HZ = LINE.frequency_hz + 3e3

CASES = {
    "DC": (Laboratory(dc=0.5 + 0.2j), TUNED_HZ, "DC or leakage"),
    "carrier": (Laboratory(stations=[Station(BESIDE_HZ, 2.0)]), BESIDE_HZ, "constant frequency"),
    "image": (
        Laboratory(stations=[Station(BESIDE_HZ, 4.0)], image=0.02),
        2 * TUNED_HZ - BESIDE_HZ,
        "mirror image of the carrier",
    ),
    "broadcast": (
        Laboratory(stations=[Station(LINE.frequency_hz + 12e3, 2.0, depth=0.5)]),
        LINE.frequency_hz + 12e3,
        "modulated carrier",
    ),
    "mains": (Laboratory(combs=[Comb(CENTRE_HZ - 0.2e6, 0.5, 50.0, 3)]), CENTRE_HZ - 0.2e6, "modulated carrier"),
    "mains, wide steps": (Laboratory(combs=[Comb(CENTRE_HZ - 0.2e6, 0.2, 3000.0, 1)]), CENTRE_HZ - 0.2e6, "carrier"),
    "acoustic ringing of a mode": (
        Laboratory(ringing=[Ringing(6.0, 50e-6, LINE.frequency_hz + 20e3)]),
        LINE.frequency_hz + 20e3,
        "acoustic ringing",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("lines", [(), (LINE,)], ids=["alone", "beside a line"])
def test_it_is_rejected_with_its_reason(name: str, lines: tuple[SyntheticLine, ...]) -> None:
    laboratory, where_hz, reason = CASES[name]
    result = survey(laboratory, lines)
    found = frequencies_hz(result.lines)
    assert len(found) == len(lines), result.lines
    assert all(abs(frequency - LINE.frequency_hz) < 200 for frequency in found)
    assert reason in reasons_near(result.lines, where_hz, 5e3), result.lines
    assert all(len(line.reason) <= 300 for line in result.lines)


def test_ring_down_might_be_a_broad_line_until_spin_echoes_show_none() -> None:
    result = survey(Laboratory(ringing=[Ringing(300.0, 1.2e-6)]), [])
    assert frequencies_hz(result.lines) == []
    assert "Spin echoes around it show no broad line" in reasons_near(result.lines, CENTRE_HZ, 0.6e6)


@pytest.mark.parametrize("amplitude", [100.0, 300.0, 900.0])
def test_ring_down_beside_a_line_is_no_broad_line_for_the_echoes_of_that_line(amplitude: float) -> None:
    result = survey(Laboratory(ringing=[Ringing(amplitude, 1.2e-6)]), [LINE])
    (found,) = certain(result.lines)
    assert abs(found.frequency_hz - LINE.frequency_hz) < 200
    assert found.fwhm_hz < 2e3
    if amplitude > 200.0:
        assert "Spin echoes around it show no" in reasons_near(result.lines, CENTRE_HZ, 0.6e6)


def test_ringing_that_follows_the_pulse_is_not_confirmed() -> None:
    result = survey(Laboratory(ringing=[Ringing(6.0, 40e-6)]), [LINE])
    assert [round(frequency, -3) for frequency in frequencies_hz(result.lines)] == [round(LINE.frequency_hz, -3)]


def test_a_broad_line_of_spins_is_no_ringing() -> None:
    """Its spins saturate: the same check that rejects ringing lets it pass (Bloch dynamics, so that they can)."""
    from acquisition.artefacts import unsaturated
    from acquisition.limits import InstrumentLimits
    from acquisition.lines import Line
    from acquisition.methods import narrow_band
    from tests.acquisition.synthetic import synthetic_capture

    limits = InstrumentLimits()
    settings = narrow_band.NarrowBandSettings(sample_rate_hz=10e6, repetition_time_s=50e-3, tooth_spacing_hz=50e3)
    target_hz, t2_star_s = 28.1e6, 50e-6
    spins = SyntheticLine(target_hz, t2_star_s)
    shots = [
        *narrow_band.shots(target_hz, t2_star_s, [], 16, settings, limits),
        narrow_band.saturation_shot(target_hz, t2_star_s, [], 16, settings, limits),
    ]
    captures = [
        synthetic_capture(
            shot.waveform,
            [spins],
            0.3,
            centre_frequency_hz=shot.centre_frequency_hz,
            tail_s=1e-3,
            rng=number,
            model="bloch",
            powder=True,
            nutation_frequency_hz=20e3 * 3**0.5,
            method="confirm",
        )
        for number, shot in enumerate(shots)
    ]
    seen = Line(target_hz, 100.0, 6366.0, 500.0, 1.0, 0.1, 0.0, 20.0, 1.0)
    assert unsaturated.needs_saturation(seen, captures)
    assert unsaturated.fault(seen, captures) == ""
    ringing = Laboratory(ringing=[Ringing(8.0, t2_star_s, target_hz)])
    import numpy as np

    silent = [type(c)(**{**c.__dict__, "samples": c.samples * 0}) for c in captures]
    rung = [ringing.disturb(capture, np.random.default_rng(1)) for capture in silent]
    assert "acoustic ringing" in unsaturated.fault(seen, rung)
