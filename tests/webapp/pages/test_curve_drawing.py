"""Pictures of curves: every value where its axis says, whatever the values are."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.curves import Axis
from tests.webapp.api.test_curves import with_results
from tests.webapp.spectra.curves import recovery
from webapp.accounts.models import User
from webapp.runs import partial
from webapp.runs.models import Run
from webapp.spectra import curve_drawing
from webapp.spectra.models import Spectrum

FINITE = st.floats(-1e12, 1e12, allow_nan=False)


def test_a_logarithmic_axis_has_equal_steps_for_equal_ratios() -> None:
    picture = curve_drawing.picture(recovery())
    x = [float(point["x"]) for point in picture["points"]]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
    assert [label for _, label in picture["x_ticks"]] == ["1", "2", "5", "10", "20", "50", "100"]
    assert picture["x_label"] == "Delay / ms"


def test_zero_and_residuals_are_shown() -> None:
    picture = curve_drawing.picture(recovery())
    assert float(picture["zero"]) == pytest.approx(float(picture["points"][1]["y"]), abs=0.1)
    assert len(picture["residuals"]["points"]) == 3
    nothing = np.zeros(0)
    assert curve_drawing.picture(recovery(fit_x=nothing, fit_y=nothing))["residuals"] is None


@given(st.lists(st.tuples(FINITE, FINITE, st.floats(0, 1e12)), max_size=8), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_curve_has_a_picture_within_its_frame(values: list[tuple[float, float, float]], logarithmic: bool) -> None:
    x, y, sigma = (np.array([value[k] for value in values]) for k in range(3))
    picture = curve_drawing.picture(recovery(x=x, y=y, y_sigma=sigma, x_axis=Axis("x", logarithmic=logarithmic)))
    for point in picture.get("points", ()):
        assert picture["left"] - 0.1 <= float(point["x"]) <= picture["right"] + 0.1
        assert picture["top"] - 0.1 <= float(point["y"]) <= picture["bottom"] + 0.1
    assert len(curve_drawing.table(recovery(x=x, y=y, y_sigma=sigma))) == len(values)


def test_the_pages_show_curve_quantity_and_data(
    client: Client, user: User, make_spectrum: Callable[..., Spectrum]
) -> None:
    spectrum = with_results(make_spectrum())
    client.force_login(user)
    for address in (f"/spectra/{spectrum.pk}/", f"/runs/{spectrum.run_id}/"):
        page = client.get(address).content.decode()
        assert 'id="curve-recovery"' in page
        assert "20.0 ± 1.0 ms" in page
        assert f"/api/v1/spectra/{spectrum.pk}/curves/recovery.csv" in page


def test_a_run_in_progress_shows_what_is_measured_until_now(
    client: Client, user: User, make_run: Callable[..., Run]
) -> None:
    run = make_run(state=Run.State.ACQUIRING, method="inversion_recovery")
    client.force_login(user)
    assert "Results until now" not in client.get(f"/runs/{run.pk}/").content.decode()
    partial.store_curves(run.pk, [recovery()])
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "Results until now" in page
    assert 'id="curve-recovery"' in page


def test_a_line_leads_to_the_methods_that_measure_it(
    client: Client, user: User, make_spectrum: Callable[..., Spectrum]
) -> None:
    spectrum = make_spectrum(lines_hz=(28.0846e6,))
    client.force_login(user)
    page = client.get(f"/spectra/{spectrum.pk}/").content.decode()
    (address,) = re.findall(r'href="(/runs/new/\?method=inversion_recovery[^"]*)"', page)
    form = client.get(address.replace("&amp;", "&")).content.decode()
    assert 'value="28.0846"' in form
    assert f'<option value="{spectrum.sample_id}" selected' in form
