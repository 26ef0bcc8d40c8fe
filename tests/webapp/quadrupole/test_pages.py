"""The calculator and the table of nuclides: what the address asks is what the page says."""

from __future__ import annotations

import pytest
from django.test import Client

from webapp.accounts.models import User


@pytest.fixture
def visitor(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def calculated(client: Client, **query: str) -> dict:
    answer = client.get("/quadrupole/", query)
    assert answer.status_code == 200
    return {name: value for part in answer.context for layer in part.dicts for name, value in layer.items()}


def test_they_need_a_login_and_are_linked(client: Client, user: User) -> None:
    assert client.get("/quadrupole/").status_code == 302
    client.force_login(user)
    assert 'href="/quadrupole/nuclides/"' in client.get("/").content.decode()


def test_lines_from_coupling_and_eta(visitor: Client) -> None:
    found = calculated(visitor, nuclide="121Sb", coupling_mhz="383", eta="0.5")
    lines = {shown.transition.name: shown.transition.frequency_hz for shown in found["site"].transitions}
    assert lines["1/2–3/2"] == pytest.approx(383e6 * 0.186245, rel=1e-5)
    assert lines["3/2–5/2"] == pytest.approx(383e6 * 0.287153, rel=1e-5)
    (partner,) = found["site"].partners
    assert partner.nuclide.label == "123Sb" and partner.coupling_hz == pytest.approx(383e6 / 0.785)
    assert len([shown for shown in partner.transitions if shown.transition.regular]) == 3
    assert len(found["curves"]["curves"]) == 2 and len(found["curves"]["dots"]) == 2


def test_coupling_from_lines(visitor: Client) -> None:
    found = calculated(visitor, nuclide="14N", lines_mhz="4.642(1) 3.604(1), 1.038(1)")
    ((solution, site),) = found["sites"]
    assert solution.coupling_hz == pytest.approx(5.497e6, abs=1e3)
    assert solution.eta == pytest.approx(0.378, abs=1e-3)
    assert site.field_gradient_v_m2 == pytest.approx(1.11e22, rel=0.01)


def test_one_line_of_spin_3_2_gives_bounds(visitor: Client) -> None:
    found = calculated(visitor, spin="3/2", lines_mhz="28.0846", sigma_khz="0.1")
    assert found["inverse"].bounds.maximum_hz == pytest.approx(56.1692e6)
    assert found["inverse"].bounds_sigma_hz == pytest.approx(200.0)
    assert found["sites"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"coupling_mhz": "5"}, "nuclide"),
        ({"nuclide": "12C"}, "nuclide"),
        ({"nuclide": "<b>"}, "nuclide"),
        ({"nuclide": "35Cl", "eta": "1.5"}, "eta"),
        ({"nuclide": "35Cl", "coupling_mhz": "nan"}, "coupling_mhz"),
        ({"nuclide": "35Cl", "coupling_mhz": "-1"}, "coupling_mhz"),
        ({"nuclide": "14N", "lines_mhz": "four"}, "lines_mhz"),
        ({"nuclide": "14N", "lines_mhz": "1 2 3 4 5"}, "lines_mhz"),
        ({"nuclide": "14N", "lines_mhz": "1", "coupling_mhz": "2"}, "lines_mhz"),
        ({"spin": "1/2", "coupling_mhz": "2"}, "spin"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(visitor: Client, query: dict[str, str], field: str) -> None:
    found = calculated(visitor, **query)
    assert field in found["form"].errors
    assert "site" not in found and "inverse" not in found


@pytest.mark.parametrize(
    "query",
    [
        {"nuclide": "14N", "lines_mhz": "1"},
        {"nuclide": "14N", "lines_mhz": "4.642(1) 3.604(1) 1.238(1)"},
        {"nuclide": "35Cl", "lines_mhz": "28 22"},
        {"nuclide": "10B", "lines_mhz": "1 2"},
        {"nuclide": "10B", "coupling_mhz": "5.3", "eta": "0.1"},
        {"nuclide": "35Cl"},
        {"spin": "9/2", "coupling_mhz": "0"},
    ],
)
def test_any_question_has_an_answer(visitor: Client, query: dict[str, str]) -> None:
    found = calculated(visitor, **query)
    assert not found["form"].errors
    if "lines_mhz" in query:
        assert found["inverse"].reason


def test_the_table_of_nuclides(visitor: Client) -> None:
    page = visitor.get("/quadrupole/nuclides/")
    labels = [one.label for one, _, _ in page.context["rows"]]
    assert {"2H", "14N", "35Cl", "127I", "209Bi"} <= set(labels) and "36Cl" not in labels
    text = page.content.decode()
    assert "1.2688" in text and "0.785" in text and 'href="/quadrupole/?nuclide=35Cl"' in text
    chlorine = visitor.get("/quadrupole/nuclides/", {"q": "cl", "all": "1"})
    assert {"35Cl", "36Cl", "37Cl"} <= {one.label for one, _, _ in chlorine.context["rows"]}
    assert "Nothing found" in visitor.get("/quadrupole/nuclides/", {"q": "<script>"}).content.decode()
