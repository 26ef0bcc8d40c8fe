"""Pages of the spectra."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render

from acquisition.methods.parameters import describe
from acquisition.reconstruction import ReconstructionParameters
from webapp.assignments.services import with_labels
from webapp.errors import ResultUnavailable
from webapp.home.parameter_fields import named
from webapp.spectra import access, drawing, results_shown, services
from webapp.spectra.lists import FOUND, stretch
from webapp.spectra.models import SpectralLine, Spectrum

PER_PAGE = 24

#: part of every thumbnail's ETag: raise it when the drawing changes
_DRAWING_VERSION = 1


@login_required
def spectra(request: HttpRequest) -> HttpResponse:
    """The newest spectra of all samples, a stretch at a time; a wrong place in the list is its beginning."""
    words = request.GET.get("q", "").strip()[:200]
    before = request.GET.get("before", "")
    found = access.newest(access.spectra(request.user))
    if words:
        found = found.filter(Q(sample__name__icontains=words) | Q(sample__formula__icontains=words))
    shown = stretch(found, int(before) if before.isdecimal() and len(before) < 19 else None, PER_PAGE)
    return render(request, "spectra/list.html", {"shown": shown, "q": words, "is_first": not before})


@login_required
def spectrum(request: HttpRequest, pk: int) -> HttpResponse:
    """One processing version: interactive plot, lines, provenance."""
    shown = get_object_or_404(access.spectra(request.user).select_related("run__submitted_by"), pk=pk)
    versions = access.spectra(request.user).filter(run=shown.run_id).order_by("-version")
    lines = with_labels(shown.sample, shown.lines.all())
    siblings = access.newest(access.spectra(request.user)).filter(sample=shown.sample_id).exclude(run=shown.run_id)
    context = {
        "spectrum": shown,
        "run": shown.run,
        "versions": versions,
        "lines": lines,
        "found": [line for line in lines if line.status in FOUND],
        "inputs": shown.inputs,
        "parameters": [one for one in named(describe(ReconstructionParameters), shown.parameters) if one.text],
        "measured_again": _measured_again(shown),
        "previous": siblings.filter(pk__lt=pk).order_by("-pk").first(),
        "next": siblings.filter(pk__gt=pk).order_by("pk").first(),
        "is_open": shown.state in (Spectrum.State.QUEUED, Spectrum.State.PROCESSING),
        "image_step_hz": _image_step_hz(shown),
        "viewer": _viewer_data(shown, lines),
        **results_shown.curves_context(shown),
        "line_methods": results_shown.methods_for_a_line(),
    }
    return render(request, "spectra/detail.html", context)


@login_required
def thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    """The small picture for lists; a finished spectrum never changes, so browsers keep it."""
    shown = get_object_or_404(access.spectra(request.user), pk=pk)
    tag = hashlib.sha256(f"{_DRAWING_VERSION}:{shown.pk}:{shown.state}:{shown.content_sha256}".encode()).hexdigest()[
        :32
    ]
    etag = f'"{tag}"'
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(_thumbnail(shown), content_type="image/svg+xml")
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=3600" if shown.state == Spectrum.State.DONE else "no-store"
    return response


def _thumbnail(shown: Spectrum) -> str:
    lines_hz = shown.lines.filter(status__in=FOUND).values_list("frequency_hz", flat=True)
    try:
        values = services.load(shown)
    except ResultUnavailable:
        return drawing.thumbnail(np.zeros(2, dtype=np.float32), 0.0, 1.0, [])
    return drawing.thumbnail(np.abs(values.values), values.x0_hz, values.dx_hz, list(lines_hz))


def _measured_again(shown: Spectrum) -> bool:
    """Whether the threshold is that of candidates, among which more noise was let in than may be reported."""
    reported = shown.parameters.get("false_alarms_per_survey")
    searched = shown.detection_false_alarms
    return reported is not None and searched is not None and searched > reported


def _image_step_hz(shown: Spectrum) -> float | None:
    """Distance of the images that receiving in gaps leaves beside a strong line, 1 / T_g; None without gaps."""
    gap_period_s = shown.run.parameters.get("gap_period_s")
    return 1.0 / gap_period_s if isinstance(gap_period_s, int | float) and gap_period_s > 0 else None


def _viewer_data(shown: Spectrum, lines: list[SpectralLine]) -> dict[str, Any]:
    """What the script of the viewer starts from; the values themselves it fetches for the range on the screen."""
    return {
        "bins": f"/api/v1/spectra/{shown.pk}/bins",
        "x0Hz": shown.x0_hz,
        "dxHz": shown.dx_hz,
        "points": shown.points,
        "noiseSigma": shown.noise_sigma,
        "windows": [
            {"lowHz": window["low_hz"], "highHz": window["high_hz"], "noiseSigma": window["noise_sigma"]}
            for window in shown.windows
        ],
        "centreHz": (shown.x0_hz + shown.dx_hz * (shown.points - 1) / 2) if shown.points else None,
        "lines": [
            {
                "frequencyHz": line.frequency_hz,
                "sigmaHz": line.frequency_sigma_hz,
                "fwhmHz": line.fwhm_hz,
                "status": line.status,
            }
            for line in lines
        ],
    }
