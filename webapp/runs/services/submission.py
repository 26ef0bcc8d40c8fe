"""Submitting runs: validated and planned before they are queued, and only once per idempotency key."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from acquisition import methods
from acquisition.errors import FieldError, InvalidParameters
from acquisition.experiment import Plan
from acquisition.methods.parameters import parse
from webapp.accounts.models import User
from webapp.calibrations import services as calibrations
from webapp.errors import IdempotencyMismatch, QueueFull
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.runs import events
from webapp.runs.models import Run
from webapp.runs.queue import hints
from webapp.runs.services import estimates
from webapp.samples.access import samples
from webapp.samples.models import Sample

KEY_LENGTH_MAX = 120
TEMPERATURE_MAX_K = 2000.0


@dataclass(frozen=True)
class Submission:
    """A submitted run; `created` is False when the idempotency key had made it before."""

    run: Run
    created: bool


def preview(instrument: Instrument, method: str, parameters: Mapping[str, Any]) -> Plan:
    """What a run with these parameters would do on this instrument; raises InvalidParameters naming field and limit."""
    _values, plan = _planned(instrument, method, parameters)
    return plan


def plan_summary(plan: Plan) -> dict[str, Any]:
    """The facts of a plan that are kept with the run; the excitation profile can be computed again."""
    return {
        "windows_hz": [[float(centre), float(width)] for centre, width in plan.windows_hz],
        "shots_survey": int(plan.shots_survey),
        "shots_confirm_max": int(plan.shots_confirm_max),
        "averages_per_shot": int(plan.averages_per_shot),
        "duration_s": float(plan.duration_s),
        "duration_max_s": float(plan.duration_max_s),
        "notes": list(plan.notes),
    }


def submit(
    user: User,
    *,
    instrument: Instrument,
    sample: Sample,
    method: str,
    parameters: Mapping[str, Any],
    title: str = "",
    temperature_k: float | None = None,
    idempotency_key: str | None = None,
) -> Run:
    """Queue a run and return it; with a key that was used before for the same contents, the run it made then."""
    return submit_once(
        user,
        instrument=instrument,
        sample=sample,
        method=method,
        parameters=parameters,
        title=title,
        temperature_k=temperature_k,
        idempotency_key=idempotency_key,
    ).run


def submit_once(
    user: User,
    *,
    instrument: Instrument,
    sample: Sample,
    method: str,
    parameters: Mapping[str, Any],
    title: str = "",
    temperature_k: float | None = None,
    idempotency_key: str | None = None,
    repeat_of: Run | None = None,
) -> Submission:
    """As `submit`, and says whether the run is new.

    A held or unreachable instrument still takes runs into its queue. Raises InvalidParameters for wrong values,
    IdempotencyMismatch for a key that was used for something else, QueueFull for a user with too many runs waiting.
    """
    check(user, sample, title, temperature_k, idempotency_key)
    run = new_run(
        user, instrument, sample, method, parameters, title, temperature_k,
        idempotency_key=idempotency_key, repeat_of=repeat_of,
    )  # fmt: skip
    # The look-up goes first so that a retry gets its run even if the instrument's limits have changed since.
    earlier = _made_before(run, temperature_k is not None)
    if earlier is not None:
        return Submission(earlier, created=False)
    run.plan = plan_summary(_planned(instrument, method, parameters)[1])
    try:
        with transaction.atomic():
            queue_all([run])
    except IntegrityError:
        # Another request with the same key was faster; the unique constraint let only one of them in.
        earlier = _made_before(run, temperature_k is not None)
        if earlier is None:
            raise
        return Submission(earlier, created=False)
    return Submission(run, created=True)


def new_run(
    user: User,
    instrument: Instrument,
    sample: Sample,
    method: str,
    parameters: Mapping[str, Any],
    title: str,
    temperature_k: float | None,
    **more: Any,
) -> Run:
    """An unsaved run with complete parameters, its plan still empty; raises InvalidParameters, NotAllowed."""
    calibrations.require_may_measure(user, method)
    return Run(
        instrument=instrument,
        sample=sample,
        group_id=sample.group_id,
        submitted_by=user,
        title=title.strip(),
        method=method,
        parameters=_parsed(method, parameters),
        temperature_k=temperature_k if temperature_k is not None else sample.temperature_k,
        state=Run.State.QUEUED,
        **more,
    )


def queue_all(runs: Sequence[Run]) -> None:
    """Put planned runs of one user and one instrument at the end of the queue, in a transaction of the caller's."""
    user, instrument = runs[0].submitted_by, runs[0].instrument
    waiting = Run.objects.filter(state=Run.State.QUEUED)
    room = settings.RASGADO_QUEUED_MAX - waiting.filter(submitted_by=user).count()
    if len(runs) > room:
        raise QueueFull(
            f"You may have {settings.RASGADO_QUEUED_MAX} runs waiting, and there is room for {max(room, 0)} more; "
            "cancel some or wait."
        )
    last = waiting.filter(instrument=instrument).aggregate(last=Max("position"))["last"] or 0.0
    for place, run in enumerate(runs, start=1):
        run.position = last + place
        run.queued_at = timezone.now()
        run.save(force_insert=True)
        events.record(run.pk, "state", {"state": Run.State.QUEUED.value})
    estimates.record(instrument)
    hints.instrument(instrument.slug)


