"""Rules of the dry runs: what may be tried, from which guess, and how it is cancelled."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from acquisition import methods
from acquisition.errors import FieldError, InvalidParameters
from acquisition.methods.parameters import parse
from acquisition.planning.guess import LINES_MAX, GuessedLine, parse_guess
from webapp.accounts.models import User
from webapp.dryruns.models import DryRun
from webapp.errors import Conflict, NotAllowed, QueueFull
from webapp.facility.models import Instrument
from webapp.runs import services as runs
from webapp.runs.queue import hints
from webapp.runs.services.submission import plan_summary
from webapp.samples.access import samples
from webapp.samples.models import Sample
from webapp.spectra import access as spectra_access
from webapp.spectra.lists import FOUND
from webapp.spectra.models import SpectralLine

#: dry runs of one user that may wait or run at once
OPEN_MAX = 5

#: widths of lines that a simulated sample can have, in Hz
_FWHM_HZ = (1 / (math.pi * 0.1), 1 / (math.pi * 2e-6))


def start(
    user: User,
    *,
    instrument: Instrument,
    method: str,
    parameters: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]] = (),
    sample: Sample | None = None,
    strongest: float | None = None,
    title: str = "",
) -> DryRun:
    """Queue a dry run with a guess: `lines`, or else the lines confirmed in `sample`, the strongest `strongest` high.

    `strongest` is an amplitude over noise as in GuessedLine, its default 0.1. Raises InvalidParameters, and QueueFull
    for a user whose earlier ones have not ended.
    """
    errors: list[FieldError] = []
    if sample is not None and not samples(user).filter(pk=sample.pk).exists():
        errors.append(FieldError("sample", "There is no such sample in your groups."))
    if len(title.strip()) > 160:
        errors.append(FieldError("title", "The title has at most 160 characters."))
    if errors:
        raise InvalidParameters(errors)
    plan = runs.preview(instrument, method, parameters)
    values = dataclasses.asdict(parse(methods.get(method).parameters, parameters))
    guess, source = _guess(user, lines, sample, strongest)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # one after the other, so that none slips past the limit
        if DryRun.objects.filter(submitted_by=user, state__in=DryRun.OPEN).count() >= OPEN_MAX:
            raise QueueFull(f"You may have {OPEN_MAX} dry runs waiting or running; cancel one or wait.")
        made = DryRun.objects.create(
            instrument=instrument,
            sample=sample,
            submitted_by=user,
            title=title.strip(),
            method=method,
            parameters=values,
            plan=plan_summary(plan),
            guess=[dataclasses.asdict(line) for line in guess],
            guessed_from=source,
        )
        hints.dry_runs()
    return made


def confirmed_lines(user: User, sample: Sample, strongest: float = 0.1) -> list[dict[str, Any]]:
    """A guess from the lines confirmed in a sample, strongest first: their frequencies, widths and relative amplitudes.

    Of each line the newest measurement counts; the amplitude of the strongest is taken as `strongest` times the noise.
    Relaxation times are not part of a line, so that T1 keeps its default.
    """
    newest = spectra_access.newest(spectra_access.spectra(user)).filter(sample=sample)
    found = SpectralLine.objects.filter(spectrum__in=newest.values("pk"), status__in=FOUND)
    kept: list[SpectralLine] = []
    for line in found.order_by("-spectrum_id", "-snr"):
        if all(abs(line.frequency_hz - other.frequency_hz) > max(line.fwhm_hz, other.fwhm_hz) for other in kept):
            kept.append(line)
    kept = sorted(kept, key=lambda line: -line.amplitude)[:LINES_MAX]
    highest = max((line.amplitude for line in kept), default=0.0) or 1.0
    low, high = _FWHM_HZ
    return [
        {
            "frequency_hz": line.frequency_hz,
            "amplitude_over_noise": max(strongest * line.amplitude / highest, 1e-6),
            "t2_star_s": 1 / (math.pi * min(max(line.fwhm_hz, low), high)),
        }
        for line in kept
    ]


def cancel(user: User, dry_run: DryRun) -> DryRun:
    """Stop a dry run; one that runs stops within a second or two. Asking twice changes nothing."""
    if not (user.is_staff or dry_run.submitted_by_id == user.pk):
        raise NotAllowed("Only whoever started a dry run and staff may cancel it.")
    with transaction.atomic():
        current = DryRun.objects.select_for_update().get(pk=dry_run.pk)
        if current.state not in (*DryRun.OPEN, DryRun.State.CANCELLED):
            raise Conflict(f"The dry run has ended already ({current.get_state_display().lower()}).", "state")
        current.cancel_requested = True
        if current.state == DryRun.State.QUEUED:
            current.state, current.finished_at = DryRun.State.CANCELLED, timezone.now()
        current.save(update_fields=["cancel_requested", "state", "finished_at"])
    return current


def keep_s() -> float:
    """Seconds for which dry runs are kept after their end."""
    return float(settings.RASGADO_DRY_RUN_KEEP_H) * 3600.0


def _guess(
    user: User, lines: Sequence[Mapping[str, Any]], sample: Sample | None, strongest: float | None
) -> tuple[tuple[GuessedLine, ...], str]:
    if strongest is not None and not (math.isfinite(strongest) and 1e-6 <= strongest <= 1e3):
        raise InvalidParameters([FieldError("strongest", "The strongest line must be between 1e-06 and 1000.")])
    if lines:
        return parse_guess(lines), "as typed"
    if sample is not None:
        known = confirmed_lines(user, sample, strongest) if strongest else confirmed_lines(user, sample)
        if known:
            return parse_guess(known), f"lines confirmed in {sample.name}"
    raise InvalidParameters(
        [FieldError("lines", "Say where a line might lie; the sample has no confirmed line to start from.")]
    )
