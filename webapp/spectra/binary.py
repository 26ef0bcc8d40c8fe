"""Reduced spectra as bytes, for pages and API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request

from webapp.spectra.services import Bins

CONTENT_TYPE = "application/octet-stream"

BINS_RESPONSE = {
    (200, CONTENT_TYPE): OpenApiResponse(
        OpenApiTypes.BINARY,
        "Little-endian float32. X-Rasgado-Kind: raw (one value per sample) or minmax (minimum and maximum per column, "
        "interleaved); X-Rasgado-X0-Hz and X-Rasgado-Dx-Hz: frequency of the first sample or centre of the first "
        "column, and the step.",
    )
}


def bins_response(request: HttpRequest | Request, bins: Bins, content_sha256: str = "") -> HttpResponse:
    """The bytes with their axis in the headers; 304 when the asker has this result already."""
    etag = f'"{content_sha256}"' if content_sha256 else ""
    if etag and etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(bins.data.astype("<f4").tobytes(), content_type=CONTENT_TYPE)
        response["X-Rasgado-X0-Hz"] = repr(float(bins.x0_hz))
        response["X-Rasgado-Dx-Hz"] = repr(float(bins.dx_hz))
        response["X-Rasgado-Kind"] = bins.kind
    response["Cache-Control"] = "private, no-cache" if etag else "no-store"
    if etag:
        response["ETag"] = etag
    return response
