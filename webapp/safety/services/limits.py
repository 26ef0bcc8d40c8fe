"""Changing what an instrument may send: checked, kept, and confirmed where more may be sent than before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from acquisition.errors import FieldError, InvalidParameters
from acquisition.limits import InstrumentLimits
from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.runs.queue import hints
from webapp.safety.models import LimitChange

#: limits of which a larger value lets more be sent, and of which a smaller one does
LOOSER_ABOVE = frozenset(
    {
        "frequency_max_hz", "peak_amplitude", "average_power_max", "average_power_window_s", "forbidden_share_max",
        "duty_max", "pulse_length_max_s", "run_duration_max_s",
    }
)  # fmt: skip
LOOSER_BELOW = frozenset({"frequency_min_hz", "repetition_time_min_s"})


def plain(limits: InstrumentLimits) -> dict[str, Any]:
    """Limits as JSON: what `read_limits` takes, every field written out."""
    values = dataclasses.asdict(limits)
    del values["probe_tuning"]  # a setting of its own
    values["forbidden_bands_hz"] = [list(band) for band in limits.forbidden_bands_hz]
    return values


def looser(before: InstrumentLimits, after: InstrumentLimits) -> list[str]:
    """Names of the limits by which more may be sent than before."""
    found = [name for name in LOOSER_ABOVE if getattr(after, name) > getattr(before, name)]
    found += [name for name in LOOSER_BELOW if getattr(after, name) < getattr(before, name)]
    if any(not _covered(band, after.forbidden_bands_hz) for band in before.forbidden_bands_hz):
        found.append("forbidden_bands_hz")
    order = [field.name for field in dataclasses.fields(InstrumentLimits)]
    return sorted(found, key=order.index)


def _covered(band: tuple[float, float], by: tuple[tuple[float, float], ...]) -> bool:
    """Whether one of the other bands, or several that touch, hold all of this one."""
    low_hz, high_hz = band
    for other_low_hz, other_high_hz in sorted(by):
        if other_low_hz <= low_hz:
            low_hz = max(low_hz, other_high_hz)
    return low_hz >= high_hz


def change(
    user: User, instrument: Instrument, values: Mapping[str, Any], *, confirmed: bool = False, note: str = ""
) -> LimitChange | None:
    """Staff: set these limits, the others stay. None if nothing changes.

    Raises InvalidParameters for impossible values, and, naming `confirmed`, where a limit becomes looser and that is
    not confirmed. Runs that are queued keep their plans; the driver refuses what the new limits do not allow.
    """
    if not user.is_staff:
        raise NotAllowed("Only the facility's staff may change an instrument's limits.")
    if len(note) > 300:
        raise InvalidParameters([FieldError("note", "The note has at most 300 characters.")])
    with transaction.atomic():
        locked = Instrument.objects.select_for_update().get(pk=instrument.pk)
        before = _known(locked)
        after = facility.read_limits(plain(before) | dict(values))
        changed = [name for name, value in plain(after).items() if value != plain(before)[name]]
        if not changed:
            return None
        more = looser(before, after)
        if more and not confirmed:
            words = ", ".join(name.replace("_", " ") for name in more)
            raise InvalidParameters(
                [FieldError("confirmed", f"More may be sent than before ({words}); confirm that this is meant.")]
            )
        locked.limits = dict(locked.limits) | {name: plain(after)[name] for name in changed}
        locked.save(update_fields=["limits"])
        hints.instrument(locked.slug)
        instrument.limits = locked.limits
        return LimitChange.objects.create(
            instrument=locked, changed_by=user, looser=more, note=note.strip(),
            before={name: plain(before)[name] for name in changed},
            after={name: plain(after)[name] for name in changed},
        )  # fmt: skip


def _known(instrument: Instrument) -> InstrumentLimits:
    """The limits of the row; the defaults where it makes no sense, so that staff can put it right."""
    try:
        return facility.read_limits(instrument.limits)
    except InvalidParameters:
        return InstrumentLimits()
