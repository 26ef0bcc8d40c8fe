"""One request, one booking: what an Idempotency-Key of a user has made before."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeVar

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.errors import IdempotencyMismatch
from webapp.facility.models import Booking, BookingSeries

KEY_LENGTH_MAX = 120
Made = TypeVar("Made", Booking, BookingSeries)


def check(key: str | None) -> None:
    if key is not None and not (1 <= len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable()):
        message = f"The key has 1 to {KEY_LENGTH_MAX} printable ASCII characters."
        raise InvalidParameters([FieldError("Idempotency-Key", message)])


def digest(**contents: Any) -> str:
    """SHA-256 of what was asked for; kept, because the booking itself may be moved later."""
    return hashlib.sha256(json.dumps(contents, sort_keys=True, default=str).encode()).hexdigest()


def made_before(model: type[Made], actor: User, key: str | None, contents_sha256: str) -> Made | None:
    """What the key has made; raises IdempotencyMismatch when that was asked for with other contents."""
    if key is None:
        return None
    earlier = model.objects.filter(created_by=actor, idempotency_key=key).first()
    if earlier is not None and earlier.contents_sha256 != contents_sha256:
        raise IdempotencyMismatch
    return earlier