def _made_before(run: Run, temperature_given: bool) -> Run | None:
    """The run that this key has made; raises IdempotencyMismatch when that has other contents."""
    if run.idempotency_key is None:
        return None
    earlier = (
        Run.objects.select_related("instrument", "sample", "group", "submitted_by")
        .filter(submitted_by=run.submitted_by_id, idempotency_key=run.idempotency_key)
        .first()
    )
    if earlier is None:
        return None
    if not temperature_given:  # that of the sample was taken, which may have been corrected since
        run.temperature_k = earlier.temperature_k
    if _contents(earlier) != _contents(run):
        raise IdempotencyMismatch
    return earlier


def _contents(run: Run) -> tuple[Any, ...]:
    return (
        run.instrument_id,
        run.sample_id,
        run.method,
        run.parameters,
        run.title,
        run.temperature_k,
        run.repeat_of_id,
    )


def _parsed(method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return dataclasses.asdict(parse(methods.get(method).parameters, parameters))


def _planned(instrument: Instrument, method: str, parameters: Mapping[str, Any]) -> tuple[Any, Plan]:
    chosen = methods.get(method)
    values = parse(chosen.parameters, parameters)
    return values, chosen.plan(values, facility.limits(instrument))


def check(user: User, sample: Sample, title: str, temperature_k: float | None, key: str | None) -> None:
    """Raise InvalidParameters unless the user may measure this sample under this title, temperature and key."""
    errors: list[FieldError] = []
    if not samples(user).filter(pk=sample.pk).exists():
        errors.append(FieldError("sample", "There is no such sample in your groups."))
    elif sample.archived:
        errors.append(FieldError("sample", "This sample is archived; bring it back before measuring it."))
    elif sample.group.archived_at is not None:
        errors.append(FieldError("sample", "The sample's group is archived; nothing new is measured for it."))
    if len(title.strip()) > 160:
        errors.append(FieldError("title", "The title has at most 160 characters."))
    if temperature_k is not None and not (math.isfinite(temperature_k) and 0 < temperature_k <= TEMPERATURE_MAX_K):
        errors.append(FieldError("temperature_k", f"Must be above 0 and at most {TEMPERATURE_MAX_K:g} K."))
    if key is not None and not (1 <= len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable()):
        errors.append(FieldError("Idempotency-Key", f"The key has 1 to {KEY_LENGTH_MAX} printable ASCII characters."))
    if errors:
        raise InvalidParameters(errors)
