"""Whose hours a user sees: staff all, leaders those of their groups, everybody their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from webapp.accounts.access import Viewer
from webapp.accounts.models import Group, Membership, User
from webapp.facility.models import Instrument
from webapp.usage.models import UsageCorrection


@dataclass(frozen=True)
class Scope:
    """`everything` for staff; else the user's own rows and all rows of the groups in `led`."""

    everything: bool
    led: frozenset[int]
    user_id: int | None

    def rows(self, person: str) -> Q:
        """Condition on rows with a group, and with the user in the field `person`."""
        if self.everything:
            return Q()
        return Q(group__in=self.led) | Q(**{person: self.user_id}) if self.user_id is not None else Q(pk__in=())

    def sees_account(self, group_id: int) -> bool:
        """Whether all of a group's hours are seen, and what they cost."""
        return self.everything or group_id in self.led


def scope(user: Viewer) -> Scope:
    """What this user sees."""
    if not user.is_authenticated:
        return Scope(False, frozenset(), None)
    led = Membership.objects.filter(user=user, role=Membership.Role.LEADER).values_list("group", flat=True)
    return Scope(bool(user.is_staff), frozenset(led), user.pk)


def corrections(user: Viewer) -> QuerySet[UsageCorrection]:
    """Corrections of what the user sees; those of no one in particular for leaders and staff."""
    return UsageCorrection.objects.filter(scope(user).rows("user")).select_related(
        "group", "instrument", "user", "made_by", "reverses", "reversal"
    )


def groups(user: Viewer) -> QuerySet[Group]:
    """Groups that the user may ask for: staff all, others those they belong to."""
    if not user.is_authenticated:
        return Group.objects.none()
    return Group.objects.all() if user.is_staff else Group.objects.filter(memberships__user=user)


def people(user: Viewer) -> QuerySet[User]:
    """Users whose hours the user may ask for: themselves, members of groups they lead; staff: everybody."""
    if not user.is_authenticated:
        return User.objects.none()
    if user.is_staff:
        return User.objects.order_by("username")
    led = Membership.objects.filter(user=user, role=Membership.Role.LEADER).values("group")
    members = Membership.objects.filter(group__in=led).values("user")
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=members)).order_by("username")


def instruments(user: Viewer) -> QuerySet[Instrument]:
    """Every instrument, for whoever is logged in."""
    return Instrument.objects.order_by("name") if user.is_authenticated else Instrument.objects.none()
