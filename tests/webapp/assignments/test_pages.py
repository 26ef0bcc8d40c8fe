"""The section "Assignment" of a sample's page, and what it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from webapp.accounts.models import User
from webapp.assignments.models import Assignment
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum

LINE_HZ = 28.0846e6


@pytest.fixture
def visitor(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def chlorate(sample: Sample) -> Sample:
    sample.nuclides = ["39K", "41K", "35Cl", "37Cl"]
    sample.save()
    return sample


def page_of(client: Client, sample: Sample) -> str:
    answer = client.get(reverse("samples:detail", args=[sample.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def keys(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="key" value="([0-9a-f]+)"', page)))


def test_without_lines_it_says_so(visitor: Client, chlorate: Sample) -> None:
    assert "No lines to explain yet" in page_of(visitor, chlorate)


def test_lone_line_shows_evidence_picture_and_the_run_that_decides(
    visitor: Client, chlorate: Sample, instrument: Instrument, make_spectrum: Callable[..., Spectrum]
) -> None:
    make_spectrum(lines_hz=(LINE_HZ,))
    page = page_of(visitor, chlorate)
    assert '<svg class="sticks"' in page and "not searched there" in page
    assert "<sup>35</sup>Cl" in page and "What the lines cannot tell" in page
    address = unescape(re.search(r'href="(/runs/new/\?method=confirm[^"]+)"', page)[1])
    form = visitor.get(address).content.decode()
    assert 'value="22.13' in form, "the partner's frequency is filled in, in MHz"
    assert f'value="{chlorate.pk}" selected' in form
    assert "Isotope partner 37Cl" in form


def test_the_proposed_run_is_previewed_and_submitted(
    visitor: Client, chlorate: Sample, instrument: Instrument, make_spectrum: Callable[..., Spectrum]
) -> None:
    """The filled form posted as it is: its plan first, then the run; a fault stands beside its field."""
    make_spectrum(lines_hz=(LINE_HZ,))
    address = unescape(re.search(r'href="(/runs/new/\?method=confirm[^"]+)"', page_of(visitor, chlorate))[1])
    form = visitor.get(address).context["form"]
    values = {bound.name: bound.value() for bound in form if bound.value() is not None}
    values["instrument"] = instrument.slug
    preview = visitor.post(reverse("runs:preview") + "?method=confirm", values).json()
    assert preview["errors"] == {} and "Averages per shot" in preview["html"]
    wrong = visitor.post("/runs/new/?method=confirm", values | {"frequency_hz": "9999"})
    assert wrong.status_code == 200 and "frequency_hz" in wrong.context["form"].errors
    assert visitor.post("/runs/new/?method=confirm", values).status_code == 302
    run = Run.objects.get(state=Run.State.QUEUED)
    assert run.parameters["frequency_hz"] == pytest.approx(LINE_HZ / 1.2688, abs=1.0)


def test_accepting_labels_the_lines_everywhere_and_undo_takes_it_back(
    visitor: Client, chlorate: Sample, user: User, make_spectrum: Callable[..., Spectrum]
) -> None:
    first = make_spectrum(lines_hz=(LINE_HZ / 1.2688, LINE_HZ))
    key = keys(page_of(visitor, chlorate))[0]
    answer = visitor.post(reverse("assignments:decide", args=[chlorate.pk]), {"key": key, "decision": "accepted"})
    assert answer.status_code == 302
    page = page_of(visitor, chlorate)
    assert "Accepted" in page and "accepted an explanation" in page
    later = make_spectrum(lines_hz=(LINE_HZ + 20.0, LINE_HZ + 90e3))
    for spectrum, nuclides in ((first, ["37Cl", "35Cl"]), (later, ["35Cl", None])):
        shown = visitor.get(reverse("spectra:detail", args=[spectrum.pk])).context["lines"]
        assert [line.assigned.nuclide if line.assigned else None for line in shown] == nuclides
        run = visitor.get(reverse("runs:detail", args=[spectrum.run_id]))
        assert [line.assigned.nuclide if line.assigned else None for line in run.context["lines"]] == nuclides
    made = Assignment.objects.get()
    assert made.decided_by == user and made.lines.count() == 2
    assert visitor.post(reverse("assignments:undo", args=[made.pk])).status_code == 302
    shown = visitor.get(reverse("spectra:detail", args=[first.pk])).context["lines"]
    assert [line.assigned for line in shown] == [None, None]


def test_rejected_ones_go_last(visitor: Client, chlorate: Sample, make_spectrum: Callable[..., Spectrum]) -> None:
    make_spectrum(lines_hz=(LINE_HZ,))
    before = keys(page_of(visitor, chlorate))
    visitor.post(reverse("assignments:decide", args=[chlorate.pk]), {"key": before[0], "decision": "rejected"})
    after = keys(page_of(visitor, chlorate))
    assert after[0] == before[1] and after[-1] == before[0]


def test_a_stale_explanation_is_refused_with_a_sentence(visitor: Client, chlorate: Sample) -> None:
    answer = visitor.post(
        reverse("assignments:decide", args=[chlorate.pk]), {"key": "gone", "decision": "accepted"}, follow=True
    )
    assert "look at them again" in answer.content.decode()
    assert not Assignment.objects.exists()


def test_pages_of_another_group_are_not_found(
    client: Client, stranger: User, user: User, chlorate: Sample, make_spectrum: Callable[..., Spectrum]
) -> None:
    make_spectrum(lines_hz=(LINE_HZ,))
    made = Assignment.objects.create(
        sample=chlorate, decision="accepted", key="k", probability=1, score=0, decided_by=user
    )
    client.force_login(stranger)
    assert client.post(reverse("assignments:decide", args=[chlorate.pk]), {"key": "k"}).status_code == 404
    assert client.post(reverse("assignments:undo", args=[made.pk])).status_code == 404
    made.refresh_from_db()
    assert made.undone_at is None
