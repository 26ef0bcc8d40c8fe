from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sdr.pluto.rounds import BURST_S, bursts


@given(
    per_phase=st.integers(1, 500),
    phases=st.integers(1, 4),
    repetition_s=st.floats(1e-3, 3.0),
    frames_max=st.integers(1, 64),
    backwards=st.booleans(),
)
def test_every_phase_gets_its_share_in_short_bursts(
    per_phase: int, phases: int, repetition_s: float, frames_max: int, backwards: bool
) -> None:
    done: Counter[int] = Counter()
    former = phases - 1 if backwards else 0
    begins_round = True
    for burst in bursts(per_phase * phases, phases, repetition_s, frames_max, backwards=backwards):
        assert burst.phase == former or not begins_round  # the radio has this phase already
        former, begins_round = burst.phase, burst.ends_round
        assert 1 <= burst.frames <= frames_max
        assert burst.frames == 1 or burst.frames * repetition_s <= BURST_S
        done[burst.phase] += burst.frames
        if burst.ends_round:
            assert len({done[phase] for phase in range(phases)}) == 1
    assert done == dict.fromkeys(range(phases), per_phase)
    assert burst.ends_round
