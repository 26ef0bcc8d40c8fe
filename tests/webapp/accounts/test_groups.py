"""Groups by every door: API and administration go through the same services."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import SURVEY, client_of
from webapp.accounts.models import Group, Membership, User
from webapp.accounts.services import groups, roles
from webapp.errors import Conflict, NotAllowed
from webapp.facility.models import Instrument
from webapp.samples.models import Sample


@pytest.fixture
def leader(group: Group) -> User:
    lea = User.objects.create_user("lea")
    Membership.objects.create(user=lea, group=group, role=Membership.Role.LEADER)
    return lea


def test_staff_make_a_group_with_its_leader(staff_api: APIClient, api: APIClient, user: User) -> None:
    wanted = {"name": " Bromates ", "leader": "ada"}
    assert api.post("/api/v1/groups", wanted).status_code == 403
    made = staff_api.post("/api/v1/groups", wanted)
    assert made.status_code == 201, made.json()
    assert {"slug": "bromates", "name": "Bromates", "members": 1}.items() <= made.json().items()
    assert [row["role"] for row in api.get("/api/v1/groups/bromates/members").json()] == ["leader"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"name": "chlorates", "leader": "ada"}, "name"),
        ({"name": "!", "leader": "ada"}, "slug"),
        ({"name": "Other", "slug": "chlorates", "leader": "ada"}, "slug"),
        ({"name": "Other", "slug": "Not A Slug", "leader": "ada"}, "slug"),
        ({"name": "Other", "leader": "nobody"}, "leader"),
        ({"name": "Other"}, "leader"),
        ({"name": "Other", "leader": "ada", "members": 3}, "members"),
    ],
)
def test_bad_groups(staff_api: APIClient, user: User, wanted: dict[str, object], field: str) -> None:
    answer = staff_api.post("/api/v1/groups", wanted)
    assert answer.status_code == 400
    assert field in {fault["field"] for fault in answer.json()["errors"]}


def test_leaders_manage_and_members_do_not(
    leader: User, user: User, stranger: User, stranger_api: APIClient, api: APIClient
) -> None:
    members, lea = "/api/v1/groups/chlorates/members", client_of(leader)
    assert api.post(members, {"user": "eve"}).status_code == 403
    assert stranger_api.get(members).status_code == 404
    assert stranger_api.patch(f"{members}/ada", {"role": "leader"}).status_code == 404
    assert lea.post(members, {"user": "eve"}).status_code == 201
    assert lea.post(members, {"user": "eve"}).status_code == 409
    assert api.delete(f"{members}/eve").status_code == 403
    assert lea.patch(f"{members}/eve", {"role": "king"}).status_code == 400
    assert lea.patch(f"{members}/eve", {"role": "leader"}).json()["role"] == "leader"
    assert lea.delete(f"{members}/ada").status_code == 204
    assert lea.delete(f"{members}/ada").status_code == 404
    assert api.get("/api/v1/groups/chlorates").status_code == 404


def test_the_last_leader_stays(leader: User, user: User, group: Group, staff_api: APIClient) -> None:
    lea = client_of(leader)
    assert lea.post("/api/v1/groups/chlorates/leave").status_code == 409
    assert lea.patch("/api/v1/groups/chlorates/members/lea", {"role": "member"}).status_code == 409
    assert staff_api.delete("/api/v1/groups/chlorates/members/lea").status_code == 409
    groups.set_role(leader, group, user, "leader")
    assert lea.post("/api/v1/groups/chlorates/leave").status_code == 204
    user.is_active = False
    user.save()
    groups.add_member(User.objects.get(username="stella"), group, leader, "leader")
    with pytest.raises(Conflict):  # a leader whose account is closed does not count
        groups.leave(leader, group)


def test_an_archived_group_takes_nothing_new(
    leader: User, user: User, group: Group, sample: Sample, instrument: Instrument, api: APIClient, stranger: User
) -> None:
    assert api.post("/api/v1/groups/chlorates/archive").status_code == 403
    assert client_of(leader).post("/api/v1/groups/chlorates/archive").json()["archived_at"] is not None
    assert api.get("/api/v1/groups").json()["count"] == 0
    assert api.get("/api/v1/groups?archived=true").json()["count"] == 1
    assert api.post("/api/v1/samples", {"name": "x", "group": "chlorates"}).status_code == 400
    run = {"instrument": "alpha", "sample": sample.pk, "method": "survey", "parameters": SURVEY}
    assert "archived" in api.post("/api/v1/runs", run).json()["detail"]
    assert api.get(f"/api/v1/samples/{sample.pk}").status_code == 200
    group.refresh_from_db()
    with pytest.raises(Conflict):
        groups.add_member(leader, group, stranger)
    with pytest.raises(NotAllowed):
        groups.reopen(leader, group)


def test_closed_accounts_cannot_join(leader: User, group: Group, stranger: User) -> None:
    stranger.is_active = False
    with pytest.raises(InvalidParameters):
        groups.add_member(leader, group, stranger)


def test_only_administrators_change_roles(staff_api: APIClient, user: User, admin_user: User) -> None:
    assert staff_api.patch("/api/v1/users/ada", {"role": "staff"}).status_code == 403
    admin = client_of(admin_user)
    assert admin.patch("/api/v1/users/ada", {"role": "staff"}).json()["role"] == "staff"
    user.refresh_from_db()
    assert user.is_staff and not user.is_superuser
    with pytest.raises(Conflict):
        roles.set_role(admin_user, admin_user, "user")
    assert admin.patch("/api/v1/users/ada", {"role": "emperor"}).status_code == 400


def test_who_knows_of_whom(user: User, leader: User, stranger: User, api: APIClient, staff_api: APIClient) -> None:
    assert [row["username"] for row in api.get("/api/v1/users").json()["results"]] == ["ada", "lea"]
    assert api.get("/api/v1/users/eve").status_code == 404
    assert staff_api.get("/api/v1/users").json()["count"] == 4


class TestAdministration:
    """Staff without Django's permissions of their own."""

    @pytest.fixture
    def page(self, staff: User) -> Client:
        client = Client()
        client.force_login(staff)
        return client

    def form(self, group: Group, roles: dict[User, str], delete: tuple[User, ...] = ()) -> dict[str, object]:
        known = list(group.memberships.all())
        fields: dict[str, object] = {
            "name": group.name, "slug": group.slug, "memberships-TOTAL_FORMS": len(roles),
            "memberships-INITIAL_FORMS": len(known), "memberships-MIN_NUM_FORMS": 0, "memberships-MAX_NUM_FORMS": 1000,
        }  # fmt: skip
        rows = [(member.user, member.pk) for member in known]
        rows += [(user, "") for user in roles if user not in {user for user, _pk in rows}]
        for index, (user, key) in enumerate(rows):
            prefix = f"memberships-{index}"
            fields |= {f"{prefix}-id": key, f"{prefix}-group": group.pk, f"{prefix}-user": user.pk}
            fields[f"{prefix}-role"] = roles[user]
            if user in delete:
                fields[f"{prefix}-DELETE"] = "on"
        return fields

    def test_leadership_changes_hands(self, page: Client, group: Group, leader: User, user: User) -> None:
        address = f"/admin/accounts/group/{group.pk}/change/"
        handed = self.form(group, {leader: "member", user: "leader"})
        assert page.post(address, handed).status_code == 302
        assert set(group.memberships.values_list("user__username", "role")) == {("lea", "member"), ("ada", "leader")}

    def test_a_group_keeps_a_leader(self, page: Client, group: Group, leader: User, user: User) -> None:
        address = f"/admin/accounts/group/{group.pk}/change/"
        for form in (
            self.form(group, {leader: "member", user: "member"}),
            self.form(group, {leader: "leader", user: "member"}, delete=(leader,)),
        ):
            refused = page.post(address, form)
            assert refused.status_code == 200 and b"needs a leader" in refused.content
        assert group.memberships.filter(role="leader").count() == 1

    def test_a_new_group_needs_one_too(self, page: Client, user: User) -> None:
        group = Group(name="New", slug="new")
        fields = {"name": "New", "slug": "new", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0,
                  "memberships-0-user": user.pk, "memberships-0-role": "member"}  # fmt: skip
        assert page.post("/admin/accounts/group/add/", fields).status_code == 200
        assert page.post("/admin/accounts/group/add/", fields | {"memberships-0-role": "leader"}).status_code == 302
        assert Group.objects.get(slug=group.slug).memberships.get().user == user

    def test_groups_and_roles_are_not_deleted_or_taken(self, page: Client, group: Group, staff: User) -> None:
        assert page.post(f"/admin/accounts/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
        page.post(f"/admin/accounts/user/{staff.pk}/change/", {"username": "stella", "is_superuser": "on"})
        staff.refresh_from_db()
        assert not staff.is_superuser
