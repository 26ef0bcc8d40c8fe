"""Tables of known lines: what is read, and that everything wrong is named with its line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.errors import InvalidParameters
from acquisition.reference_lines import ROWS_MAX, read

HEAD = "compound,frequency_hz,temperature_k,eta,consistent\n"


def test_columns_may_come_in_any_order_and_be_left_out() -> None:
    (line,) = read("\ufefffrequency_hz , compound\r\n28084600,Potassium chlorate\r\n")
    assert (line.compound, line.frequency_hz, line.temperature_k) == ("Potassium chlorate", 28084600.0, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "compound, frequency_hz is missing"),
        (HEAD, "no line"),
        ("compound\nA\n", "frequency_hz is missing"),
        ("compound,frequency_hz,colour\nA,1,red\n", "'colour'"),
        ("compound,frequency_hz,compound\nA,1,B\n", "twice"),
        (HEAD + "A,28e6,,,\n,28e6,,,\n", "Line 3: compound is empty"),
        (HEAD + "A,0,,,\n", "above 0"),
        (HEAD + "A,nan,,,\n", "frequency_hz must be a number"),
        (HEAD + "A,1e6,warm,,\n", "temperature_k must be a number from 0 to 5000, not 'warm'"),
        (HEAD + "A,1e6,,1.2,\n", "eta must be a number from 0 to 1"),
        (HEAD + "A,1e6,,,maybe\n", "consistent is yes, no or empty"),
        (HEAD + "A,1e6\n", "number of columns"),
        (HEAD + 'A,1e6,,,"\n', "no CSV"),
        (HEAD + "x" * 301 + ",1e6,,,\n", "more than 300 characters"),
        (HEAD + "A,1e6,,,\n" * (ROWS_MAX + 1), "at most 20000 lines"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(InvalidParameters, match="text: ") as caught:
        read(text)
    assert said in str(caught.value)


def test_a_table_of_nothing_but_faults_has_a_bounded_answer() -> None:
    with pytest.raises(InvalidParameters) as caught:
        read(HEAD + "A,x,y,z,?\n" * 5000)
    assert len(caught.value.errors) <= 20


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidParameters):
        assert all(line.compound and line.frequency_hz > 0 for line in read(HEAD + text))
