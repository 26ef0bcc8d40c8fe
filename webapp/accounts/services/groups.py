"""Groups and their members: who may change what, and that a group never loses its last leader."""

from __future__ import annotations

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.access import leads
from webapp.accounts.models import Group, GroupEvent, Membership, User
from webapp.accounts.services import leaving
from webapp.errors import Conflict, NotAllowed

Kind = GroupEvent.Kind

_SLUG = re.compile(r"[-a-z0-9_]{1,50}")


def may_manage(actor: User, group: Group) -> bool:
    """Staff, and the group's leaders."""
    return actor.is_staff or leads(actor, group.pk)


def check(group: Group) -> None:
    """Tidy name and slug (made from the name if empty); raises InvalidParameters with every fault."""
    group.name = group.name.strip()
    group.slug = group.slug or slugify(group.name)[:50]
    errors: list[FieldError] = []
    if not 1 <= len(group.name) <= 120:
        errors.append(FieldError("name", "The name has 1 to 120 characters."))
    elif not _SLUG.fullmatch(group.slug):
        errors.append(FieldError("slug", "The short name has 1 to 50 small letters, digits, hyphens and underscores."))
    others = Group.objects.exclude(pk=group.pk)
    if others.filter(name__iexact=group.name).exists():
        errors.append(FieldError("name", "There is a group of this name already."))
    if others.filter(slug=group.slug).exists():
        errors.append(FieldError("slug", "There is a group of this short name already."))
    if errors:
        raise InvalidParameters(errors)


def create(actor: User, *, name: str, leader: User, slug: str = "") -> Group:
    """Staff: a new group with its first leader."""
    if not actor.is_staff:
        raise NotAllowed("Only the facility's staff may make a group.")
    group = Group(name=name, slug=slug)
    check(group)
    try:
        with transaction.atomic():
            group.save()
            _record(group, Kind.MADE, actor)
            _join(group, leader, Membership.Role.LEADER, "leader", actor)
    except IntegrityError:
        raise InvalidParameters([FieldError("name", "There is a group of this name already.")]) from None
    return group


def rename(actor: User, group: Group, name: str) -> Group:
    """Another name; the short name in addresses stays."""
    _manages(actor, group)
    before = Group.objects.values_list("name", flat=True).get(pk=group.pk)
    group.name = name
    check(group)
    with transaction.atomic():
        group.save(update_fields=["name"])
        if group.name != before:
            _record(group, Kind.RENAMED, actor, name=group.name, before=before)
    return group


def archive(actor: User, group: Group) -> Group:
    """Nothing new is booked, measured or added for the group; what it has stays to be seen."""
    _manages(actor, group)
    if group.archived_at is None:
        group.archived_at = timezone.now()
        with transaction.atomic():
            group.save(update_fields=["archived_at"])
            _record(group, Kind.ARCHIVED, actor)
    return group


def reopen(actor: User, group: Group) -> Group:
    """Staff: an archived group goes on."""
    if not actor.is_staff:
        raise NotAllowed("Only the facility's staff may reopen a group.")
    if group.archived_at is not None:
        group.archived_at = None
        with transaction.atomic():
            group.save(update_fields=["archived_at"])
            _record(group, Kind.REOPENED, actor)
    return group


def add_member(actor: User, group: Group, user: User, role: str = Membership.Role.MEMBER) -> Membership:
    """Take somebody into the group; raises Conflict if they are in it already."""
    _manages(actor, group)
    if group.archived_at is not None:
        raise Conflict("The group is archived; nobody can join it.", "group")
    with transaction.atomic():
        _lock(group)
        if group.memberships.filter(user=user).exists():
            raise Conflict(f"{user.get_username()} is in the group already.", "user")
        return _join(group, user, role, "user", actor)


def set_role(actor: User, group: Group, user: User, role: str) -> Membership:
    """Make a member a leader or a leader a member."""
    _manages(actor, group)
    with transaction.atomic():
        _lock(group)
        membership = _membership(group, user)
        if role != membership.role:
            _check_role(role)
            if membership.role == Membership.Role.LEADER:
                _not_the_last_leader(group, user)
            before, membership.role = membership.role, role
            membership.save(update_fields=["role"])
            _record(group, Kind.ROLE, actor, user, role=role, before=before)
        return membership


def remove_member(actor: User, group: Group, user: User, work: str = leaving.Work.KEEP) -> leaving.Settled:
    """Take somebody out of the group. Their samples and what they measured stay with it.

    Bookings to come and runs that wait are kept for the group or cancelled, as `work` says.
    """
    _manages(actor, group)
    return _remove(actor, group, user, Kind.REMOVED, work)


def leave(user: User, group: Group, work: str = leaving.Work.KEEP) -> leaving.Settled:
    """Leave a group. Its last leader cannot, unless somebody else becomes leader first."""
    return _remove(user, group, user, Kind.LEFT, work)


def _remove(actor: User, group: Group, user: User, kind: str, work: str) -> leaving.Settled:
    wanted = leaving.read_work(work)
    with transaction.atomic():
        _lock(group)
        membership = _membership(group, user)
        if membership.role == Membership.Role.LEADER:
            _not_the_last_leader(group, user)
        membership.delete()
        settled = leaving.settle(actor, group, user, wanted)
        _record(group, kind, actor, user, role=membership.role, **settled.as_payload())
    return settled


def events(actor: User, group: Group) -> QuerySet[GroupEvent]:
    """Leaders and staff: what was done to the group and its members, in order."""
    _manages(actor, group)
    return group.events.select_related("user", "actor")


def _join(group: Group, user: User, role: str, field: str, actor: User) -> Membership:
    _check_role(role)
    if not user.is_active:
        raise InvalidParameters([FieldError(field, f"The account of {user.get_username()} is closed.")])
    made = Membership.objects.create(group=group, user=user, role=role)
    _record(group, Kind.JOINED, actor, user, role=role)
    return made


def _record(group: Group, kind: str, actor: User, user: User | None = None, **payload: Any) -> None:
    GroupEvent.objects.create(group=group, kind=kind, actor=actor, user=user, payload=payload)


def _check_role(role: str) -> None:
    if role not in Membership.Role.values:
        raise InvalidParameters([FieldError("role", f"Must be one of {', '.join(Membership.Role.values)}.")])


def _membership(group: Group, user: User) -> Membership:
    membership = group.memberships.filter(user=user).first()
    if membership is None:
        raise Conflict(f"{user.get_username()} is not in the group.", "user")
    return membership


def _not_the_last_leader(group: Group, user: User) -> None:
    leaders = group.memberships.filter(role=Membership.Role.LEADER, user__is_active=True)
    if not leaders.exclude(user=user).exists():
        raise Conflict("A group needs a leader; make somebody else its leader first.", "role")


def _lock(group: Group) -> None:
    """Changes of one group's members are serial, so that two leaders cannot leave at the same moment."""
    Group.objects.select_for_update(no_key=True).get(pk=group.pk)


def _manages(actor: User, group: Group) -> None:
    if not may_manage(actor, group):
        raise NotAllowed("Only leaders of the group and the facility's staff may do this.")
