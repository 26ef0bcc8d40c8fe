"""Rows of the runs: the truth about the queue. Messages between processes are only hints to look here."""

from webapp.runs.models.capture import CaptureRecord
from webapp.runs.models.event import RunEvent
from webapp.runs.models.run import Run
from webapp.runs.models.series import RunSeries
from webapp.runs.models.share import GroupShare
from webapp.runs.models.template import RunTemplate

__all__ = ["CaptureRecord", "GroupShare", "Run", "RunEvent", "RunSeries", "RunTemplate"]
