"""The administration obeys the same rules as page and API."""

from __future__ import annotations

from django.test import Client

from webapp.accounts.models import Group, User
from webapp.samples.models import Sample


def test_a_sample_made_by_staff(admin_client: Client, admin_user: User, group: Group) -> None:
    fields = {"name": "Cuprite", "formula": "Cu2O", "notes": "", "group": group.pk}
    refused = admin_client.post("/admin/samples/sample/add/", fields | {"formula": "Xx", "mass_g": "-1"})
    assert refused.status_code == 200
    assert {"formula", "mass_g"} <= set(refused.context["adminform"].form.errors)
    assert admin_client.post("/admin/samples/sample/add/", fields).status_code == 302
    sample = Sample.objects.get()
    assert sample.created_by == admin_user
    assert "63Cu" in sample.nuclides
