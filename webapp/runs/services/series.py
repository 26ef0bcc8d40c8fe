"""Series: runs that differ in one parameter, in temperature, or not at all, submitted and cancelled as one."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from acquisition import methods
from acquisition.errors import FieldError, InvalidParameters
from acquisition.methods.parameters import describe
from webapp.accounts.models import User
from webapp.errors import IdempotencyMismatch
from webapp.facility.models import Instrument
from webapp.runs.models import Run, RunSeries
from webapp.runs.services.lifecycle import request_cancel
from webapp.runs.services.submission import check, new_run, plan_summary, preview, queue_all
from webapp.samples.models import Sample

RUNS_MAX = 200
TEMPERATURE = "temperature_k"


@dataclass(frozen=True)
class SeriesSubmission:
    """A submitted series; `created` is False when the idempotency key had made it before."""

    series: RunSeries
    created: bool


def submit_series(
    user: User,
    *,
    instrument: Instrument,
    sample: Sample,
    method: str,
    parameters: Mapping[str, Any],
    varied: str = "",
    values: Sequence[Any] = (),
    repeats: int = 1,
    one_by_one: bool = False,
    title: str = "",
    temperature_k: float | None = None,
    idempotency_key: str | None = None,
) -> SeriesSubmission:
    """Queue a run for each of `values` of the parameter `varied`, each `repeats` times; all of them or none.

    `varied` may be "temperature_k"; empty, the same run is only repeated. With `one_by_one` every run after the first
    is held until somebody resumes it, as when a temperature is set by hand. Faults name the value: "values[3]".
    """
    check(user, sample, title, temperature_k, idempotency_key)
    wanted = _values(method, varied, values, repeats)
    contents = _digest(instrument.pk, sample.pk, method, parameters, varied, wanted, one_by_one, title, temperature_k)
    earlier = _made_before(user, idempotency_key, contents)
    if earlier is not None:
        return SeriesSubmission(earlier, created=False)
    runs = _runs(user, instrument, sample, method, parameters, varied, wanted, title, temperature_k)
    for run in runs[1:] if one_by_one else []:
        run.held, run.hold_reason = True, "It waits for the one before it, and to be resumed."
    series = RunSeries(
        instrument=instrument, group_id=sample.group_id, submitted_by=user, title=title.strip(), varied=varied,
        values=wanted, idempotency_key=idempotency_key, contents_sha256=contents,
    )  # fmt: skip
    try:
        with transaction.atomic():
            series.save(force_insert=True)
            for index, run in enumerate(runs):
                run.series, run.series_index = series, index
            queue_all(runs)
    except IntegrityError:
        earlier = _made_before(user, idempotency_key, contents)
        if earlier is None:
            raise
        return SeriesSubmission(earlier, created=False)
    return SeriesSubmission(series, created=True)


def cancel_series(user: User, series: RunSeries) -> int:
    """Cancel every run of the series that has not ended; returns how many. Who may not cancel them gets NotAllowed."""
    open_runs = list(series.runs.exclude(state__in=Run.FINAL).order_by("-series_index"))
    for run in open_runs:  # from the end, so that none starts meanwhile
        request_cancel(user, run)
    return len(open_runs)


def _values(method: str, varied: str, values: Sequence[Any], repeats: int) -> list[Any]:
    if not 1 <= repeats <= RUNS_MAX:
        raise InvalidParameters([FieldError("repeats", f"Must be from 1 to {RUNS_MAX}.")])
    known = [info.name for info in describe(methods.get(method).parameters)]
    if varied and varied != TEMPERATURE and varied not in known:
        message = f"Unknown parameter; known are {TEMPERATURE}, {', '.join(known)}."
        raise InvalidParameters([FieldError("varied", message)])
    if varied and not values:
        raise InvalidParameters([FieldError("values", f"Give at least one value of {varied}.")])
    if not varied and values:
        raise InvalidParameters([FieldError("varied", "Say which parameter the values are of.")])
    wanted = [value for value in (values or [None]) for _ in range(repeats)]
    if len(wanted) > RUNS_MAX:
        message = f"A series has at most {RUNS_MAX} runs, not {len(wanted)}."
        raise InvalidParameters([FieldError("values" if varied else "repeats", message)])
    return wanted


def _runs(
    user: User,
    instrument: Instrument,
    sample: Sample,
    method: str,
    parameters: Mapping[str, Any],
    varied: str,
    wanted: list[Any],
    title: str,
    temperature_k: float | None,
) -> list[Run]:
    """The runs, each planned; raises InvalidParameters with every fault of every value."""
    runs: list[Run] = []
    errors: list[FieldError] = []
    planned: dict[str, dict[str, Any]] = {}  # equal parameters have equal plans
    for index, value in enumerate(wanted):
        chosen, kelvin = dict(parameters), temperature_k
        if varied == TEMPERATURE:
            if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
                errors.append(FieldError(f"values[{index}]", "Must be a temperature in K."))
                continue
            kelvin = float(value)
        elif varied:
            chosen[varied] = value
        try:
            check(user, sample, title, kelvin, None)
            run = new_run(user, instrument, sample, method, chosen, title, kelvin)
            key = json.dumps(run.parameters, sort_keys=True)
            if key not in planned:
                planned[key] = plan_summary(preview(instrument, method, chosen))
            run.plan = planned[key]
            runs.append(run)
        except InvalidParameters as error:
            errors += [_at(index, varied, fault) for fault in error.errors]
    if errors:
        raise InvalidParameters(errors)
    return runs


def _at(index: int, varied: str, fault: FieldError) -> FieldError:
    """The fault, at the value that has it."""
    return FieldError(f"values[{index}]", fault.message) if varied and fault.field == varied else fault


def _digest(*contents: Any) -> str:
    return hashlib.sha256(json.dumps(contents, sort_keys=True, default=str).encode()).hexdigest()


def _made_before(user: User, key: str | None, contents: str) -> RunSeries | None:
    if key is None:
        return None
    earlier = RunSeries.objects.filter(submitted_by=user, idempotency_key=key).first()
    if earlier is not None and earlier.contents_sha256 != contents:
        raise IdempotencyMismatch
    return earlier
