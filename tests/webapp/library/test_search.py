"""Searches: by one frequency, by several at once with ranked matches, by everything else, within one's own groups."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from webapp.library.models import Compound, Peak, SavedSearch
from webapp.library.services import index
from webapp.runs.models import Run
from webapp.samples import services as samples
from webapp.samples.models import Sample
from webapp.spectra.models import SpectralLine, Spectrum

NITRITE_HZ = (1.038e6, 3.604e6, 4.642e6)
MakeIndexed = Callable[..., Spectrum]


def match(client: APIClient, **asked: Any) -> Any:
    answer = client.post("/api/v1/search/match", asked, format="json")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def found(client: APIClient, **asked: Any) -> list[int]:
    return [one["spectrum"] for one in match(client, **asked)["spectra"]]


class TestIndex:
    def test_only_confirmed_lines_of_the_newest_version(
        self, make_indexed: MakeIndexed, make_run: Callable[..., Run]
    ) -> None:
        run = make_run(state=Run.State.DONE)
        make_indexed(1e6, 2e6, run=run)
        second = make_indexed(3e6, 4e6, run=run)
        SpectralLine.objects.filter(frequency_hz=4e6).update(status="rejected")
        index.index(second.pk)
        assert list(Peak.objects.values_list("spectrum", "frequency_hz")) == [(second.pk, 3e6)]

    def test_an_older_version_that_ends_later_does_not_come_back(
        self, make_indexed: MakeIndexed, make_run: Callable[..., Run]
    ) -> None:
        run = make_run(state=Run.State.DONE)
        older = make_indexed(1e6, run=run)
        make_indexed(3e6, run=run)
        index.index(older.pk)
        assert [peak.frequency_hz for peak in Peak.objects.all()] == [3e6]

    def test_making_it_anew_gives_the_same(self, make_indexed: MakeIndexed) -> None:
        for k in range(3):
            make_indexed(1e6 + k, 2e6)
        SpectralLine.objects.filter(frequency_hz=2e6).update(amplitude=0.05)
        before = None
        for _ in range(2):
            call_command("index_lines", verbosity=0)
            rows = sorted(Peak.objects.values_list("spectrum", "group", "frequency_hz", "relative_height"))
            assert before in (None, rows)
            before = rows
        assert len(rows) == 6 and {row[3] for row in rows} == {0.5, 1.0}


class TestNearest:
    def test_nearest_first_within_the_tolerance(self, api: APIClient, make_indexed: MakeIndexed) -> None:
        make_indexed(28.0000e6, 28.0003e6, 28.0006e6)
        near = api.get("/api/v1/search/nearest?frequency_hz=28000200&tolerance_hz=300").json()
        assert [round(one["difference_hz"]) for one in near] == [100, -200]
        assert near[0]["sample_name"] == "KClO3"

    def test_of_other_groups_nothing(
        self, stranger_api: APIClient, staff_api: APIClient, make_indexed: MakeIndexed
    ) -> None:
        make_indexed(28e6)
        address = "/api/v1/search/nearest?frequency_hz=28e6"
        assert stranger_api.get(address).json() == []
        assert len(staff_api.get(address).json()) == 1

    @pytest.mark.parametrize(
        "asked", ["", "frequency_hz=x", "frequency_hz=-1", "frequency_hz=1e6&limit=0", "frequency_hz=nan"]
    )
    def test_wrong_input_is_named(self, api: APIClient, asked: str) -> None:
        answer = api.get(f"/api/v1/search/nearest?{asked}")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] in ("frequency_hz", "limit")


class TestMatch:
    def test_the_best_fit_first_with_what_is_matched_and_missing(
        self, api: APIClient, make_indexed: MakeIndexed
    ) -> None:
        two = make_indexed(1.0385e6, 4.6415e6, 9e6)
        all_three = make_indexed(*NITRITE_HZ, 2e6)
        make_indexed(5e6)
        answer = match(api, peaks_hz=[*NITRITE_HZ, 3e6])
        first, second = answer["spectra"]
        assert (first["spectrum"], second["spectrum"]) == (all_three.pk, two.pk)
        assert [pair["line_hz"] for pair in first["comparison"]["matched"]] == list(NITRITE_HZ)
        assert first["comparison"]["missing_hz"] == [2e6]
        assert first["comparison"]["unexplained_hz"] == [3e6]
        assert [round(pair["difference_hz"]) for pair in second["comparison"]["matched"]] == [-500, 500]

    def test_many_lines_near_one_peak_count_once(self, api: APIClient, make_indexed: MakeIndexed) -> None:
        crowd = make_indexed(*(3.604e6 + 100.0 * k for k in range(-9, 10)))
        right = make_indexed(*NITRITE_HZ)
        assert found(api, peaks_hz=list(NITRITE_HZ)) == [right.pk, crowd.pk]

    def test_the_literature_knows_sodium_nitrite(self, literature: None, api: APIClient) -> None:
        best = match(api, peaks_hz=[hz + 300 for hz in NITRITE_HZ])["compounds"][0]
        assert best["name"] in ("Sodium Nitrite", "Nitrous acid sodium salt")
        assert len(best["comparison"]["matched"]) == 3

    def test_lines_at_temperatures_where_nothing_fits_are_not_missing(self, api: APIClient, db: None) -> None:
        compound = Compound.objects.create(name="Warm and cold")
        for frequency_hz, temperature_k in ((1.0e6, 295.0), (2.0e6, 295.0), (1.5e6, 77.0), (1.6e6, None)):
            compound.lines.create(frequency_hz=frequency_hz, temperature_k=temperature_k)
        answer = match(api, peaks_hz=[1.0e6, 2.0e6])["compounds"]
        (found_one,) = [one for one in answer if one["name"] == "Warm and cold"]
        assert found_one["comparison"]["missing_hz"] == []
        (both,) = [
            one for one in match(api, peaks_hz=[1.0e6, 2.0e6, 1.6e6])["compounds"] if one["name"] == "Warm and cold"
        ]
        assert both["comparison"]["missing_hz"] == [] and len(both["comparison"]["matched"]) == 3

    def test_a_line_that_moves_with_temperature_may_be_further_off(self, api: APIClient, db: None) -> None:
        compound = Compound.objects.create(name="Moving")
        compound.lines.create(frequency_hz=30e6, temperature_k=295.0, dnu_dt_hz_per_k=-5000.0)
        warm = {"peaks_hz": [30e6 - 10e3], "temperature_tolerance_k": 10}
        assert [one["name"] for one in match(api, temperature_k=297, **warm)["compounds"]] == ["Moving"]
        assert match(api, temperature_k=295, **warm)["compounds"] == []

    def test_of_other_groups_nothing(
        self, stranger_api: APIClient, staff_api: APIClient, make_indexed: MakeIndexed
    ) -> None:
        spectrum = make_indexed(*NITRITE_HZ)
        for asked in ({"peaks_hz": list(NITRITE_HZ)}, {"text": "KClO3"}, {"peaks_hz": [1.038e6], "text": "KClO3"}):
            assert found(stranger_api, **asked) == []
            assert found(staff_api, **asked) == [spectrum.pk]

    @pytest.mark.parametrize(
        ("asked", "fits"),
        [
            ({"text": "kclo"}, True),
            ({"text": "nitrate"}, False),
            ({"nuclide": "35Cl"}, True),
            ({"nuclide": "37Cl"}, False),
            ({"elements": "K Cl"}, True),
            ({"elements": "C"}, False),
            ({"temperature_k": 290, "temperature_tolerance_k": 6}, True),
            ({"temperature_k": 77}, False),
            ({"group": "chlorates"}, True),
            ({"group": "nitrites"}, False),
            ({"since": "2020-01-01", "until": "2020-12-31"}, True),
            ({"since": "2021-01-01"}, False),
            ({"cq_min_hz": 50e6, "cq_max_hz": 60e6}, False),
            ({"eta_max": 0.5}, False),
        ],
    )
    def test_everything_else_must_hold_with_and_without_peaks(
        self, api: APIClient, sample: Sample, make_indexed: MakeIndexed, asked: dict[str, Any], fits: bool
    ) -> None:
        samples.check(sample)
        sample.nuclides = ["35Cl"]
        sample.save()
        spectrum = make_indexed(28e6, temperature_k=295.0, finished_at="2020-06-01T12:00Z")
        expected = [spectrum.pk] if fits else []
        assert found(api, **asked) == expected
        assert found(api, peaks_hz=[28e6], **asked) == expected

    def test_by_the_coupling_of_an_accepted_assignment(
        self, api: APIClient, sample: Sample, make_indexed: MakeIndexed, user: Any
    ) -> None:
        from webapp.assignments.models import Assignment

        spectrum = make_indexed(28e6)
        facts = {"sample": sample, "key": "k", "probability": 1.0, "score": 0.0, "decided_by": user}
        Assignment.objects.create(decision="accepted", sites=[{"coupling_hz": 56e6, "eta": 0.1}], **facts)
        assert found(api, cq_min_hz=50e6, eta_max=0.2) == [spectrum.pk]
        assert found(api, cq_min_hz=57e6) == []
        Assignment.objects.create(decision="accepted", sites=[{"coupling_hz": None, "eta": None}], **facts)
        assert found(api, cq_min_hz=50e6, eta_max=0.2) == [], "the newest decision holds"

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"peaks_hz": [0]}, "peaks_hz[0]"),
            ({"peaks_hz": [1e6] * 21}, "peaks_hz"),
            ({"peaks_hz": ["1e6"]}, "peaks_hz"),
            ({"peaks_hz": [1e6], "tolerance_hz": 0}, "tolerance_hz"),
            ({"nuclide": "99Xx"}, "nuclide"),
            ({"elements": "Cl Qq"}, "elements"),
            ({"eta_min": 0.5, "eta_max": 0.1}, "eta_max"),
            ({"cq_min_hz": -1}, "cq_min_hz"),
            ({"since": "2021-02-01", "until": "2021-01-01"}, "until"),
            ({"colour": "red"}, "colour"),
            ({"limit": 10_000}, "limit"),
        ],
    )
    def test_wrong_input_is_named(self, api: APIClient, asked: dict[str, Any], field: str) -> None:
        answer = api.post("/api/v1/search/match", asked, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"].startswith(field)


class TestPage:
    def test_it_shows_matches_and_what_is_missing(
        self, literature: None, visitor: Client, make_indexed: MakeIndexed
    ) -> None:
        make_indexed(*NITRITE_HZ, 2e6)
        answer = visitor.get(reverse("library:search"), {"peaks": "4.642, 3.604 1038 kHz"})
        page = re.sub(r"\s+", " ", answer.content.decode().replace("\u202f", " "))
        assert answer.context["wanted"].peaks_hz == (4.642e6, 3.604e6, 1.038e6)
        assert "1 measured spectrum" in page and "Missing: 2 MHz" in page and "3 of 3" in page

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"peaks": "4.6 apples"}, "peaks"),
            ({"peaks": "4.6.3"}, "peaks"),
            ({"peaks": "0"}, "peaks"),
            ({"peaks": " ".join(["1"] * 21)}, "peaks"),
            ({"peaks": "4.6", "tolerance_khz": "1e9"}, "tolerance_khz"),
            ({"cq_min_mhz": "6", "cq_max_mhz": "4"}, "cq_max_mhz"),
            ({"nuclide": "99Xx"}, "nuclide"),
            ({"group": "nitrites"}, "group"),
            ({"since": "yesterday"}, "since"),
        ],
    )
    def test_faults_stand_beside_their_field(self, visitor: Client, asked: dict[str, str], field: str) -> None:
        answer = visitor.get(reverse("library:search"), asked)
        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == [field]

    def test_a_search_is_saved_found_again_and_forgotten(self, visitor: Client, stranger: Any) -> None:
        visitor.post(reverse("library:save-search"), {"name": "nitrite", "query": "peaks=4.642"})
        kept = SavedSearch.objects.get()
        page = visitor.get(reverse("library:search")).content.decode()
        assert "?peaks=4.642" in page and "nitrite" in page
        other = Client()
        other.force_login(stranger)
        assert other.post(reverse("library:delete-search", args=[kept.pk])).status_code == 404
        visitor.post(reverse("library:delete-search", args=[kept.pk]))
        assert not SavedSearch.objects.exists()

    def test_saved_searches_in_the_api(self, api: APIClient, stranger_api: APIClient) -> None:
        for query in ("peaks=1", "peaks=2"):
            made = api.post("/api/v1/saved-searches", {"name": "mine", "query": query}, format="json")
            assert made.status_code == 201
        (kept,) = api.get("/api/v1/saved-searches").json()["results"]
        assert kept["query"] == "peaks=2"
        assert stranger_api.get("/api/v1/saved-searches").json()["results"] == []
        assert stranger_api.delete(f"/api/v1/saved-searches/{kept['id']}").status_code == 404
        assert api.delete(f"/api/v1/saved-searches/{kept['id']}").status_code == 204
