"""What several resources of the API look up in the same way."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from acquisition.errors import FieldError, InvalidParameters
from webapp.facility.access import instruments
from webapp.facility.models import Instrument

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of yours. The same key with the same contents gives the same again (200 instead of 201).",
)


def instrument_named(request: Request, slug: str) -> Instrument:
    """The instrument of this slug; raises InvalidParameters naming the known ones."""
    instrument = instruments(request.user).filter(slug=slug).first()
    if instrument is None:
        known = ", ".join(instruments(request.user).values_list("slug", flat=True)[:20])
        raise InvalidParameters([FieldError("instrument", f"Unknown instrument; known are {known}.")])
    return instrument
