"""Many spectra with indexed lines on PostgreSQL, made by the database itself. Called with Django set up."""

from __future__ import annotations

from typing import Any


def fill(spectra: int, groups: int, lines_each: int, range_hz: tuple[float, float], runs: bool = False) -> None:
    """So many spectra in turn of so many groups, each with indexed lines anywhere in a range.

    With `runs` each spectrum has a run of its own, else all are versions of one. References are not checked while rows
    are copied, indexes of the lines are made afterwards, and statistics are gathered as autovacuum would in time.
    """
    from django.db import connection

    from webapp.accounts.models import Group, User
    from webapp.facility.models import Instrument
    from webapp.library.models import Peak
    from webapp.runs.models import Run
    from webapp.samples.models import Sample
    from webapp.spectra.models import Spectrum

    made = [Group.objects.create(name=f"Group {k}", slug=f"group-{k}") for k in range(groups)]
    user = User.objects.create(username="owner")
    sample = Sample.objects.create(name="Sample", group=made[0], created_by=user)
    instrument = Instrument.objects.create(slug="bench", name="Bench", uri="ip:192.0.2.1")
    facts: dict[str, Any] = {"sample": sample, "group": made[0]}
    run = Run.objects.create(
        instrument=instrument, submitted_by=user, method="survey", parameters={}, state="done", **facts
    )
    first = Spectrum.objects.create(run=run, version=0, state="done", **facts)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef, indexname FROM pg_indexes WHERE tablename = 'library_peak'")
        indexes = [row for row in cursor.fetchall() if not row[1].endswith("_pkey")]
        for _, name in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET session_replication_role = replica")
        group = f"{made[0].pk} + k % {groups}"
        if runs:
            _copy(cursor, Run, run.pk, spectra, {"group_id": group})
        own_run = {"run_id": f"{run.pk} + k - {first.pk}"} if runs else {"version": "k"}
        _copy(cursor, Spectrum, first.pk, spectra, {"group_id": group, **own_run})
        low_hz, high_hz = range_hz
        cursor.execute(
            f"INSERT INTO library_peak (spectrum_id, group_id, frequency_hz, relative_height)"
            f" SELECT k, {group}, {low_hz} + random() * {high_hz - low_hz}, random()"
            f" FROM generate_series({first.pk}, {first.pk + spectra - 1}) AS k, generate_series(1, {lines_each})"
        )
        cursor.execute("SET session_replication_role = origin")
        for definition, _ in indexes:
            cursor.execute(definition)
        for model in (Run, Spectrum, Peak):
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def _copy(cursor: Any, model: Any, first: int, count: int, changed: dict[str, str]) -> None:
    """Copies of one row, so that there are `count` with the keys k = first, first + 1, ...; `changed` in SQL."""
    kept = [
        field.column
        for field in model._meta.concrete_fields
        if field.column not in {"id", *changed} and not field.generated
    ]
    table = model._meta.db_table
    cursor.execute(
        f"INSERT INTO {table} (id, {', '.join([*changed, *kept])}) OVERRIDING SYSTEM VALUE"
        f" SELECT k, {', '.join([*changed.values(), *kept])}"
        f" FROM {table}, generate_series({first + 1}, {first + count - 1}) AS k WHERE id = {first}"
    )
