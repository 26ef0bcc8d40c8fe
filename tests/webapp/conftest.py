"""Rows that most tests of the site need: two groups with a member each, staff, an instrument, samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from acquisition.experiment import Spectrum as Values
from webapp.accounts import tokens
from webapp.accounts.models import Group, Membership, User
from webapp.facility.models import Instrument
from webapp.runs.models import Run
from webapp.samples.models import Sample
from webapp.spectra.models import SpectralLine, Spectrum
from webapp.spectra.services import values

#: parameters of a survey that any instrument with default limits can do
SURVEY = {"centre_frequency_hz": 28.1e6, "span_hz": 0.5e6}


def _member(name: str, group: Group, role: str = Membership.Role.MEMBER) -> User:
    user = User.objects.create_user(name)
    Membership.objects.create(user=user, group=group, role=role)
    return user


@pytest.fixture
def group(db: None) -> Group:
    return Group.objects.create(name="Chlorates", slug="chlorates")


@pytest.fixture
def other_group(db: None) -> Group:
    return Group.objects.create(name="Nitrites", slug="nitrites")


@pytest.fixture
def user(group: Group) -> User:
    return _member("ada", group)


@pytest.fixture
def stranger(other_group: Group) -> User:
    return _member("eve", other_group)


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("stella", is_staff=True)


@pytest.fixture
def instrument(db: None) -> Instrument:
    return Instrument.objects.create(
        slug="alpha", name="Alpha", uri="ip:192.0.2.1", converter={"side": "upper", "lo_hz": 400e6}
    )


@pytest.fixture
def sample(user: User, group: Group) -> Sample:
    return Sample.objects.create(name="KClO3", formula="KClO3", nuclides=["35Cl"], group=group, created_by=user)


@pytest.fixture
def foreign_sample(stranger: User, other_group: Group) -> Sample:
    return Sample.objects.create(name="NaNO2", formula="NaNO2", group=other_group, created_by=stranger)


def client_of(user: User) -> APIClient:
    """An API client with a fresh token of the user."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.create(user, 'test').secret}")
    return client


@pytest.fixture
def api(user: User) -> APIClient:
    return client_of(user)


@pytest.fixture
def stranger_api(stranger: User) -> APIClient:
    return client_of(stranger)


@pytest.fixture
def staff_api(staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def make_run(user: User, instrument: Instrument, sample: Sample) -> Callable[..., Run]:
    """Makes a run row in any state, past the rules of submitting."""

    def make(**fields: Any) -> Run:
        facts: dict[str, Any] = {
            "instrument": instrument, "sample": sample, "group": sample.group, "submitted_by": user,
            "method": "survey", "parameters": SURVEY, "plan": {"duration_s": 60.0}, "state": Run.State.QUEUED,
            "queued_at": timezone.now(),
        }  # fmt: skip
        return Run.objects.create(**(facts | fields))

    return make


@pytest.fixture
def make_spectrum(make_run: Callable[..., Run]) -> Callable[..., Spectrum]:
    """Makes a finished spectrum with stored values and lines at the given frequencies."""

    def make(
        lines_hz: tuple[float, ...] = (28.08e6,), points: int = 4000, run: Run | None = None, **fields: Any
    ) -> Spectrum:
        run = run or make_run(state=Run.State.DONE)
        rng = np.random.default_rng(points)
        data = (rng.normal(size=points) + 1j * rng.normal(size=points)).astype(np.complex64)
        version = run.spectra.count() + 1
        name = f"test/run-{run.pk}-version-{version}"
        values.save(name, data)
        facts: dict[str, Any] = {
            "run": run, "sample": run.sample, "group": run.group, "version": version, "state": Spectrum.State.DONE,
            "x0_hz": 28.0e6, "dx_hz": 50.0, "points": points, "noise_sigma": 1.0, "name": name,
            "content_sha256": f"{run.pk:032d}{version:032d}", "software_version": "test",
        }  # fmt: skip
        spectrum = Spectrum.objects.create(**(facts | fields))
        for frequency_hz in lines_hz:
            SpectralLine.objects.create(
                spectrum=spectrum, frequency_hz=frequency_hz, frequency_sigma_hz=12.0, fwhm_hz=900.0, amplitude=0.1,
                snr=20.0, unfolding_confidence=0.99, status="confirmed",
            )  # fmt: skip
        return spectrum

    return make


def values_of(spectrum: Spectrum) -> Values:
    """The stored values of a spectrum."""
    return values.load(spectrum)
