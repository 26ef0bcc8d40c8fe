"""Explanations and decisions through the API, and who sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.webapp.conftest import client_of
from webapp.accounts.models import Group, Membership, User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum

PAIR_HZ = (28.0846e6 / 1.2688, 28.0846e6)


@pytest.fixture
def chlorate(sample: Sample) -> Sample:
    sample.nuclides = ["39K", "41K", "35Cl", "37Cl"]
    sample.save()
    return sample


def explanations(client: APIClient, sample: Sample) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/samples/{sample.pk}/explanations")
    assert answer.status_code == 200, answer.content
    return answer.json()


def decide(client: APIClient, sample: Sample, key: str, decision: str = "accepted", **more: Any) -> Any:
    body = {"explanation": key, "decision": decision, **more}
    return client.post(f"/api/v1/samples/{sample.pk}/assignments", body, format="json")


def test_without_lines_there_is_nothing_to_explain(api: APIClient, chlorate: Sample) -> None:
    assert explanations(api, chlorate) == []


def test_a_pair_is_explained_with_the_ids_of_its_lines(
    api: APIClient, chlorate: Sample, make_spectrum: Callable[..., Spectrum]
) -> None:
    spectrum = make_spectrum(lines_hz=PAIR_HZ)
    first = explanations(api, chlorate)[0]
    assert first["rank"] == 1 and first["probability"] > 0.99 and first["decision"] is None
    (site,) = first["sites"]
    by_line = {match["line"]: match["nuclide"] for match in site["matches"]}
    low, high = spectrum.lines.order_by("frequency_hz")
    assert by_line == {low.pk: "37Cl", high.pk: "35Cl"}
    assert site["coupling_hz"] is None and site["coupling_high_hz"] == pytest.approx(56.169e6, rel=1e-3)
    assert first["score"] == pytest.approx(sum(first["terms"].values()))


def test_lines_measured_again_are_one(api: APIClient, chlorate: Sample, make_spectrum: Callable[..., Spectrum]) -> None:
    make_spectrum(lines_hz=PAIR_HZ)
    make_spectrum(lines_hz=(PAIR_HZ[1] + 60.0,))
    warm = make_spectrum(lines_hz=(PAIR_HZ[1] - 4000.0,), temperature_k=296.0)
    Spectrum.objects.exclude(pk=warm.pk).update(temperature_k=295.0)
    first = explanations(api, chlorate)[0]
    assert len(first["sites"]) == 1 and len(first["sites"][0]["matches"]) == 2


def test_what_was_searched_in_vain_counts(
    api: APIClient, chlorate: Sample, make_run: Callable[..., Run], make_spectrum: Callable[..., Spectrum]
) -> None:
    """The same lone line: once nothing else was searched, once its strong partner's range was."""
    make_spectrum(lines_hz=(28.0846e6,), run=make_run(state=Run.State.DONE, plan={"windows_hz": [[28.1e6, 1e6]]}))
    before = {e["key"]: e["probability"] for e in explanations(api, chlorate)}
    wide = make_run(state=Run.State.DONE, plan={"windows_hz": [[35e6, 4e6]], "averages_per_shot": 64})
    make_spectrum(lines_hz=(), run=wide)
    after = explanations(api, chlorate)
    weak = next(e for e in after if e["sites"] and e["sites"][0]["matches"][0]["nuclide"] == "37Cl")
    assert weak["probability"] < 0.5 * before[weak["key"]]
    assert weak["sites"][0]["missing"][0]["chance_seen"] > 0.8


