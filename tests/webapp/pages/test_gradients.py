"""The distribution of field gradients on a sample's page: picture, table, data, and what is said without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from acquisition.methods.echo_map import EchoMapParameters
from acquisition.reconstruction import Reconstruction
from tests.acquisition.broad import lines
from webapp.accounts.models import User
from webapp.runs.models import Run
from webapp.spectra.models import Spectrum
from webapp.spectra.services.curves import curve_row, plain_curve, plain_quantity, quantity_row


@pytest.fixture(scope="module")
def found() -> Reconstruction:
    """A real map of a line 100 kHz wide."""
    p = EchoMapParameters(centre_frequency_hz=30e6, span_hz=300e3, nuclide="35Cl")
    model, values = lines.gaussian(100e3)
    return lines.mapped(lines.captures(p, model, values, 1.0, 3))


def store(spectrum: Spectrum, found: Reconstruction, only: str = "") -> None:
    for position, curve in enumerate(curve for curve in found.curves if curve.name.startswith(only)):
        curve_row(spectrum, position, plain_curve(curve)).save()
    for position, quantity in enumerate(found.quantities):
        quantity_row(spectrum, position, plain_quantity(quantity)).save()


def mapped_run(make_run: Callable[..., Run], **parameters: Any) -> Run:
    return make_run(state=Run.State.DONE, method="echo_map", parameters=parameters)


def test_a_map_is_drawn_on_its_samples_page(
    client: Client, user: User, make_run: Callable[..., Run], make_spectrum: Callable[..., Spectrum],
    found: Reconstruction,
) -> None:  # fmt: skip
    spectrum = make_spectrum(run=mapped_run(make_run, nuclide="35Cl"))
    store(spectrum, found)
    client.force_login(user)
    page = client.get(f"/samples/{spectrum.sample_id}/").content.decode()
    assert 'class="curve gradient"' in page and 'class="fit second"' in page and 'class="bound"' in page
    assert "Extended Czjzek" in page and "smallest that an unknown η allows" in page
    mean = next(quantity for quantity in found.quantities if quantity.name == "gradient_mean_v_per_m2")
    assert f"{mean.value / 1e21:.3f}"[:5] in page
    assert f"/api/v1/spectra/{spectrum.pk}/curves/efg_gaussian.csv" in page
    assert client.get(f"/api/v1/spectra/{spectrum.pk}/curves/efg_gaussian.csv").status_code == 200


def test_without_a_map_the_page_says_how_to_get_one(
    client: Client, user: User, make_spectrum: Callable[..., Spectrum]
) -> None:
    spectrum = make_spectrum()
    client.force_login(user)
    page = client.get(f"/samples/{spectrum.sample_id}/").content.decode()
    assert "No distribution yet" in page and "method=echo_map" in page


def test_a_map_without_nuclide_asks_for_it(
    client: Client, user: User, make_run: Callable[..., Run], make_spectrum: Callable[..., Spectrum],
    found: Reconstruction,
) -> None:  # fmt: skip
    spectrum = make_spectrum(run=mapped_run(make_run))
    store(spectrum, found, only="line_density")
    client.force_login(user)
    page = client.get(f"/samples/{spectrum.sample_id}/").content.decode()
    assert "its nuclide was not given" in page


def test_another_group_sees_nothing_of_it(
    client: Client, stranger: User, make_run: Callable[..., Run], make_spectrum: Callable[..., Spectrum],
    found: Reconstruction,
) -> None:  # fmt: skip
    spectrum = make_spectrum(run=mapped_run(make_run, nuclide="35Cl"))
    store(spectrum, found)
    client.force_login(stranger)
    assert client.get(f"/samples/{spectrum.sample_id}/").status_code == 404
