"""Catalogue and JSON form of samples."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sdr.simulated.samples import CATALOGUE, SampleError, from_dict, load, read_json, unknown

LINE = {"frequency_hz": 28e6, "amplitude_over_noise": 1.0}
TABLE = {"shape": "table", "offsets_hz": [0, 1e3], "density": [1, 1]}


def test_catalogue_has_the_published_lines() -> None:
    assert CATALOGUE["KClO3"].lines[0].frequency_hz == 28.0846e6
    assert [line.nuclide for line in CATALOGUE["Cu2O"].lines] == ["63Cu", "65Cu"]
    assert all(line.spin == 1 for line in CATALOGUE["NaNO2"].lines)
    assert CATALOGUE["empty"].lines == ()
    for sample in CATALOGUE.values():
        for line in sample.lines:
            assert 0 < line.t2_star_s <= line.t2_s <= 2 * line.t1_s


def test_isotope_partners_have_the_measured_ratios() -> None:
    for name, ratio in (("KClO3", 1.2688), ("NaClO3", 1.2688), ("Cu2O", 1.0806), ("CuAlO2", 1.0806)):
        light, heavy = CATALOGUE[name].lines
        assert light.frequency_hz / heavy.frequency_hz == pytest.approx(ratio, abs=2e-4)


def test_unknown_depends_on_the_seed_only() -> None:
    assert unknown(5) == unknown(5) == load("unknown", 5)
    assert unknown(5) != unknown(6)


def test_defaults_of_the_json_form() -> None:
    sample = from_dict({"lines": [LINE, {**LINE, "fwhm_hz": 2000, "spin": 1, "nuclide": "14N"}]}, "mine")
    assert sample.name == "mine"
    first, second = sample.lines
    assert (first.t2_star_s, first.t2_s, first.spin) == (0.3e-3, pytest.approx(0.9e-3), Fraction(3, 2))
    assert second.t2_star_s == pytest.approx(1 / (math.pi * 2000))
    assert second.spin == 1


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "the document must be an object"),
        ({"line": []}, "unknown field 'line'"),
        ({"lines": {}}, "lines must be a list"),
        ({"lines": [{"frequency_hz": 1e6}]}, "lines[0].amplitude_over_noise is missing"),
        ({"lines": [{**LINE, "frequency_hz": "28 MHz"}]}, "lines[0].frequency_hz must be a number"),
        ({"lines": [{**LINE, "frequency_hz": float("nan")}]}, "lines[0].frequency_hz must be a number"),
        ({"lines": [{**LINE, "frequency_hz": True}]}, "lines[0].frequency_hz must be a number"),
        ({"lines": [{**LINE, "t2_star_s": 1e-3, "fwhm_hz": 3}]}, "give t2_star_s or fwhm_hz, not both"),
        ({"lines": [{**LINE, "t2_star_s": 1e-3, "t2_s": 1e-4}]}, "lines[0].t2_s must be at least t2_star_s"),
        ({"lines": [{**LINE, "t1_s": 1e-5}]}, "lines[0].t1_s must be at least half of t2_s"),
        ({"lines": [{**LINE, "spin": 2}]}, "lines[0].spin must be 1, 1.5, 2.5, 3.5 or 4.5"),
        ({"lines": [{**LINE, "nuclide": 35}]}, "lines[0].nuclide must be a text"),
        ({"interference": [{"frequency_hz": 28e6}]}, "interference[0].amplitude_over_noise is missing"),
        ({"probe": {"q": 3}}, "probe: unknown field 'q'"),
        ({"receiver": {"noise_lsb": -1}}, "receiver.noise_lsb must be between 0 and 1000"),
        ({"name": 3}, "name must be a text"),
        ({"lines": [{**LINE, "eta": 1.2}]}, "lines[0].eta must be between 0 and 1"),
        ({"lines": [{**LINE, "transition": 2}]}, "lines[0].transition must be between 1 and 1"),
        ({"lines": [{**LINE, "spin": 2.5, "transition": 1.5}]}, "lines[0].transition must be a whole number"),
        ({"lines": [{**LINE, "spin": 1, "transition": 1}]}, "lines[0].transition has no meaning for spin 1"),
        ({"lines": [{**LINE, "fwhm_hz": 1e3, "distribution": {}}]}, "give fwhm_hz or distribution, not both"),
        ({"lines": [{**LINE, "distribution": {"shape": "square"}}]}, "lines[0].distribution.shape must be gaussian"),
        ({"lines": [{**LINE, "distribution": {"shape": "gaussian"}}]}, "lines[0].distribution.fwhm_hz is missing"),
        ({"lines": [{**LINE, "distribution": {"shape": "czjzek", "fwhm_hz": 1e3}}]}, "unknown field 'fwhm_hz'"),
        ({"lines": [{**LINE, "distribution": {**TABLE, "offsets_hz": [0]}}]}, "must be equally long"),
        ({"lines": [{**LINE, "distribution": {**TABLE, "offsets_hz": [2, 1]}}]}, "offsets_hz must rise"),
        ({"lines": [{**LINE, "distribution": {**TABLE, "density": [0, 0]}}]}, "density must not be negative, nor zero"),
        ({"lines": [{**LINE, "distribution": {**TABLE, "density": [0, None]}}]}, "density must be a list of numbers"),
        ({"interference": [{**LINE, "am_depth": 2}]}, "interference[0].am_depth must be between 0 and 1"),
        ({"ringing": [{"amplitude_over_noise": 1}]}, "ringing[0].decay_s is missing"),
        ({"probe": {"settling_s": 1}}, "probe.settling_s needs probe.tuned_hz"),
        ({"probe": {"tuned_hz": 3e6, "tuning_min_hz": 5e6}}, "probe.tuned_hz must be between 5e+06 and"),
        ({"receiver": {"dropout_fraction": 1.1}}, "receiver.dropout_fraction must be between 0 and 1"),
        ({"temperature_k": 0}, "the document.temperature_k must be between 1 and 2000"),
    ],
)
def test_mistakes_are_named(document: Any, complaint: str) -> None:
    with pytest.raises(SampleError) as error:
        from_dict(document)
    assert complaint in str(error.value)


def test_file_errors_name_the_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"lines": [\n}')
    with pytest.raises(SampleError, match=r"broken\.json: line 2 is not JSON"):
        read_json(broken)
    with pytest.raises(SampleError, match=r"missing\.json: cannot be read"):
        read_json(tmp_path / "missing.json")
    good = tmp_path / "good.json"
    good.write_text(json.dumps({"lines": [LINE]}))
    assert load(str(good)).name == "good"
