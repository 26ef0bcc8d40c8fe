"""What users were told on the site, and that they have read it; the same for pages and API."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from webapp.accounts.models import User
from webapp.notifications.models import Notification


def told(user: User) -> QuerySet[Notification]:
    """Everything the user was told on the site, newest first."""
    return Notification.objects.filter(user=user, on_site=True)


def unread(user: User) -> QuerySet[Notification]:
    """What of it they have not read."""
    return told(user).filter(read_at__isnull=True)


def mark_read(user: User, pk: int) -> None:
    """One of the user's has been read; what has been before keeps its time."""
    Notification.objects.filter(user=user, pk=pk, read_at__isnull=True).update(read_at=timezone.now())


def mark_all_read(user: User, newest: int | None = None) -> int:
    """All have been read up to the one of this number, as later ones were not seen yet; returns how many were not."""
    rows = unread(user) if newest is None else unread(user).filter(pk__lte=newest)
    return rows.update(read_at=timezone.now())
