"""The JSON that the API accepts: strict, finite, storable, and of limited size."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

_INTEGER_MAX = 2**63 - 1


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "The request is too large."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """JSON by RFC 8259: no NaN or Infinity, no number beyond a double or 64 bits, no text that cannot be stored."""

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
        _check_text(value)
        return value


def _constant(text: str) -> float:
    raise ValueError(f"{text} is not a number of JSON")


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > _INTEGER_MAX:
        raise ValueError(f"the number {text[:40]} is too large")
    return int(text)


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return result


def _check_text(value: Any) -> None:
    """Refuse NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold."""
    if isinstance(value, str):
        if "\0" in value:
            raise ParseError("Text must not contain NUL characters.")
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise ParseError("Text must not contain half of a surrogate pair.") from None
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_text(name)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
