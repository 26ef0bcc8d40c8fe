"""Who belongs where: the one rule of who sees what, used by pages, API and admin alike."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from webapp.accounts.models import Group, Membership, User

Viewer = User | AnonymousUser


def of_own_groups(user: Viewer, path: str = "group") -> Q:
    """Condition on rows that belong to a group: staff see all, others what belongs to their groups."""
    if not user.is_authenticated:
        return Q(pk__in=())
    if user.is_staff:
        return Q()
    return Q(**{f"{path}__in": Membership.objects.filter(user=user).values("group")})


def groups(user: Viewer) -> QuerySet[Group]:
    """The groups whose samples and runs the user sees; staff: all."""
    if not user.is_authenticated:
        return Group.objects.none()
    if user.is_staff:
        return Group.objects.all()
    return Group.objects.filter(memberships__user=user)


def active_groups(user: Viewer) -> QuerySet[Group]:
    """Those of `groups` that are not archived, so that something new can be made for them."""
    return groups(user).filter(archived_at__isnull=True)


def users(user: Viewer) -> QuerySet[User]:
    """Whom the user knows of: members of their groups and themselves; staff: everybody."""
    if not user.is_authenticated:
        return User.objects.none()
    if user.is_staff:
        return User.objects.order_by("username")
    colleagues = Membership.objects.filter(group__in=groups(user)).values("user")
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=colleagues)).order_by("username")


def leads(user: Viewer, group_id: int) -> bool:
    """Whether the user leads this group."""
    return (
        user.is_authenticated
        and Membership.objects.filter(user=user, group=group_id, role=Membership.Role.LEADER).exists()
    )
