"""The one place where the recognisers are applied."""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.artefacts import follows_receiver, unexcited
from acquisition.lines import Line
from acquisition.shot import Capture

_NARROW = (follows_receiver.fault, unexcited.fault)
"""Recognisers of what speaks against a line that narrow-band captures show."""


def narrow_fault(line: Line, narrow: Sequence[Capture]) -> str:
    """Why a signal that is there is not a line of the sample; empty if nothing speaks against it."""
    return next((reason for recogniser in _NARROW if (reason := recogniser(line, narrow))), "")
