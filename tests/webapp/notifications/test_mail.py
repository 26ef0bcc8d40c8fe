"""The outbox through a real mail server: once each, in spite of refusals, restarts and rivals."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import get_connection
from django.test import Client
from django.utils import timezone

from tests.webapp.notifications.conftest import Sink
from webapp.accounts.models import User
from webapp.notifications import due, mail
from webapp.notifications.kinds import Kind
from webapp.notifications.models import Notification
from webapp.notifications.outbox import Notice, notify

pytestmark = pytest.mark.usefixtures("clock", "addressed")


def tell(user: User, key: str = "k", title: str = "Moved", text: str = "By an hour.") -> Notification:
    notify([user], Kind.MOVED, key, lambda _user: Notice(title, text, "/runs/"))
    return Notification.objects.get(user=user, key=key)


def make_due(**fields: Any) -> None:
    Notification.objects.update(mail_due_at=timezone.now() - datetime.timedelta(seconds=1), **fields)


def test_mail_arrives_once_with_a_link(sink: Sink, user: User) -> None:
    row = tell(user)
    assert mail.send_due() == 1
    assert mail.send_due() == 0
    (arrived,) = sink.received
    assert arrived["To"] == "ada@example.org"
    assert arrived["Subject"] == "[RASGADO] Moved"
    assert arrived["Message-ID"] == f"<{row.mail_uid}@localhost>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived.get_content_type() == "text/plain"
    assert "By an hour." in arrived.get_content() and "http://localhost:8000/runs/" in arrived.get_content()
    row.refresh_from_db()
    assert row.mail_state == "sent" and row.mail_sent_at is not None


def test_hostile_titles_stay_one_line_of_text(sink: Sink, user: User) -> None:
    title = "Hello\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>\u2028\u202e\x00" + "x" * 400
    tell(user, title=title, text="a\r\n.\r\nMAIL FROM:<eve@example.org>")
    assert mail.send_due() == 1
    (arrived,) = sink.received
    assert arrived["Bcc"] is None
    assert arrived["Subject"].strip().startswith("[RASGADO] Hello Bcc: eve@example.org <script>")
    assert [line.upper() for line in sink.recipients] == ["RCPT TO:<ADA@EXAMPLE.ORG>"]
    assert "MAIL FROM:<eve@example.org>" in arrived.get_content()


def test_a_server_that_is_away_loses_nothing(user: User, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    monkeypatch.setattr(settings, "EMAIL_PORT", 1)
    first, _second = tell(user, "1"), tell(user, "2")
    before = timezone.now()
    assert mail.send_due() == 0
    first.refresh_from_db()
    assert (first.mail_state, first.mail_attempts) == ("queued", 1)
    assert "refused" in first.mail_error.lower()
    assert first.mail_due_at is not None and first.mail_due_at >= before + mail.FIRST_WAIT
    second = Notification.objects.get(key="2")
    assert second.mail_attempts == 0, "the server was asked once, not once per mail"
    assert second.mail_due_at is not None and second.mail_due_at >= before + mail.FIRST_WAIT
    assert mail.send_due() == 0 and Notification.objects.get(key="2").mail_attempts == 0
    due.sweep()
    assert staff.notifications.get(kind=Kind.MAIL_FAILING).title == "E-mail cannot be sent"
    due.sweep()
    assert staff.notifications.count() == 1
    page = _client(staff).get("/notifications/outbox/").content.decode()
    assert "1 wait for another attempt" in page and "ada" in page
    assert _client(user).get("/notifications/outbox/").status_code == 403


def test_it_goes_out_when_the_server_is_back(sink: Sink, user: User) -> None:
    row = tell(user)
    sink.answers["MAIL"] = "451 try later"
    assert mail.send_due() == 0
    row.refresh_from_db()
    assert row.mail_state == "queued" and "451 try later" in row.mail_error
    assert mail.send_due() == 0  # not before its time
    sink.answers.clear()
    make_due()
    assert mail.send_due() == 1
    row.refresh_from_db()
    assert (row.mail_state, row.mail_error, len(sink.received)) == ("sent", "", 1)


def test_one_refused_address_does_not_keep_others_from_their_mail(sink: Sink, user: User, staff: User) -> None:
    Notification.objects.create(
        user=user, kind=Kind.MOVED, key="k", title="t", on_site=False, mail_state="queued", mail_due_at=timezone.now()
    )
    user.email = "bad\r\naddress@example.org"
    user.save()
    tell(staff)
    assert mail.send_due() == 1
    row = user.notifications.get()
    assert row.mail_state == "failed" and row.on_site, "what cannot be mailed is shown on the site"
    assert sink.received[0]["To"] == "stella@example.org"


def test_a_permanent_refusal_is_not_repeated_until_staff_say_so(sink: Sink, user: User, staff: User) -> None:
    row = tell(user)
    sink.answers["RCPT"] = "550 no such user"
    assert mail.send_due() == 0
    row.refresh_from_db()
    assert row.mail_state == "failed" and "550 no such user" in row.mail_error
    make_due()
    assert mail.send_due() == 0
    sink.answers.clear()
    assert _client(staff).post("/notifications/outbox/try-again/").status_code == 302
    assert mail.send_due() == 1


def test_a_sender_that_died_is_replaced_after_its_lease(sink: Sink, user: User) -> None:
    row = tell(user)
    rival = mail._claim(timezone.now())
    assert rival is not None and rival.pk == row.pk
    assert mail.send_due() == 0, "claimed by another"
    make_due(mail_state="sending")
    assert mail.send_due() == 1
    # The first sender wakes up: its fence is old, so it changes nothing.
    mail._put_back(rival, "too late", for_good=True)
    row.refresh_from_db()
    assert row.mail_state == "sent"


def test_two_senders_never_send_the_same(sink: Sink, user: User) -> None:
    for number in range(6):
        tell(user, f"k{number}")

    def connect() -> Any:
        # While one sender connects, another comes; it would even get past the question whether somebody sends.
        if not nested:
            nested.append(mail.send_due())
            rival = mail._claim(timezone.now())
            assert rival is not None
            mail.message(rival, get_connection()).send()
            mail._mine(rival).update(mail_state="sent")
        return get_connection()

    nested: list[int] = []
    assert mail.send_due(connect) == 5 and nested == [0]
    assert len(sink.received) == len({arrived["Message-ID"] for arrived in sink.received}) == 6


def test_waits_grow_up_to_a_limit_and_end() -> None:
    waits = [mail.wait_after(attempts) for attempts in range(1, mail.ATTEMPTS_MAX + 1)]
    assert waits[:3] == [datetime.timedelta(minutes=m) for m in (1, 2, 4)]
    assert max(waits) == mail.WAIT_MAX
    assert datetime.timedelta(days=2) < sum(waits, datetime.timedelta()) < datetime.timedelta(days=4)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_giving_up_after_the_last_attempt(sink: Sink, user: User, book: Callable[..., Any]) -> None:
    row = tell(user)
    sink.answers["DATA"] = "452 full"
    make_due(mail_attempts=mail.ATTEMPTS_MAX - 1)
    mail.send_due()
    row.refresh_from_db()
    assert row.mail_state == "failed"
