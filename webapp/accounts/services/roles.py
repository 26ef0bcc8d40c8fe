"""Roles in the facility: user, staff, administrator."""

from __future__ import annotations

from django.db import transaction

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.errors import Conflict, NotAllowed


def set_role(actor: User, user: User, role: str) -> User:
    """Administrators: make somebody a user, staff or administrator. The last administrator stays one."""
    if actor.role != User.Role.ADMINISTRATOR:
        raise NotAllowed("Only administrators may change roles.")
    if role not in User.Role.values:
        raise InvalidParameters([FieldError("role", f"Must be one of {', '.join(User.Role.values)}.")])
    with transaction.atomic():
        administrators = list(
            User.objects.select_for_update(no_key=True)
            .filter(is_superuser=True, is_active=True)
            .order_by("pk")  # the same order for everybody, so that two changes cannot wait for each other
            .values_list("pk", flat=True)
        )
        if role != User.Role.ADMINISTRATOR and administrators == [user.pk]:
            raise Conflict("A facility needs an administrator; make somebody else one first.", "role")
        user.is_superuser = role == User.Role.ADMINISTRATOR
        user.is_staff = role != User.Role.USER
        user.save(update_fields=["is_superuser", "is_staff"])
    return user
