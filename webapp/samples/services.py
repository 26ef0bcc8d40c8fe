"""Rules of the samples: checked alike from page, API and admin."""

from __future__ import annotations

import math
from typing import Any

from django.db import IntegrityError, transaction

from acquisition import formula as formulas
from acquisition import nuclides
from acquisition.errors import FieldError, InvalidParameters
from acquisition.formula import FormulaError
from webapp.accounts.access import active_groups
from webapp.accounts.models import Group, User
from webapp.samples.models import Sample

NOTES_MAX = 20_000
_EDITABLE = ("name", "formula", "mass_g", "temperature_k", "notes", "archived")


def create(
    user: User,
    *,
    group: Group,
    name: str,
    formula: str = "",
    mass_g: float | None = None,
    temperature_k: float | None = None,
    notes: str = "",
) -> Sample:
    """A new sample of one of the user's groups. The nuclides are read from the formula."""
    if not active_groups(user).filter(pk=group.pk).exists():
        raise InvalidParameters([FieldError("group", "You are not a member of this group.")])
    sample = Sample(
        group=group,
        created_by=user,
        name=name,
        formula=formula,
        mass_g=mass_g,
        temperature_k=temperature_k,
        notes=notes,
    )
    return _save(sample)


def update(user: User, sample: Sample, **changes: Any) -> Sample:
    """Change some of name, formula, mass_g, temperature_k, notes, archived."""
    for name, value in changes.items():
        if name not in _EDITABLE:
            raise InvalidParameters([FieldError(name, f"Cannot be changed; {', '.join(_EDITABLE)} can.")])
        setattr(sample, name, value)
    return _save(sample)


def nuclides_of(formula: str) -> list[str]:
    """Labels such as "35Cl" of the quadrupolar nuclides of a formula; raises InvalidParameters if it is no formula."""
    if not formula.strip():
        return []
    try:
        return [nuclide.label for nuclide in nuclides.nuclides_of(formula)]
    except FormulaError as error:
        raise InvalidParameters([FieldError("formula", f"{error}.")]) from None


def elements_of(formula: str) -> str:
    """The elements of a formula between spaces, " Cl K O "; empty if it is no formula."""
    try:
        found = sorted(formulas.parse(formula).elements) if formula.strip() else []
    except FormulaError:
        return ""
    return f" {' '.join(found)} " if found else ""


def check(sample: Sample) -> None:
    """Tidy the fields of a sample and read its nuclides; raises InvalidParameters with every fault."""
    sample.name, sample.formula = sample.name.strip(), sample.formula.strip()
    errors: list[FieldError] = []
    if not 1 <= len(sample.name) <= 160:
        errors.append(FieldError("name", "The name has 1 to 160 characters."))
    if len(sample.formula) > 120:
        errors.append(FieldError("formula", "The formula has at most 120 characters."))
    else:
        try:
            sample.nuclides = nuclides_of(sample.formula)
            sample.elements = elements_of(sample.formula)
        except InvalidParameters as error:
            errors.extend(error.errors)
    for field, maximum, unit in (("mass_g", 1e6, "g"), ("temperature_k", 2000.0, "K")):
        value = getattr(sample, field)
        if value is not None and not (math.isfinite(value) and 0 < value <= maximum):
            errors.append(FieldError(field, f"Must be above 0 and at most {maximum:g} {unit}."))
    if len(sample.notes) > NOTES_MAX:
        errors.append(FieldError("notes", f"The notes have at most {NOTES_MAX} characters."))
    if errors:
        raise InvalidParameters(errors)


def _save(sample: Sample) -> Sample:
    check(sample)
    try:
        with transaction.atomic():
            sample.save()
    except IntegrityError:
        raise InvalidParameters([FieldError("name", "Your group has a sample of this name already.")]) from None
    return sample
