"""Making, finding, renewing and revoking feeds. The secret is shown once; whoever has it reads the feed."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from dataclasses import dataclass

from django.utils import timezone

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts import access as accounts_access
from webapp.accounts.models import Group, User
from webapp.facility.models import Instrument
from webapp.feeds.models import CalendarFeed

Scope = CalendarFeed.Scope

FEEDS_PER_USER_MAX = 20
#: "last used" is for people; writing it at every request would be a database write per request
_LAST_USED_RESOLUTION = datetime.timedelta(minutes=5)
_SECRET_LENGTH = 43  # of token_urlsafe(32)


@dataclass(frozen=True)
class NewFeed:
    """A feed just made or renewed: `secret` is the only copy of what its address ends with."""

    feed: CalendarFeed
    secret: str


def create(user: User, scope: str, *, group: Group | None = None, instrument: Instrument | None = None) -> NewFeed:
    """Make a feed of the user's own bookings, of a group they belong to, or of an instrument."""
    errors: list[FieldError] = []
    if scope not in Scope.values:
        errors.append(FieldError("scope", f"Must be one of {', '.join(Scope.values)}."))
    if scope == Scope.GROUP and (group is None or not accounts_access.groups(user).filter(pk=group.pk).exists()):
        errors.append(FieldError("group", "Choose one of your groups."))
    if scope == Scope.INSTRUMENT and instrument is None:
        errors.append(FieldError("instrument", "Choose an instrument."))
    if user.calendar_feeds.count() >= FEEDS_PER_USER_MAX:
        errors.append(FieldError("scope", f"You have {FEEDS_PER_USER_MAX} feeds already; revoke one first."))
    if errors:
        raise InvalidParameters(errors)
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        user=user,
        scope=scope,
        group=group if scope == Scope.GROUP else None,
        instrument=instrument if scope == Scope.INSTRUMENT else None,
        prefix=secret[:6],
        secret_sha256=_digest(secret),
    )
    return NewFeed(feed, secret)


def rotate(user: User, feed_id: int) -> NewFeed | None:
    """Give one of the user's feeds a new secret; the old address ends. None when there is no such feed."""
    secret = secrets.token_urlsafe(32)
    feeds = CalendarFeed.objects.filter(user=user, pk=feed_id)
    if not feeds.update(prefix=secret[:6], secret_sha256=_digest(secret), last_used_at=None):
        return None
    return NewFeed(feeds.get(), secret)


def revoke(user: User, feed_id: int) -> bool:
    """Delete one of the user's feeds; False when there is none of that number."""
    deleted, _ = CalendarFeed.objects.filter(user=user, pk=feed_id).delete()
    return deleted > 0


def find(secret: str) -> CalendarFeed | None:
    """The feed with this secret that may still be read: of an active user, who still belongs to its group."""
    if len(secret) != _SECRET_LENGTH:
        return None
    feeds = CalendarFeed.objects.select_related("user", "group", "instrument")
    feed = feeds.filter(secret_sha256=_digest(secret), user__is_active=True).first()
    if feed is None:
        return None
    if feed.group is not None and not accounts_access.groups(feed.user).filter(pk=feed.group_id).exists():
        return None
    return feed


def given(feed: CalendarFeed, content_sha256: str) -> datetime.datetime:
    """Note that this content is given out now; returns since when it is so, to the second as HTTP has it."""
    now = timezone.now()
    changes: dict[str, object] = {}
    if feed.content_sha256 != content_sha256 or feed.changed_at is None:
        whole = now.replace(microsecond=0)
        # Later than before in any case, or a change within one second would look like none.
        step = datetime.timedelta(seconds=1)
        feed.changed_at = whole if feed.changed_at is None else max(whole, feed.changed_at + step)
        changes = {"content_sha256": content_sha256, "changed_at": feed.changed_at}
    if feed.last_used_at is None or now - feed.last_used_at > _LAST_USED_RESOLUTION:
        changes["last_used_at"] = now
    if changes:
        CalendarFeed.objects.filter(pk=feed.pk).update(**changes)
    return feed.changed_at


def _digest(secret: str) -> str:
    # A fast hash is right here: the secret has 256 random bits, so there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()
