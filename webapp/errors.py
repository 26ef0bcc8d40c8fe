"""Errors of the services: what was asked cannot be done, and why. Page and API show `message` as it is.

Wrong values of parameters are acquisition.errors.InvalidParameters; these are the rest.
"""

from __future__ import annotations


class ServiceError(Exception):
    """Base. `message` is a sentence for people, `field` names what it is about, `status` is its HTTP status."""

    status = 400
    title = "Request cannot be fulfilled"

    def __init__(self, message: str, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


class NotFound(ServiceError):
    """There is no such thing, or the user may not know of it."""

    status = 404
    title = "Not found"


class NotAllowed(ServiceError):
    """The user may see the thing, but not do this with it."""

    status = 403
    title = "Not allowed"


class Conflict(ServiceError):
    """The thing is in a state in which this cannot be done."""

    status = 409
    title = "Conflict"


class IdempotencyMismatch(ServiceError):
    """An Idempotency-Key was used again for something else."""

    status = 422
    title = "Idempotency key used for another request"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was already used for a request with other contents; use a new key.", "Idempotency-Key"
        )


class QueueFull(ServiceError):
    """The user has as many runs waiting as one may have."""

    status = 429
    title = "Too many queued runs"


class ResultUnavailable(ServiceError):
    """There is no result yet, or its values are damaged."""

    status = 409
    title = "No result"
