"""Rules of the runs: submit, preview, cancel, hold, reorder, repeat, process again, and when it will be their turn."""

from webapp.runs.services.designs import design, design_like
from webapp.runs.services.estimates import Estimate, queue_estimates, queue_order
from webapp.runs.services.holding import hold, pause, resume
from webapp.runs.services.lifecycle import controllable, may_control, reprocess, request_cancel, requeue
from webapp.runs.services.ordering import Place, move, prioritise
from webapp.runs.services.series import SeriesSubmission, cancel_series, submit_series
from webapp.runs.services.submission import Submission, preview, submit, submit_once

__all__ = [
    "Estimate",
    "Place",
    "SeriesSubmission",
    "Submission",
    "cancel_series",
    "controllable",
    "design",
    "design_like",
    "hold",
    "may_control",
    "move",
    "pause",
    "preview",
    "prioritise",
    "queue_estimates",
    "queue_order",
    "reprocess",
    "request_cancel",
    "requeue",
    "resume",
    "submit",
    "submit_once",
    "submit_series",
]
