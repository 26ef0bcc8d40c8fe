"""Who sees and may do what: tokens, sessions, groups, staff."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from acquisition.errors import InvalidParameters
from tests.webapp.conftest import SURVEY, client_of
from webapp.accounts import tokens
from webapp.accounts.models import ApiToken, Group, Membership, User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum


def with_secret(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_nobody_without_a_login(db: None) -> None:
    for address in ("me", "methods", "instruments", "samples", "runs", "spectra", "lines", "runs/1/stream"):
        response = APIClient().get(f"/api/v1/{address}")
        assert response.status_code == 401, address
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_stored_only_as_hash_and_shown_once(user: User) -> None:
    new = tokens.create(user, "laptop")
    assert new.secret.startswith("rsg_")
    stored = {str(value) for value in ApiToken.objects.values().get().values()}
    assert not any(new.secret in value for value in stored)
    assert new.secret.startswith(new.token.prefix)
    assert len(new.token.prefix) <= 12
    assert with_secret(new.secret).get("/api/v1/me").json() == {
        "username": "ada", "is_staff": False, "groups": [{"slug": "chlorates", "name": "Chlorates"}],
    }  # fmt: skip
    new.token.refresh_from_db()
    assert new.token.last_used_at is not None


def test_tokens_that_are_refused(user: User) -> None:
    expired = tokens.create(user, "old")
    ApiToken.objects.filter(pk=expired.token.pk).update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    revoked = tokens.create(user, "lost")
    assert tokens.revoke(user, revoked.token.pk)
    good = tokens.create(user, "good").secret
    for secret in (expired.secret, revoked.secret, good[:-1], good + "x", "rsg_", "", "a b", "\xff"):
        assert with_secret(secret).get("/api/v1/me").status_code == 401, secret
    assert with_secret(good).get("/api/v1/me").status_code == 200
    user.is_active = False
    user.save()
    assert with_secret(good).get("/api/v1/me").status_code == 401


def test_tokens_of_others_cannot_be_revoked(user: User, stranger: User) -> None:
    theirs = tokens.create(stranger, "theirs")
    assert not tokens.revoke(user, theirs.token.pk)
    assert ApiToken.objects.filter(pk=theirs.token.pk).exists()


@pytest.mark.parametrize(("name", "days"), [("", 1), (" ", 1), ("x" * 81, 1), ("ok", 0), ("ok", -1), ("ok", 10**6)])
def test_tokens_out_of_their_limits(user: User, name: str, days: int) -> None:
    with pytest.raises(InvalidParameters):
        tokens.create(user, name, lifetime_days=days)


def test_a_session_needs_the_csrf_token_and_a_bearer_does_not(user: User, sample: Sample) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.get("/api/v1/me").status_code == 200
    refused = browser.patch(f"/api/v1/samples/{sample.pk}", {"notes": "x"})
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    program = APIClient(enforce_csrf_checks=True)
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.create(user, 'x').secret}")
    assert program.patch(f"/api/v1/samples/{sample.pk}", {"notes": "x"}).status_code == 200


def test_what_belongs_to_another_group_is_not_there(
    make_spectrum: Callable[..., Spectrum], instrument: Instrument, api: APIClient, stranger_api: APIClient
) -> None:
    spectrum = make_spectrum()
    run, sample = spectrum.run_id, spectrum.sample_id
    addresses = [
        f"samples/{sample}", f"runs/{run}", f"runs/{run}/events", f"runs/{run}/captures", f"runs/{run}/spectra",
        f"spectra/{spectrum.pk}", f"spectra/{spectrum.pk}/lines", f"spectra/{spectrum.pk}/bins",
        f"spectra/{spectrum.pk}/export.jdx", f"spectra/{spectrum.pk}/export.csv", f"spectra/{spectrum.pk}/lines.csv",
    ]  # fmt: skip
    for address in addresses:
        assert api.get(f"/api/v1/{address}").status_code == 200, address
        assert stranger_api.get(f"/api/v1/{address}").status_code == 404, address
    assert stranger_api.get(f"/api/v1/runs/{run}/partial").status_code == 404
    for action in ("cancel", "requeue", "reprocess"):
        body = {"parameters": {}} if action == "reprocess" else None
        assert stranger_api.post(f"/api/v1/runs/{run}/{action}", body).status_code == 404, action
    assert stranger_api.patch(f"/api/v1/samples/{sample}", {"notes": "mine now"}).status_code == 404
    for name in ("samples", "runs", "spectra", "lines"):
        assert api.get(f"/api/v1/{name}").json()["count"] == 1, name
        assert stranger_api.get(f"/api/v1/{name}").json()["count"] == 0, name


def test_a_run_of_a_foreign_sample_is_not_found(api: APIClient, instrument: Instrument, foreign_sample: Sample) -> None:
    response = api.post(
        "/api/v1/runs",
        {"instrument": "alpha", "sample": foreign_sample.pk, "method": "survey", "parameters": SURVEY},
    )
    assert response.status_code == 404
    assert response.json()["errors"][0]["field"] == "sample"


def test_staff_see_everything(make_spectrum: Callable[..., Spectrum], staff_api: APIClient) -> None:
    make_spectrum()
    for name in ("samples", "runs", "spectra", "lines"):
        assert staff_api.get(f"/api/v1/{name}").json()["count"] == 1, name


def test_who_may_cancel(
    make_run: Callable[..., Run], group: Group, staff_api: APIClient, stranger_api: APIClient
) -> None:
    def colleague(name: str, role: str) -> APIClient:
        someone = User.objects.create_user(name)
        Membership.objects.create(user=someone, group=group, role=role)
        return client_of(someone)

    assert colleague("bob", Membership.Role.MEMBER).post(f"/api/v1/runs/{make_run().pk}/cancel").status_code == 403
    assert colleague("lea", Membership.Role.LEADER).post(f"/api/v1/runs/{make_run().pk}/cancel").status_code == 200
    assert staff_api.post(f"/api/v1/runs/{make_run().pk}/cancel").status_code == 200
    assert stranger_api.post(f"/api/v1/runs/{make_run().pk}/cancel").status_code == 404


def test_only_staff_hold_an_instrument(
    instrument: Instrument, api: APIClient, staff_api: APIClient, sample: Sample
) -> None:
    assert api.post("/api/v1/instruments/alpha/hold").status_code == 403
    held = staff_api.post("/api/v1/instruments/alpha/hold", {"reason": "new probe"}).json()
    assert (held["held"], held["hold_reason"]) == (True, "new probe")
    body = {"instrument": "alpha", "sample": sample.pk, "method": "survey", "parameters": SURVEY}
    queued = api.post("/api/v1/runs", body).json()
    assert queued["state"] == "queued"
    assert queued["queue"]["starts_at"] is None
    assert "new probe" in queued["queue"]["note"]
    assert api.post("/api/v1/instruments/alpha/release").status_code == 403
    assert staff_api.post("/api/v1/instruments/alpha/release").json()["held"] is False
    assert api.get(f"/api/v1/runs/{queued['id']}").json()["queue"]["starts_at"] is not None


def test_addresses_of_radios_are_not_told(instrument: Instrument, api: APIClient) -> None:
    assert "192.0.2.1" not in api.get("/api/v1/instruments/alpha").content.decode()
