"""The JSON that the API accepts: strict, finite, storable, and of limited size."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import BaseParser

_INTEGER_MAX = 2**63 - 1


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "The request is too large."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """JSON by RFC 8259: no NaN or Infinity, no number beyond a double or 64 bits, no text that cannot be stored.

    What is wrong with one value is said of its field, by its own name: the last one on the way to it.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(f"The request is larger than the limit of {limit} bytes.")
        try:
            value = json.loads(
                body.decode("utf-8"), parse_constant=_constant, parse_float=_real, parse_int=_integer,
                object_pairs_hook=_unique_names,
            )  # fmt: skip
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except UnicodeDecodeError:
            raise ParseError("The request is not UTF-8.") from None
        except ValueError as error:
            raise ParseError(f"The request is not valid JSON: {error}.") from None
        faults: dict[str, list[str]] = {}
        _collect_faults(value, "", faults)
        if faults:
            raise ValidationError(faults)
        return value


class _Unacceptable(str):
    """Stands for a number that cannot be taken, until it is known which field it is in; the text says why."""

    __slots__ = ()


def _constant(text: str) -> _Unacceptable:
    return _Unacceptable(f"Must be a finite number; {text} is not a number of JSON.")


def _real(text: str) -> float | _Unacceptable:
    value = float(text)
    if not math.isfinite(value):
        return _Unacceptable(f"The number {text[:40]} is too large; at most {sys.float_info.max:.4g} can be taken.")
    return value


def _integer(text: str) -> int | _Unacceptable:
    if len(text) > 20 or abs(int(text)) > _INTEGER_MAX:
        return _Unacceptable(f"The number {text[:40]} is too large; whole numbers go up to {_INTEGER_MAX:,}.")
    return int(text)


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return result


def _collect_faults(value: Any, field: str, faults: dict[str, list[str]]) -> None:
    """Find the numbers that cannot be taken, and NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold."""
    if isinstance(value, _Unacceptable):
        faults.setdefault(field, []).append(str(value))
    elif isinstance(value, str):
        if fault := _text_fault(value):
            faults.setdefault(field, []).append(fault)
    elif isinstance(value, dict):
        for name, item in value.items():
            # A name that cannot be shown is a fault of the object that has it.
            if fault := _text_fault(name):
                faults.setdefault(field, []).append(fault)
            else:
                _collect_faults(item, name, faults)
    elif isinstance(value, list):
        for item in value:
            _collect_faults(item, field, faults)


def _text_fault(text: str) -> str:
    if "\0" in text:
        return "Text must not contain NUL characters."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "Text must not contain half of a surrogate pair."
    return ""
