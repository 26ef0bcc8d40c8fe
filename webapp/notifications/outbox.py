"""Writing notifications: rows in the transaction of what they tell about, once for each user and occasion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils import timezone

from webapp.accounts.models import User
from webapp.notifications import preferences
from webapp.notifications.kinds import Kind
from webapp.notifications.models import Notification
from webapp.notifications.wording import one_line


@dataclass(frozen=True)
class Notice:
    """What to say: a title of one line, more below it, and the page that shows the rest."""

    title: str
    text: str = ""
    path: str = ""


def notify(users: Iterable[User], kind: Kind, key: str, say: Callable[[User], Notice]) -> int:
    """Tell each of the users by the channels of their choice, unless they have been told of this `key`.

    `say` makes each user's own text, in their time zone. Returns how many rows were asked for; one that exists already
    is left as it is, so repeating this changes nothing.
    """
    told = [user for user in users if user.is_active]
    chosen = preferences.channels(told, kind) if told else {}
    rows = []
    for user in told:
        channel = chosen[user.pk]
        by_mail = channel.by_mail and bool(user.email)
        # Without an address the site is the only place left.
        on_site = channel.on_site or (channel.by_mail and not by_mail)
        if not (by_mail or on_site):
            continue
        notice = say(user)
        rows.append(
            Notification(
                user=user,
                kind=kind,
                key=key,
                title=one_line(notice.title),
                text=notice.text,
                path=notice.path,
                on_site=on_site,
                mail_state=Notification.Mail.QUEUED if by_mail else Notification.Mail.NOT_WANTED,
                mail_due_at=timezone.now() if by_mail else None,
            )
        )
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def staff() -> list[User]:
    """Everybody who looks after the facility."""
    return list(User.objects.filter(is_staff=True, is_active=True).order_by("pk"))
