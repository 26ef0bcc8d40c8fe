"""Templates: settings that a group keeps, and may share with all groups."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from acquisition import methods
from acquisition.errors import FieldError, InvalidParameters
from acquisition.methods.parameters import parse
from webapp.accounts.access import leads
from webapp.accounts.models import Group, User
from webapp.errors import NotAllowed
from webapp.runs.models import RunTemplate


def save(
    user: User,
    group: Group,
    *,
    name: str,
    method: str,
    parameters: Mapping[str, Any],
    notes: str = "",
    shared: bool = False,
) -> RunTemplate:
    """Keep settings for the group; raises InvalidParameters, also for a name that it has already.

    The parameters are checked by themselves, not against an instrument: each run is planned for its own.
    """
    template = RunTemplate(group=group, created_by=user)
    return _write(template, name, method, parameters, notes, shared)


def change(
    user: User,
    template: RunTemplate,
    *,
    name: str,
    method: str,
    parameters: Mapping[str, Any],
    notes: str = "",
    shared: bool = False,
) -> RunTemplate:
    """Change a template; runs that were made from it stay as they are."""
    _require_owner(user, template)
    return _write(template, name, method, parameters, notes, shared)


def delete(user: User, template: RunTemplate) -> None:
    """Remove a template; runs that were made from it stay."""
    _require_owner(user, template)
    template.delete()


def may_change(user: User, template: RunTemplate) -> bool:
    """Whoever made it, leaders of its group, and staff."""
    return user.is_staff or template.created_by_id == user.pk or leads(user, template.group_id)


def _require_owner(user: User, template: RunTemplate) -> None:
    if not may_change(user, template):
        raise NotAllowed("Only whoever made a template, leaders of its group and staff may change it.")


def _write(
    template: RunTemplate, name: str, method: str, parameters: Mapping[str, Any], notes: str, shared: bool
) -> RunTemplate:
    name = name.strip()
    errors = []
    if not 1 <= len(name) <= 120:
        errors.append(FieldError("name", "A template needs a name of at most 120 characters."))
    if len(notes) > 2000:
        errors.append(FieldError("notes", "The notes have at most 2000 characters."))
    if errors:
        raise InvalidParameters(errors)
    template.name, template.notes, template.shared, template.method = name, notes, shared, method
    template.parameters = dataclasses.asdict(parse(methods.get(method).parameters, parameters))
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        raise InvalidParameters([FieldError("name", "The group has a template of this name already.")]) from None
    return template