def test_a_proposed_measurement_can_be_submitted_as_it_is(
    api: APIClient, chlorate: Sample, instrument: Instrument, make_spectrum: Callable[..., Spectrum]
) -> None:
    make_spectrum(lines_hz=(28.0846e6,))
    proposed = explanations(api, chlorate)[0]["deciding"][0]
    assert proposed["kind"] == "isotope_partner"
    body = {
        "instrument": instrument.slug, "sample": chlorate.pk, "method": proposed["method"],
        "parameters": proposed["parameters"], "title": proposed["title"],
    }  # fmt: skip
    answer = api.post("/api/v1/runs", body, format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["parameters"]["frequency_hz"] == pytest.approx(28.0846e6 / 1.2688, abs=1.0)


def test_accept_reject_and_undo(
    api: APIClient, chlorate: Sample, user: User, make_spectrum: Callable[..., Spectrum]
) -> None:
    make_spectrum(lines_hz=PAIR_HZ)
    first, second, *_ = explanations(api, chlorate)
    accepted = decide(api, chlorate, first["key"], note="fits")
    assert accepted.status_code == 201
    made = accepted.json()
    assert made["decided_by"] == user.username and made["undone_at"] is None and made["note"] == "fits"
    assert sorted(line["nuclide"] for line in made["lines"]) == ["35Cl", "37Cl"]
    assert decide(api, chlorate, first["key"]).status_code == 409
    other = decide(api, chlorate, second["key"]).json()
    assert [e["decision"] for e in explanations(api, chlorate)[:2]] == [None, "accepted"]
    undone = api.post(f"/api/v1/assignments/{other['id']}/undo")
    assert undone.json()["undone_by"] == user.username
    assert [e["decision"] for e in explanations(api, chlorate)[:2]] == ["accepted", None]
    assert api.post(f"/api/v1/assignments/{other['id']}/undo").status_code == 409
    assert decide(api, chlorate, first["key"], "rejected").status_code == 201
    assert [e["decision"] for e in explanations(api, chlorate)[:2]] == ["rejected", None]
    assert decide(api, chlorate, first["key"], "rejected").status_code == 409
    assert decide(api, chlorate, first["key"]).status_code == 201
    assert explanations(api, chlorate)[0]["decision"] == "accepted"
    history = api.get(f"/api/v1/samples/{chlorate.pk}/assignments").json()
    assert [one["decision"] for one in history] == ["accepted", "rejected", "accepted", "accepted"]


def test_lines_carry_their_nuclide(
    api: APIClient, chlorate: Sample, make_spectrum: Callable[..., Spectrum], django_assert_max_num_queries: Any
) -> None:
    """Of the explanation that holds, in all lists of lines; nothing of one that was taken back or rejected since."""
    spectrum = make_spectrum(lines_hz=PAIR_HZ)
    first, second, *_ = explanations(api, chlorate)

    def nuclides(address: str) -> list[str | None]:
        answer = api.get(address).json()
        lines = answer["results"] if isinstance(answer, dict) else answer
        return [line["assigned"] and line["assigned"]["nuclide"] for line in lines]

    lists = ("/api/v1/lines", f"/api/v1/spectra/{spectrum.pk}/lines")
    assert [nuclides(address) for address in lists] == [[None, None]] * 2
    decide(api, chlorate, first["key"])
    assert [nuclides(address) for address in lists] == [["37Cl", "35Cl"]] * 2
    decide(api, chlorate, first["key"], "rejected")
    assert nuclides(lists[0]) == [None, None]
    other = decide(api, chlorate, second["key"]).json()
    assert nuclides(lists[0]) == [line["nuclide"] for line in other["lines"]]
    with django_assert_max_num_queries(8):
        api.get(lists[0])


def test_bad_decisions(api: APIClient, chlorate: Sample, make_spectrum: Callable[..., Spectrum]) -> None:
    make_spectrum(lines_hz=PAIR_HZ)
    key = explanations(api, chlorate)[0]["key"]
    assert decide(api, chlorate, "no-such-key").status_code == 409
    assert decide(api, chlorate, key, "perhaps").status_code == 400
    assert decide(api, chlorate, key, note="x" * 301).status_code == 400
    assert decide(api, chlorate, key, colour="red").status_code == 400


def test_nothing_of_other_groups(
    stranger: User,
    stranger_api: APIClient,
    api: APIClient,
    chlorate: Sample,
    group: Group,
    make_spectrum: Callable[..., Spectrum],
) -> None:
    make_spectrum(lines_hz=PAIR_HZ)
    key = explanations(api, chlorate)[0]["key"]
    made = decide(api, chlorate, key).json()
    for answer in (
        stranger_api.get(f"/api/v1/samples/{chlorate.pk}/explanations"),
        stranger_api.get(f"/api/v1/samples/{chlorate.pk}/assignments"),
        decide(stranger_api, chlorate, key, "rejected"),
        stranger_api.post(f"/api/v1/assignments/{made['id']}/undo"),
    ):
        assert answer.status_code == 404
    assert APIClient().get(f"/api/v1/samples/{chlorate.pk}/explanations").status_code == 401
    Membership.objects.create(user=stranger, group=group)
    assert client_of(stranger).post(f"/api/v1/assignments/{made['id']}/undo").status_code == 200
