"""Stored captures of the customary methods say all that their results need, alone and together."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from acquisition.reconstruction import ReconstructionParameters
from acquisition.records.offline import reconstruct_recordings
from acquisition.records.sigmf_record import read_capture, write_capture
from tests.acquisition.methods.spins import SpinLine
from tests.acquisition.methods.test_customary import captures_of, result_of, shots_of


def test_a_free_decay_is_reconstructed_by_its_own_method(tmp_path: Path) -> None:
    (capture,) = captures_of(shots_of("fid"), SpinLine(), 0.5e-3, seed=3)
    path, *_ = write_capture(tmp_path, "fid", capture)
    (result,) = reconstruct_recordings([str(path)], ReconstructionParameters())
    (quantity,) = result.as_json()["quantities"]
    assert quantity["name"] == "t2_star_s"
    assert abs(quantity["value"] - 0.3e-3) < 4 * quantity["sigma"]


@pytest.mark.parametrize(("method", "name"), [("nutation", "nutation_frequency_hz"), ("echo_decay", "t2_s")])
def test_captures_that_were_stored_give_the_same_numbers(tmp_path: Path, method: str, name: str) -> None:
    captures = captures_of(shots_of(method, {"spin": "5/2"} if method == "nutation" else {}), SpinLine(), 0.5e-3, 4)
    stored = [
        read_capture(str(write_capture(tmp_path, f"shot-{number}", capture)[0]))
        for number, capture in enumerate(captures)
    ]
    before, after = (next(one for one in result_of(some).quantities if one.name == name) for some in (captures, stored))
    assert after.value == pytest.approx(before.value, rel=1e-4)
    assert math.isclose(after.sigma, before.sigma, rel_tol=1e-2)
