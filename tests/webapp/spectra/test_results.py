"""Storing a result: values, lines and hash, all or nothing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone

from acquisition import experiment
from acquisition.curves import Curve, Quantity
from acquisition.lines import Line, LineStatus
from acquisition.methods.parameters import describe
from acquisition.reconstruction import ReconstructionParameters
from acquisition.reconstruction.detection import Detection
from tests.webapp.api.test_runs import with_capture
from tests.webapp.spectra.curves import T1, recovery
from webapp.runs.models import Run
from webapp.spectra.models import Spectrum
from webapp.spectra.services import load, results
from webapp.spectra.services.curves import ImpossibleCurve, as_curve

LINE = Line(28.0846e6, 12.0, 900.0, math.nan, 0.1, 0.01, 0.5, 25.0, 0.999, LineStatus.CONFIRMED, "seen twice")


@dataclasses.dataclass(frozen=True)
class Result:
    lines: tuple[Line, ...] = (LINE,)
    spectrum: experiment.Spectrum = dataclasses.field(
        default_factory=lambda: experiment.Spectrum(28e6, 50.0, np.arange(100, dtype=np.complex64) * (1 + 2j), 0.3)
    )
    curves: tuple[Curve, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    detection: Detection | None = None


def stored(run: Run, result: Result, version: int, **fields: object) -> Spectrum:
    spectrum = Spectrum.objects.create(
        run=run, sample=run.sample, group=run.group, version=version, state=Spectrum.State.PROCESSING,
        fence=version, **fields,
    )  # fmt: skip
    results.store(spectrum, result, list(run.captures.all()))
    spectrum.refresh_from_db()
    return spectrum


def test_what_is_stored_is_what_was_made(make_run: Callable[..., Run]) -> None:
    run = with_capture(make_run(state=Run.State.PROCESSING))
    spectrum = stored(run, Result(), 1)
    assert spectrum.state == Spectrum.State.PROCESSING, "the job closes itself"
    assert (spectrum.x0_hz, spectrum.dx_hz, spectrum.points, spectrum.noise_sigma) == (28e6, 50.0, 100, 0.3)
    assert spectrum.parameters == dataclasses.asdict(ReconstructionParameters()), "defaults are written down"
    assert spectrum.inputs == [{"name": "x", "sha256": "0" * 64}]
    assert spectrum.software_version.startswith("rasgado-nqr")
    spectrum.state = Spectrum.State.DONE
    assert load(spectrum).values.tobytes() == Result().spectrum.values.tobytes()
    row = spectrum.lines.get()
    assert row.fwhm_sigma_hz is None
    again = results.as_line(row)
    assert dataclasses.replace(again, fwhm_sigma_hz=0.0) == dataclasses.replace(LINE, fwhm_sigma_hz=0.0)
    assert math.isnan(again.fwhm_sigma_hz)


def test_the_hash_depends_on_contents_only(make_run: Callable[..., Run]) -> None:
    run = with_capture(make_run(state=Run.State.PROCESSING))
    base = stored(run, Result(), 1).content_sha256
    assert stored(run, Result(), 2).content_sha256 == base
    info = next(i for i in describe(ReconstructionParameters) if i.minimum not in {None, i.default} and i.type is float)
    other_values = dataclasses.replace(Result().spectrum, values=np.zeros(100, np.complex64))
    others = [
        stored(run, Result(), 3, parameters={info.name: info.minimum}),
        stored(run, Result(spectrum=other_values), 4),
        stored(run, Result(lines=(dataclasses.replace(LINE, snr=26.0),)), 5),
        stored(run, Result(spectrum=dataclasses.replace(Result().spectrum, noise_sigma=0.31)), 6),
    ]
    assert len({base, *(spectrum.content_sha256 for spectrum in others)}) == 5


def test_windows_and_threshold_are_stored_shown_and_exported(client: Client, make_run: Callable[..., Run]) -> None:
    """Noise and phase of each tuning, and what was counted as a line: in the row, the API, the page and the files."""
    run = with_capture(make_run(state=Run.State.PROCESSING))
    windows = (
        experiment.SpectrumWindow(28e6, 28.0025e6, 0.25, 0.0, phase_known=True),
        experiment.SpectrumWindow(28.0025e6, 28.005e6, 0.75, 0.0, phase_known=False),
    )
    wide = dataclasses.replace(Result().spectrum, windows=windows)
    plain = stored(run, Result(), 1)
    spectrum = stored(run, Result(spectrum=wide, detection=Detection(4.25, 0.002)), 2, finished_at=timezone.now())
    assert (plain.windows, plain.detection_snr) == ([], None)
    assert spectrum.content_sha256 != plain.content_sha256
    Spectrum.objects.filter(pk=spectrum.pk).update(state=Spectrum.State.DONE)
    spectrum.refresh_from_db()
    assert load(spectrum).windows == windows

    client.force_login(run.submitted_by)
    shown = client.get(f"/api/v1/spectra/{spectrum.pk}").json()
    assert [window["noise_sigma"] for window in shown["windows"]] == [0.25, 0.75]
    assert (shown["detection_snr"], shown["detection_false_alarms"]) == (4.25, 0.002)
    page = client.get(f"/spectra/{spectrum.pk}/").content.decode()
    assert "2 windows with their noise and phase" in page
    assert "no line tells it" in page
    assert "noise alone exceeds it 0.0020 times a survey" in page
    Spectrum.objects.filter(pk=spectrum.pk).update(detection_false_alarms=1.0)
    assert (
        "of which noise alone gives 1.0 a survey; each was measured again"
        in client.get(f"/spectra/{spectrum.pk}/").content.decode()
    ), "candidates of a first pass are not what is reported"
    Spectrum.objects.filter(pk=spectrum.pk).update(detection_false_alarms=0.002)
    table = client.get(f"/api/v1/spectra/{spectrum.pk}/export.csv").content.decode()
    assert (
        "window_low_hz,window_high_hz,noise_sigma,phase_rad\r\n28000000,28002500,0.25,0\r\n28002500,28005000,0.75,\r\n"
        in table
    )
    assert "detection_snr,4.25\r\nexpected_false_alarms,0.002\r\n" in table
    exported = client.get(f"/api/v1/spectra/{spectrum.pk}/export.jdx").content.decode()
    assert "##$NQR WINDOW 2= FROM=28002500.000 HZ, TO=28005000.000 HZ, NOISE SIGMA=7.5" in exported
    assert "PHASE=UNKNOWN" in exported


def test_curves_and_quantities_are_stored_and_hashed(make_run: Callable[..., Run]) -> None:
    run = with_capture(make_run(state=Run.State.PROCESSING))
    without = stored(run, Result(), 1).content_sha256
    one = Result(curves=(recovery(),), quantities=(T1, dataclasses.replace(T1, name="t2_s", sigma=math.nan)))
    spectrum = stored(run, one, 2)
    again = as_curve(spectrum.curves.get())
    for name in ("x", "y", "y_sigma", "fit_x", "fit_y"):
        assert getattr(again, name).tolist() == getattr(recovery(), name).tolist()
    assert (again.x_axis, again.y_axis, again.model) == (recovery().x_axis, recovery().y_axis, recovery().model)
    assert [(row.name, row.value, row.sigma) for row in spectrum.quantities.all()] == [
        ("t1_s", 20e-3, 1e-3),
        ("t2_s", 20e-3, None),
    ]
    others = [
        stored(run, dataclasses.replace(one, curves=(recovery(y=np.array([-0.9, 0.0, 0.951])),)), 3),
        stored(run, dataclasses.replace(one, quantities=(T1,)), 4),
    ]
    assert len({without, spectrum.content_sha256, *(other.content_sha256 for other in others)}) == 4


@pytest.mark.parametrize("wrong", [{"y": np.array([1.0, math.nan, 0.0])}, {"x": np.arange(2.0)}, {"fit_y": np.ones(2)}])
def test_impossible_curves_are_refused(make_run: Callable[..., Run], wrong: dict[str, object]) -> None:
    with pytest.raises(ImpossibleCurve):
        stored(make_run(state=Run.State.PROCESSING), Result(curves=(recovery(**wrong),)), 1)


def test_files_of_two_owners_never_meet(make_run: Callable[..., Run]) -> None:
    run = with_capture(make_run(state=Run.State.PROCESSING))
    spectrum = stored(run, Result(), 1)
    first = spectrum.name
    spectrum.fence += 1
    results.store(spectrum, Result(), [])
    assert spectrum.name != first
    assert storages["spectra"].exists(first)
    results.store(spectrum, Result(), [])  # the same owner again: replaced, and its lines not doubled
    assert spectrum.lines.count() == 1


@pytest.mark.parametrize(
    "result",
    [
        Result(spectrum=experiment.Spectrum(28e6, 50.0, np.full(3, np.nan, np.complex64), 0.3)),
        Result(spectrum=experiment.Spectrum(28e6, 0.0, np.zeros(3, np.complex64), 0.3)),
        Result(lines=(dataclasses.replace(LINE, frequency_hz=math.nan),)),
        Result(lines=(dataclasses.replace(LINE, snr=math.inf),)),
        Result(
            spectrum=dataclasses.replace(
                Result().spectrum, windows=(experiment.SpectrumWindow(28e6, 28.005e6, math.nan),)
            )
        ),
    ],
)
def test_impossible_results_are_refused(make_run: Callable[..., Run], result: Result) -> None:
    with pytest.raises(results.ImpossibleResult):
        stored(make_run(state=Run.State.PROCESSING), result, 1)
