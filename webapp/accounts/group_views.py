"""Pages of groups: who is in them, and changing that. What may be done is decided by the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.accounts import access
from webapp.accounts.group_forms import GroupForm, MemberForm, RenameForm
from webapp.accounts.models import Group, Membership, User
from webapp.accounts.services import groups as services
from webapp.accounts.services import leaving
from webapp.errors import NotFound, ServiceError
from webapp.home.forms import show_errors

#: of a group's history; the API tells all of it
EVENTS_SHOWN = 30

REFUSALS = (InvalidParameters, ServiceError)


@login_required
def group_list(request: HttpRequest) -> HttpResponse:
    """The user's groups, staff: all; archived ones apart."""
    form = GroupForm(request.POST or None) if request.user.is_staff else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            leader = _person(form.cleaned_data["leader"], "leader")
            made = services.create(request.user, name=form.cleaned_data["name"], leader=leader)
        except REFUSALS as error:
            show_errors(form, error)
        else:
            messages.success(request, f"{made} is there, led by {leader}.")
            return redirect("accounts:group", made.slug)
    # Counted apart: through the user's own memberships every group would have one member.
    shown = Group.objects.filter(pk__in=access.groups(request.user).values("pk")).annotate(size=Count("memberships"))
    roles = dict(request.user.memberships.values_list("group", "role"))
    labels = dict(Membership.Role.choices)
    rows = [(one, labels.get(roles.get(one.pk, ""), "")) for one in shown.order_by("name")]
    context = {
        "active": [row for row in rows if row[0].archived_at is None],
        "archived": [row for row in rows if row[0].archived_at is not None],
        "form": form,
    }
    return render(request, "accounts/groups/list.html", context)


@login_required
def group(request: HttpRequest, slug: str) -> HttpResponse:
    """One group with its members."""
    return _page(request, _found(request, slug))


@login_required
@require_POST
def add_member(request: HttpRequest, slug: str) -> HttpResponse:
    """Leaders and staff: take somebody in."""
    shown = _found(request, slug)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            person = _person(form.cleaned_data["user"], "user")
            services.add_member(request.user, shown, person, form.cleaned_data["role"])
        except REFUSALS as error:
            show_errors(form, error)
        else:
            messages.success(request, f"{person} is in the group.")
            return redirect("accounts:group", slug)
    return _page(request, shown, member_form=form)


@login_required
@require_POST
def change_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Leaders and staff: another role for a member."""
    shown = _found(request, slug)
    person = get_object_or_404(shown.memberships.select_related("user"), pk=pk).user
    role = request.POST.get("role", "")
    return _done(request, shown, f"{person} has another role.", services.set_role, person, role)


@login_required
def remove_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Leaders and staff: take a member out; a page of its own asks what becomes of their work."""
    shown = _found(request, slug)
    person = get_object_or_404(shown.memberships.select_related("user"), pk=pk).user
    if not services.may_manage(request.user, shown):
        raise PermissionDenied
    if request.method != "POST":
        return _leaving_page(request, shown, person)
    work = request.POST.get("work", "")
    return _done(request, shown, f"{person} is out of the group.", services.remove_member, person, work)


@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave a group; its last leader cannot. The same page asks for the user's own work."""
    shown = _found(request, slug)
    get_object_or_404(shown.memberships, user=request.user)
    if request.method != "POST":
        return _leaving_page(request, shown, request.user)
    try:
        services.leave(request.user, shown, request.POST.get("work", ""))
    except REFUSALS as error:
        messages.error(request, str(error))
        return redirect("accounts:group", slug)
    messages.success(request, f"You have left {shown}.")
    return redirect("accounts:groups")


@login_required
@require_POST
def rename(request: HttpRequest, slug: str) -> HttpResponse:
    """Leaders and staff: another name."""
    shown = _found(request, slug)
    form = RenameForm(request.POST)
    if form.is_valid():
        try:
            services.rename(request.user, _found(request, slug), form.cleaned_data["name"])
        except REFUSALS as error:
            show_errors(form, error)
        else:
            messages.success(request, "The group has another name.")
            return redirect("accounts:group", slug)
    return _page(request, shown, rename_form=form)


@login_required
@require_POST
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Leaders and staff: nothing new for the group from now on; staff can open it again."""
    shown = _found(request, slug)
    if request.POST.get("action") == "reopen":
        return _done(request, shown, "The group is open again.", services.reopen)
    return _done(request, shown, "The group is archived; what it has stays.", services.archive)


def _found(request: HttpRequest, slug: str) -> Group:
    return get_object_or_404(access.groups(request.user), slug=slug)


def _person(username: str, field: str) -> User:
    """By user name: leaders do not see people of other groups in a list."""
    found = User.objects.filter(username=username).first()
    if found is None:
        raise NotFound("There is no user of this name.", field)
    return found


def _done(request: HttpRequest, shown: Group, said: str, do: Callable[..., Any], *arguments: Any) -> HttpResponse:
    try:
        do(request.user, shown, *arguments)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    if access.groups(request.user).filter(pk=shown.pk).exists():
        return redirect("accounts:group", shown.slug)
    return redirect("accounts:groups")


def _leaving_page(request: HttpRequest, shown: Group, person: User) -> HttpResponse:
    context = {
        "group": shown,
        "person": person,
        "is_self": person == request.user,
        "bookings": leaving.bookings_to_come(shown, person),
        "runs": leaving.runs_waiting(shown, person),
    }
    return render(request, "accounts/groups/leaving.html", context)


def _page(
    request: HttpRequest, shown: Group, member_form: MemberForm | None = None, rename_form: RenameForm | None = None
) -> HttpResponse:
    members = shown.memberships.select_related("user").order_by("-role", "user__username")
    may_manage = services.may_manage(request.user, shown)
    context = {
        "group": shown,
        "members": members,
        "events": services.events(request.user, shown).order_by("-id")[:EVENTS_SHOWN] if may_manage else (),
        "roles": Membership.Role.choices,
        "may_manage": may_manage,
        "is_member": any(member.user_id == request.user.pk for member in members),
        "member_form": member_form or MemberForm(),
        "rename_form": rename_form or RenameForm(initial={"name": shown.name}),
    }
    return render(request, "accounts/groups/detail.html", context)
