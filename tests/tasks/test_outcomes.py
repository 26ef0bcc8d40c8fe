"""What an instrument is good for after a run has failed on it."""

from __future__ import annotations

import pytest

from acquisition.errors import InvalidParameters
from sdr import errors
from tasks.acquire import status_after
from tasks.settings import instrument_settings
from webapp.facility.models import Instrument


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.SafetyLimitExceeded("duty", "Too much."), "ready"),
        (errors.AlignmentFailed("Nothing heard."), "ready"),
        (errors.CaptureIncomplete("Too short."), "ready"),
        (errors.UnsafeState("Still on?"), "needs_check"),
        (errors.RadioLost("Gone."), "needs_check"),
        (errors.GuardIntervened("Off."), "needs_check"),
        (errors.ReadBackMismatch("0 is not 1."), "needs_check"),
        (errors.RadioUnreachable("Nobody there."), "offline"),
        (errors.RadioBusy("Taken."), "offline"),
        (errors.WrongRadio("Another."), "offline"),
        (errors.InvalidConfiguration("converter.lo_hz", "Impossible."), "offline"),
        (errors.UnsuitableRadio("A receiver only."), "offline"),
        (errors.GuardUnavailable("No guard."), "offline"),
        (ValueError("a fault of ours"), "ready"),
    ],
)
def test_one_broken_run_does_not_take_the_queue_with_it(error: Exception, status: str) -> None:
    assert status_after(error) == status


def test_a_transmitter_that_was_not_confirmed_off_is_checked_whatever_broke_first() -> None:
    error = ValueError("a fault of ours")
    error.add_note("The transmitter was not confirmed off.")
    assert status_after(error) == "needs_check"


def test_an_impossible_converter_is_a_fault_with_a_field_not_a_crash() -> None:
    instrument = Instrument(slug="x", name="x", uri="ip:127.0.0.1", converter={"side": "sideways"})
    with pytest.raises(InvalidParameters) as raised:
        instrument_settings(instrument)
    assert raised.value.errors[0].field == "converter.side"
