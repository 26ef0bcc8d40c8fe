"""Sending the e-mail that waits in the outbox."""

from __future__ import annotations

from tasks.app import app
from webapp.notifications import mail
from webapp.runs.queue import hints


@app.task(name=hints.SEND_MAIL, ignore_result=True)
def send() -> int:
    """Send what is due; how many were sent. Doubled and late messages change nothing."""
    return mail.send_due()
