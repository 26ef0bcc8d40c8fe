"""Rules of the runs: submit, preview, cancel, queue again, process again, when it will be their turn."""

from webapp.runs.services.estimates import Estimate, queue_estimates
from webapp.runs.services.lifecycle import may_cancel, reprocess, request_cancel, requeue
from webapp.runs.services.submission import Submission, preview, submit, submit_once

__all__ = [
    "Estimate",
    "Submission",
    "may_cancel",
    "preview",
    "queue_estimates",
    "reprocess",
    "request_cancel",
    "requeue",
    "submit",
    "submit_once",
]
