"""Who sees which page; everything of another group is as if it did not exist."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from webapp.accounts.models import User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample


def visit(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def test_visitors_see_the_introduction_and_nothing_else(instrument: Instrument, sample: Sample) -> None:
    client = visit(None)
    assert client.get("/").status_code == 200
    for name, args in (
        ("samples:list", []),
        ("samples:detail", [sample.pk]),
        ("runs:create", []),
        ("facility:list", []),
    ):
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("page", ["samples:detail", "samples:edit"])
def test_sample_of_another_group_is_not_found(user: User, foreign_sample: Sample, staff: User, page: str) -> None:
    address = reverse(page, args=[foreign_sample.pk])
    assert visit(user).get(address).status_code == 404
    assert visit(staff).get(address).status_code == 200


@pytest.mark.parametrize(
    ("page", "method"),
    [("detail", "get"), ("cancel", "post"), ("requeue", "post"), ("reprocess", "get"), ("reprocess", "post")],
)
def test_run_of_another_group_is_not_found(
    stranger: User, user: User, sample: Sample, instrument: Instrument, page: str, method: str
) -> None:
    run = Run.objects.create(
        instrument=instrument, sample=sample, group=sample.group, submitted_by=user, method="survey", parameters={},
        state=Run.State.QUEUED,
    )  # fmt: skip
    assert getattr(visit(stranger), method)(reverse(f"runs:{page}", args=[run.pk])).status_code == 404
    run.refresh_from_db()
    assert not run.cancel_requested


def test_queue_of_an_instrument_does_not_tell_what_others_measure(
    stranger: User, user: User, sample: Sample, instrument: Instrument
) -> None:
    Run.objects.create(
        instrument=instrument, sample=sample, group=sample.group, submitted_by=user, method="survey", parameters={},
        state=Run.State.QUEUED, title="Secret compound", plan={"duration_s": 12.0},
    )  # fmt: skip
    for address in (reverse("facility:detail", args=[instrument.slug]), "/", reverse("facility:list")):
        page = visit(stranger).get(address).content.decode()
        assert "Secret compound" not in page
        assert "KClO3" not in page
    assert "Another group" in visit(stranger).get(reverse("facility:detail", args=[instrument.slug])).content.decode()


def test_only_staff_hold_an_instrument(user: User, staff: User, instrument: Instrument) -> None:
    address = reverse("facility:hold", args=[instrument.slug])
    visit(user).post(address, {"reason": "I want it"})
    instrument.refresh_from_db()
    assert not instrument.held
    visit(staff).post(address, {"reason": "probe is tuned"})
    instrument.refresh_from_db()
    assert instrument.held
    assert "probe is tuned" in visit(user).get(reverse("facility:detail", args=[instrument.slug])).content.decode()
    visit(staff).post(reverse("facility:release", args=[instrument.slug]))
    instrument.refresh_from_db()
    assert not instrument.held


def test_hostile_names_are_text(user: User, sample: Sample) -> None:
    Sample.objects.filter(pk=sample.pk).update(
        name="<script>alert(1)</script>",
        formula='"><img src=x onerror=alert(2)>',
        notes="<b>notes</b>",
        nuclides=["<i>"],
    )
    for address in (reverse("samples:detail", args=[sample.pk]), reverse("samples:list"), "/"):
        page = visit(user).get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>notes" not in page
        assert "<i>" not in page
