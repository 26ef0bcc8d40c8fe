"""Forms of the site over the services: what is wrong stands beside its field, what is right is done once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.pages.test_access import visit
from webapp.accounts.models import ApiToken, User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample


def _run_form(sample: Sample, instrument: Instrument, **changes: str) -> dict[str, str]:
    values = {"sample": str(sample.pk), "instrument": instrument.slug, "centre_frequency_hz": "28.1", "span_hz": "0.5"}
    return values | {"averages": "32", "averages_max": "256", "confirm": "on", "idempotency_key": "page-1"} | changes


def _submit(client: Client, values: dict[str, str]) -> Any:
    return client.post(reverse("runs:create"), values)


def test_run_is_submitted_once(user: User, sample: Sample, instrument: Instrument) -> None:
    client = visit(user)
    first, again = (_submit(client, _run_form(sample, instrument)) for _ in range(2))
    run = Run.objects.get()
    assert first["Location"] == again["Location"] == reverse("runs:detail", args=[run.pk])
    assert run.parameters["centre_frequency_hz"] == 28.1e6
    assert run.state == Run.State.QUEUED
    page = client.get(first["Location"]).content.decode()
    assert "It is next." in page
    assert "28.1 MHz" in page


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("span_hz", "0", "Span must be at least"),
        ("span_hz", "nan", "Span must be a finite number."),
        ("centre_frequency_hz", "-5", "Centre frequency must be at least"),
        ("centre_frequency_hz", "", "Centre frequency is required."),
        ("centre_frequency_hz", "900", "300 MHz"),
        ("tooth_s", "20", "µs"),
        ("sample_rate_hz", "61", "20 MS/s"),
        ("averages", "2.5", "whole number"),
        ("temperature_k", "-1", "Must be above 0"),
    ],
)
def test_fault_stands_beside_its_field_with_the_limit(
    user: User, sample: Sample, instrument: Instrument, field: str, typed: str, message: str
) -> None:
    answer = _submit(visit(user), _run_form(sample, instrument, **{field: typed}))
    assert answer.status_code == 200
    form = answer.context["form"]
    assert message in " ".join(form.errors[field])
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Run.objects.exists()


def test_sample_of_another_group_cannot_be_chosen(user: User, foreign_sample: Sample, instrument: Instrument) -> None:
    answer = _submit(visit(user), _run_form(foreign_sample, instrument))
    assert "sample" in answer.context["form"].errors
    assert not Run.objects.exists()


def test_preview_answers_plan_and_faults(user: User, sample: Sample, instrument: Instrument) -> None:
    client = visit(user)
    right = client.post(reverse("runs:preview"), _run_form(sample, instrument)).json()
    assert right["errors"] == {}
    assert "<svg" in right["html"]
    wrong = client.post(reverse("runs:preview"), _run_form(sample, instrument, span_hz="0") | {"sample": ""}).json()
    assert set(wrong["errors"]) == {"span_hz", "sample"}
    assert not Run.objects.exists()


def test_unknown_method_is_a_page_that_does_not_exist(user: User) -> None:
    assert visit(user).get(reverse("runs:create") + "?method=magic").status_code == 404


def test_template_of_another_groups_run_is_ignored(
    user: User, stranger: User, sample: Sample, instrument: Instrument
) -> None:
    _submit(visit(user), _run_form(sample, instrument, title="Secret"))
    run = Run.objects.get()
    address = reverse("runs:create") + f"?like={run.pk}"
    assert "Secret" in visit(user).get(address).content.decode()
    assert "Secret" not in visit(stranger).get(address).content.decode()


def test_sample_is_made_with_its_nuclides_and_edited(user: User) -> None:
    client = visit(user)
    group = user.research_groups.get()
    made = client.post(
        reverse("samples:create"), {"name": "Chlorate", "formula": "NaClO3", "group": group.pk, "mass_g": "1.5"}
    )
    sample = Sample.objects.get()
    assert made["Location"] == reverse("samples:detail", args=[sample.pk])
    assert sample.nuclides == ["23Na", "35Cl", "37Cl"]
    client.post(reverse("samples:edit", args=[sample.pk]), {"name": "Chlorate", "formula": "KClO3"})
    sample.refresh_from_db()
    assert "39K" in sample.nuclides


@pytest.mark.parametrize(
    ("values", "field"),
    [({"formula": "KClO3)"}, "formula"), ({"mass_g": "-1"}, "mass_g"), ({"temperature_k": "nan"}, "temperature_k")],
)
def test_faults_of_a_sample(user: User, values: dict[str, str], field: str) -> None:
    group = user.research_groups.get()
    answer = visit(user).post(reverse("samples:create"), {"name": "Bad", "group": group.pk} | values)
    assert list(answer.context["form"].errors) == [field]
    assert not Sample.objects.exists()


def test_token_is_shown_once_and_never_stored(user: User) -> None:
    client = visit(user)
    answer = client.post(reverse("accounts:token-create"), {"name": "laptop", "lifetime_days": "30"})
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in client.get(reverse("accounts:settings")).content.decode()
    token = ApiToken.objects.get()
    assert secret not in (token.secret_sha256, token.prefix)
    assert not any(secret in str(value) for value in client.session.values())


def test_nobody_revokes_anothers_token(user: User, stranger: User) -> None:
    visit(user).post(reverse("accounts:token-create"), {"name": "laptop", "lifetime_days": "30"})
    token = ApiToken.objects.get()
    address = reverse("accounts:token-revoke", args=[token.pk])
    assert visit(stranger).post(address).status_code == 404
    assert ApiToken.objects.exists()
    visit(user).post(address)
    assert not ApiToken.objects.exists()


def test_times_are_shown_in_the_users_zone(user: User, sample: Sample, instrument: Instrument) -> None:
    client = visit(user)
    answer = client.post(reverse("accounts:settings"), {"time_zone": "Asia/Tokyo"})
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.time_zone == "Asia/Tokyo"
    assert client.post(reverse("accounts:settings"), {"time_zone": "Mars/Olympus"}).status_code == 200


def test_log_in_leads_only_to_this_site(user: User) -> None:
    user.set_password("long enough 1")
    user.save()
    credentials = {"username": user.username, "password": "long enough 1"}
    for target, where in (("/runs/", "/runs/"), ("https://evil.example/", "/"), ("//evil.example/", "/")):
        answer = Client().post(reverse("accounts:login"), credentials | {"next": target})
        assert answer["Location"] == where
