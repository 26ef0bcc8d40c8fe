"""Working off the outbox: who may send which row, when to try again, when to give up.

A row is claimed by fence and lease before it is sent, so two senders never send the same. Between the moment at which a
server has taken a mail and the one at which its row says so lies the only gap: a process killed there leaves a row that
is sent again when its lease ends, with the same Message-ID, by which mail systems know the second copy.
"""

from __future__ import annotations

import datetime
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, QuerySet
from django.utils import timezone

from webapp.notifications.models import Notification
from webapp.notifications.wording import one_line
from webapp.runs.queue import hints

Mail = Notification.Mail

#: longer than any attempt can take (see EMAIL_TIMEOUT: connecting, greeting and sending each have their own)
LEASE = datetime.timedelta(minutes=5)
FIRST_WAIT = datetime.timedelta(minutes=1)
WAIT_MAX = datetime.timedelta(hours=6)
#: with the waits above: about three days
ATTEMPTS_MAX = 20
AT_ONCE = 50


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the outbox; `error` is the newest reason."""

    waiting: int
    given_up: int
    error: str

    @property
    def failing(self) -> bool:
        return bool(self.waiting or self.given_up)


def due(now: datetime.datetime) -> QuerySet[Notification]:
    """Rows to be sent now; those whose sender's lease has ended too."""
    return Notification.objects.filter(mail_state__in=(Mail.QUEUED, Mail.SENDING), mail_due_at__lte=now)


def hint() -> None:
    """Tell a worker that there is mail to send, if there is."""
    if due(timezone.now()).exists():
        hints.mail()


def send_due(connect: Callable[[], BaseEmailBackend] = get_connection) -> int:
    """Send what is due, over one connection; how many were sent. Stops when the server cannot be reached.

    While somebody sends, others leave it to them: a server that hangs shall not hold all workers.
    """
    if Notification.objects.filter(mail_state=Mail.SENDING, mail_due_at__gt=timezone.now()).exists():
        return 0
    sent = 0
    connection: BaseEmailBackend | None = None
    try:
        while sent < AT_ONCE:
            row = _claim(timezone.now())
            if row is None:
                break
            try:
                if connection is None:
                    connection = connect()
                    connection.open()
                message(row, connection).send()
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
                # About this mail only: others may pass, over a connection that has not seen the refusal.
                _put_back(row, _reason(error), for_good=_is_permanent(error))
                _closed(connection)
                connection = None
            except (smtplib.SMTPException, OSError) as error:
                _put_back(row, _reason(error), for_good=False)
                # The rest would find the same; it need not ask again at every sweep.
                due(timezone.now()).update(mail_due_at=timezone.now() + FIRST_WAIT)
                break
            except ValueError as error:  # an address or a header that cannot be written
                _put_back(row, _reason(error), for_good=True)
            else:
                _mine(row).update(mail_state=Mail.SENT, mail_sent_at=timezone.now(), mail_due_at=None, mail_error="")
                sent += 1
    finally:
        _closed(connection)
    return sent


def message(row: Notification, connection: BaseEmailBackend | None = None) -> EmailMessage:
    """The mail of a notification, plain text; the same at every attempt."""
    site = settings.RASGADO_SITE_URL
    parts = [row.text.strip(), urljoin(site, row.path) if row.path else ""]
    parts.append(f"-- \nWhat you are told, and how: {urljoin(site, '/notifications/settings/')}")
    host = urlsplit(site).hostname or "localhost"
    return EmailMessage(
        subject=one_line(f"[RASGADO] {row.title}"),
        body="\n\n".join(part for part in parts if part) + "\n",
        to=[row.user.email],
        headers={
            "Message-ID": f"<{row.mail_uid}@{host}>",
            "Date": format_datetime(row.created_at.astimezone(datetime.UTC)),
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )


def trouble(now: datetime.datetime) -> Trouble:
    """What could not be sent yet, and what was given up in the last week."""
    waiting = Notification.objects.filter(mail_state__in=(Mail.QUEUED, Mail.SENDING)).exclude(mail_error="")
    given_up = Notification.objects.filter(mail_state=Mail.FAILED, created_at__gt=now - datetime.timedelta(days=7))
    newest = (waiting | given_up).order_by("-id").values_list("mail_error", flat=True).first()
    return Trouble(waiting.count(), given_up.count(), newest or "")


def try_again() -> int:
    """Staff: everything that waits or was given up is due now; how many."""
    stuck = Notification.objects.filter(mail_state__in=(Mail.QUEUED, Mail.FAILED)).exclude(mail_error="")
    return stuck.update(mail_state=Mail.QUEUED, mail_attempts=0, mail_due_at=timezone.now())


def wait_after(attempts: int) -> datetime.timedelta:
    """How long to wait after so many attempts have failed: doubling, up to a limit."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 20), WAIT_MAX)


def _claim(now: datetime.datetime) -> Notification | None:
    """Take the row that has waited longest. The update repeats the condition: who comes second changes no row."""
    for row in due(now).order_by("mail_due_at", "id").select_related("user")[:AT_ONCE]:
        taken = due(now).filter(pk=row.pk, mail_fence=row.mail_fence)
        if taken.update(
            mail_state=Mail.SENDING, mail_fence=F("mail_fence") + 1, mail_attempts=F("mail_attempts") + 1,
            mail_due_at=now + LEASE,
        ):  # fmt: skip
            row.mail_fence += 1
            row.mail_attempts += 1
            return row
    return None


def _mine(row: Notification) -> QuerySet[Notification]:
    return Notification.objects.filter(pk=row.pk, mail_fence=row.mail_fence, mail_state=Mail.SENDING)


def _put_back(row: Notification, reason: str, *, for_good: bool) -> None:
    error = one_line(reason, 300)
    if for_good or row.mail_attempts >= ATTEMPTS_MAX:
        # What cannot reach its user by mail is shown on the site, whatever was chosen.
        _mine(row).update(mail_state=Mail.FAILED, mail_due_at=None, mail_error=error, on_site=True)
    else:
        later = timezone.now() + wait_after(row.mail_attempts)
        _mine(row).update(mail_state=Mail.QUEUED, mail_due_at=later, mail_error=error)


def _closed(connection: BaseEmailBackend | None) -> None:
    if connection is not None:
        connection.close()


def _is_permanent(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> bool:
    """Whether the server said 5xx, which means: do not try this again."""
    if isinstance(error, smtplib.SMTPResponseException):
        return 500 <= error.smtp_code < 600
    return all(500 <= code < 600 for code, _text in error.recipients.values())


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(said)}" for code, said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
