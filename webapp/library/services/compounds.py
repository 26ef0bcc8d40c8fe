"""Reference compounds: the literature library that comes with the software, and what groups upload."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from acquisition import reference_lines
from acquisition.errors import FieldError, InvalidParameters
from acquisition.reference_lines import KnownLine
from webapp.accounts.access import Viewer, active_groups, of_own_groups
from webapp.accounts.models import Group, User
from webapp.errors import NotAllowed
from webapp.library.models import Compound, ReferenceLine
from webapp.samples.services import elements_of

LITERATURE = Path(__file__).parent.parent / "data" / "nqr_reference_lines.csv"
UPLOAD_MAX_BYTES = 4_000_000
TOO_LARGE = f"The table is larger than {UPLOAD_MAX_BYTES // 1_000_000} MB; divide it."
_COMPOUND = ("compound", "formula")


def visible(user: Viewer) -> QuerySet[Compound]:
    """The literature for everybody who is logged in, and what was uploaded for the user's groups."""
    if not user.is_authenticated:
        return Compound.objects.none()
    own = Compound.objects.filter(of_own_groups(user))
    return own if user.is_staff else own | Compound.objects.filter(group__isnull=True)


def load_literature(compounds: Any = Compound, lines: Any = ReferenceLine) -> int:
    """Make the literature library what the file says; the number of its lines. Uploads are not touched.

    Compounds keep their rows, and with them their addresses. A migration gives its own models.
    """
    rows = reference_lines.read(LITERATURE.read_text(encoding="utf-8"))
    with transaction.atomic():
        known = {row.name: row for row in compounds.objects.filter(group__isnull=True)}
        wanted = _compounds(rows)
        for name, text in wanted.items():
            if name not in known:
                known[name] = compounds(name=name)
            known[name].formula, known[name].elements = text, elements_of(text)
            known[name].save()
        compounds.objects.filter(pk__in=[known[name].pk for name in known if name not in wanted]).delete()
        lines.objects.filter(compound__group__isnull=True).delete()
        lines.objects.bulk_create([lines(compound=known[row.compound], **_values(row)) for row in rows])
    return len(rows)


def upload(user: User, group: Group, text: str) -> list[Compound]:
    """Add a group's reference lines from a CSV table; a compound that the group has already gets its lines anew."""
    errors = []
    if not active_groups(user).filter(pk=group.pk).exists():
        errors.append(FieldError("group", "You are not a member of this group."))
    if len(text.encode("utf-8", "surrogatepass")) > UPLOAD_MAX_BYTES:
        errors.append(FieldError("text", TOO_LARGE))
    elif "\0" in text:
        errors.append(FieldError("text", "This is no text: it has NUL characters."))
    if errors:
        raise InvalidParameters(errors)
    rows = reference_lines.read(text)
    made = []
    with transaction.atomic():
        for name, written in _compounds(rows).items():
            compound, _ = Compound.objects.update_or_create(
                group=group,
                name=name,
                defaults={"formula": written, "elements": elements_of(written), "added_by": user},
            )
            compound.lines.all().delete()
            ReferenceLine.objects.bulk_create(
                [ReferenceLine(compound=compound, **_values(row)) for row in rows if row.compound == name]
            )
            made.append(compound)
    return made


def delete(user: User, compound: Compound) -> None:
    """Remove an uploaded compound; the literature stays as it is."""
    if compound.group is None:
        raise NotAllowed("Compounds of the literature library cannot be deleted.")
    if not user.is_staff and not active_groups(user).filter(pk=compound.group_id).exists():
        raise NotAllowed("Only members of its group may delete an uploaded compound.")
    compound.delete()


def _compounds(rows: Iterable[KnownLine]) -> dict[str, str]:
    """Formula of each compound, the first one that is given."""
    found: dict[str, str] = {}
    for row in rows:
        found[row.compound] = found.get(row.compound) or row.formula
    return found


def _values(row: KnownLine) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name not in _COMPOUND}
