"""API tokens: made, looked up and revoked. Only the SHA-256 of a token is stored; the token itself is shown once."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from dataclasses import dataclass

from django.utils import timezone

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import ApiToken, User

PREFIX = "rsg_"
LIFETIME_MAX_DAYS = 3 * 366
TOKENS_PER_USER_MAX = 50
#: "last used" is for people; writing it at every request would be a database write per request
_LAST_USED_RESOLUTION = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class NewToken:
    """A token just made: `secret` is the only copy of what the user must keep."""

    token: ApiToken
    secret: str


def create(user: User, name: str, lifetime_days: int | None = 90) -> NewToken:
    """Make a token that expires after `lifetime_days`, or never when None."""
    errors: list[FieldError] = []
    name = name.strip()
    if not 1 <= len(name) <= 80:
        errors.append(FieldError("name", "The name of a token has 1 to 80 characters."))
    if lifetime_days is not None and not 1 <= lifetime_days <= LIFETIME_MAX_DAYS:
        errors.append(FieldError("lifetime_days", f"A token lives 1 to {LIFETIME_MAX_DAYS} days."))
    if user.api_tokens.count() >= TOKENS_PER_USER_MAX:
        errors.append(FieldError("name", f"You have {TOKENS_PER_USER_MAX} tokens already; revoke one first."))
    if errors:
        raise InvalidParameters(errors)
    secret = PREFIX + secrets.token_urlsafe(32)
    expires_at = None if lifetime_days is None else timezone.now() + datetime.timedelta(days=lifetime_days)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=secret[:10], secret_sha256=_digest(secret), expires_at=expires_at
    )
    return NewToken(token, secret)


def revoke(user: User, token_id: int) -> bool:
    """Delete one of the user's tokens; False when there is none of that number."""
    deleted, _ = ApiToken.objects.filter(user=user, pk=token_id).delete()
    return deleted > 0


def find(secret: str) -> ApiToken | None:
    """The valid token with this secret, of an active user, or None. Notes its use."""
    if not secret.startswith(PREFIX):
        return None
    token = ApiToken.objects.select_related("user").filter(secret_sha256=_digest(secret)).first()
    now = timezone.now()
    if token is None or not token.user.is_active or (token.expires_at is not None and token.expires_at <= now):
        return None
    if token.last_used_at is None or now - token.last_used_at > _LAST_USED_RESOLUTION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _digest(secret: str) -> str:
    # A fast hash is right here: the secret has 256 random bits, so there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()
