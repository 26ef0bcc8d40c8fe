"""Errors of the science package. Each names the field and the limit, in one sentence that can be shown to a user."""

from __future__ import annotations

from dataclasses import dataclass


class AcquisitionError(Exception):
    """Base of every error that `acquisition` raises on purpose."""


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with one parameter: `message` is a sentence with the limit in it."""

    field: str
    message: str


class InvalidParameters(AcquisitionError):
    """Parameters that cannot be planned; `errors` lists every fault found, in the order of the fields."""

    def __init__(self, errors: list[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(" ".join(f"{error.field}: {error.message}" for error in errors))


class RecordError(AcquisitionError):
    """A recording that is missing, truncated, inconsistent or not in the documented form."""

    def __init__(self, path: str, message: str, field: str = "") -> None:
        self.path, self.message, self.field = path, message, field
        super().__init__(f"{path}: {message}")
