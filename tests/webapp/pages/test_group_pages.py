"""Pages of groups: leaders manage their members, others see them, strangers see nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.pages.test_access import visit
from webapp.accounts.models import Group, Membership, User


@pytest.fixture
def leader(user: User) -> Client:
    Membership.objects.filter(user=user).update(role=Membership.Role.LEADER)
    return visit(user)


def page(client: Client, group: Group) -> Any:
    return client.get(reverse("accounts:group", args=[group.slug]))


def post(client: Client, name: str, group: Group, /, *args: int, **values: str) -> Any:
    return client.post(reverse(f"accounts:group-{name}", args=[group.slug, *args]), values)


def roles(group: Group) -> dict[str, str]:
    return dict(group.memberships.values_list("user__username", "role"))


def test_leader_adds_promotes_and_takes_out(leader: Client, group: Group) -> None:
    User.objects.create_user("bob")
    post(leader, "add", group, user="bob", role="member")
    bob = group.memberships.get(user__username="bob")
    post(leader, "member", group, bob.pk, role="leader")
    assert roles(group) == {"ada": "leader", "bob": "leader"}
    post(leader, "remove", group, bob.pk, work="keep")
    assert roles(group) == {"ada": "leader"}


@pytest.mark.parametrize(
    ("typed", "message"), [("nobody", "no user of this name"), ("ada", "in the group already"), ("", "required")]
)
def test_fault_stands_beside_the_user_name(leader: Client, group: Group, typed: str, message: str) -> None:
    answer = post(leader, "add", group, user=typed, role="member")
    assert message in " ".join(answer.context["member_form"].errors["user"])
    assert message in answer.content.decode()


def test_group_keeps_a_leader(leader: Client, group: Group) -> None:
    assert "needs a leader" in leader.get(post(leader, "leave", group, work="keep")["Location"]).content.decode()
    assert roles(group) == {"ada": "leader"}


def test_members_see_and_leave_but_do_not_manage(user: User, group: Group) -> None:
    lead = User.objects.create_user("lea")
    Membership.objects.create(user=lead, group=group, role=Membership.Role.LEADER)
    client = visit(user)
    assert "Add a member" not in page(client, group).content.decode()
    post(client, "add", group, user="ada", role="leader")
    post(client, "remove", group, group.memberships.get(user=lead).pk, work="keep")
    post(client, "archive", group)
    group.refresh_from_db()
    assert (roles(group)["lea"], group.archived_at) == ("leader", None)
    assert post(client, "leave", group, work="keep")["Location"] == reverse("accounts:groups")
    assert "ada" not in roles(group)


def test_strangers_see_nothing(stranger: User, group: Group) -> None:
    client = visit(stranger)
    assert page(client, group).status_code == 404
    assert post(client, "add", group, user="eve", role="leader").status_code == 404
    assert "Chlorates" not in client.get(reverse("accounts:groups")).content.decode()


def test_renamed_archived_and_opened_again(leader: Client, staff: User, group: Group, other_group: Group) -> None:
    answer = post(leader, "rename", group, name="Nitrites")
    assert "already" in " ".join(answer.context["rename_form"].errors["name"])
    assert "<h1>Chlorates</h1>" in answer.content.decode()
    post(leader, "rename", group, name="Chlorates and bromates")
    post(leader, "archive", group)
    assert "Archived" in leader.get(reverse("accounts:groups")).content.decode()
    post(leader, "archive", group, action="reopen")
    group.refresh_from_db()
    assert group.archived_at is not None
    post(visit(staff), "archive", group, action="reopen")
    group.refresh_from_db()
    assert (group.archived_at, group.name) == (None, "Chlorates and bromates")


def test_staff_make_groups_and_others_do_not(staff: User, user: User, group: Group) -> None:
    address = reverse("accounts:groups")
    visit(user).post(address, {"name": "Mine", "leader": "ada"})
    office = visit(staff)
    assert "no user" in " ".join(
        office.post(address, {"name": "Borates", "leader": "zed"}).context["form"].errors["leader"]
    )
    office.post(address, {"name": "Borates", "leader": "ada"})
    assert set(Group.objects.values_list("name", flat=True)) == {"Chlorates", "Borates"}
    assert roles(Group.objects.get(name="Borates")) == {"ada": "leader"}
