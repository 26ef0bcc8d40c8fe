"""The literature library and what groups upload."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from webapp.accounts.models import Group, User
from webapp.library.models import Compound, ReferenceLine
from webapp.library.services import compounds

TABLE = "compound,formula,frequency_hz,temperature_k\nOur chlorate,KClO3,28084600,297\nOur chlorate,KClO3,22100000,\n"


def test_the_literature_is_there_with_its_sources(literature: None) -> None:
    assert ReferenceLine.objects.count() == 871
    assert Compound.objects.count() == 179
    assert not ReferenceLine.objects.filter(source="").exists()
    nitrite = Compound.objects.get(name="Nitrous acid sodium salt")
    assert nitrite.elements == " N Na O "


def test_loading_again_keeps_addresses_and_uploads(literature: None, user: User, group: Group) -> None:
    before = dict(Compound.objects.values_list("name", "pk"))
    Compound.objects.create(name="Withdrawn from the file")
    (own,) = compounds.upload(user, group, TABLE)
    call_command("load_literature", verbosity=0)
    assert dict(Compound.objects.filter(group=None).values_list("name", "pk")) == before
    assert own.lines.count() == 2
    assert ReferenceLine.objects.count() == 873


def test_an_upload_belongs_to_its_group(
    api: APIClient, stranger_api: APIClient, staff_api: APIClient, group: Group
) -> None:
    made = api.post("/api/v1/library", {"group": group.slug, "text": TABLE}, format="json")
    assert made.status_code == 201, made.json()
    (compound,) = made.json()
    assert [line["frequency_hz"] for line in compound["lines"]] == [22.1e6, 28.0846e6]
    address = f"/api/v1/library/{compound['id']}"
    assert api.get(address).json() == compound
    assert stranger_api.get(address).status_code == 404
    assert stranger_api.delete(address).status_code == 404
    assert staff_api.get(address).status_code == 200
    assert stranger_api.post("/api/v1/library", {"group": group.slug, "text": TABLE}, format="json").status_code == 400
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_an_upload_of_the_same_compound_takes_the_place_of_its_lines(user: User, group: Group) -> None:
    (first,) = compounds.upload(user, group, TABLE)
    (second,) = compounds.upload(user, group, "compound,frequency_hz\nOur chlorate,28.1e6\n")
    assert first.pk == second.pk
    assert [line.frequency_hz for line in second.lines.all()] == [28.1e6]


def test_the_literature_cannot_be_deleted(literature: None, api: APIClient, staff_api: APIClient) -> None:
    pk = Compound.objects.values_list("pk", flat=True)[0]
    for client in (api, staff_api):
        assert client.delete(f"/api/v1/library/{pk}").status_code == 403
    assert Compound.objects.filter(pk=pk).exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"compound,frequency_hz\n\0,1\n", "NUL"),
        (b"compound,frequency_hz\nA,-1\n", "Line 2: frequency_hz must be a number from 0"),
        (b"compound,frequency_hz\n" + b"A,1e6\n" * 700_000, "larger than 4 MB"),
    ],
    ids=["bytes", "nul", "negative", "large"],
)
def test_what_is_wrong_with_a_file_stands_beside_it(visitor: Client, group: Group, content: bytes, said: str) -> None:
    answer = visitor.post(
        reverse("library:upload"), {"group": group.pk, "file": SimpleUploadedFile("lines.csv", content)}
    )
    assert answer.status_code == 200
    assert said in str(answer.context["form"].errors["file"])
    assert not Compound.objects.filter(group=group).exists()


def test_pages_of_a_hostile_name(visitor: Client, user: User, group: Group) -> None:
    name = "<script>alert(1)</script>"
    (compound,) = compounds.upload(user, group, f'compound,frequency_hz,citation\n"{name}",1e6,"{name}"\n')
    for address in (reverse("library:list"), reverse("library:detail", args=[compound.pk])):
        page = visitor.get(address).content.decode()
        assert "alert(1)" in page and name not in page
    visitor.post(reverse("library:delete", args=[compound.pk]))
    assert not Compound.objects.filter(pk=compound.pk).exists()


def test_compounds_by_name_and_element(literature: None, api: APIClient) -> None:
    names = {one["name"] for one in api.get("/api/v1/library?name=nitrite").json()["results"]}
    assert names <= set(Compound.objects.filter(name__icontains="nitrite").values_list("name", flat=True))
    bismuth = api.get("/api/v1/library?element=Bi").json()["results"]
    assert bismuth and all("Bi" in one["formula"] for one in bismuth)
