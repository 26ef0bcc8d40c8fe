"""The spectrum viewer: zoom by box, wheel, touch and keyboard, step back, components, units, links to a view."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.conftest import PHONE, Visitors
from tools.stack import Stack

PLOT = "[data-viewer-plot]"


@pytest.fixture
def viewer(page: Page, measured: dict[str, int]) -> Page:
    page.goto(f"/spectra/{measured['spectrum']}/")
    expect(page.locator(PLOT)).to_have_attribute("data-shown-points", re.compile(r"\d+"))
    return page


def _range_mhz(page: Page) -> tuple[float, float] | None:
    """The view in the address; None while everything is shown."""
    match = re.search(r"x=([\d.]+),([\d.]+)", str(page.evaluate("location.hash")))  # page.url follows later
    return (float(match[1]), float(match[2])) if match else None


def _over(page: Page) -> FloatRect:
    page.locator(f"{PLOT} .u-over").scroll_into_view_if_needed()
    box = page.locator(f"{PLOT} .u-over").bounding_box()
    assert box is not None
    return box


def _drag(page: Page, start: tuple[float, float], end: tuple[float, float], button: str = "left") -> None:
    """Drag between two points given as fractions of the plot."""
    box = _over(page)
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down(button=button)
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=6)
    page.mouse.up(button=button)


def test_box_zoom_fetches_the_visible_part_and_double_click_steps_back(viewer: Page) -> None:
    with viewer.expect_response(re.compile(r"/bins\?.*from_hz=")) as answer:
        _drag(viewer, (0.4, 0.1), (0.6, 0.12))
    assert answer.value.status == 200
    shown = _range_mhz(viewer)
    assert shown is not None
    first_hz = float(answer.value.headers["x-rasgado-x0-hz"])
    step_hz = float(answer.value.headers["x-rasgado-dx-hz"])
    assert first_hz == pytest.approx(shown[0] * 1e6, abs=3 * step_hz)
    _drag(viewer, (0.4, 0.1), (0.6, 0.12))
    narrower = _range_mhz(viewer)
    assert narrower is not None
    assert narrower[1] - narrower[0] < 0.5 * (shown[1] - shown[0])

    box = _over(viewer)
    viewer.mouse.dblclick(box["x"] + 20, box["y"] + 20)
    assert _range_mhz(viewer) == pytest.approx(shown)
    viewer.mouse.dblclick(box["x"] + 20, box["y"] + 20)
    assert _range_mhz(viewer) is None


def test_wheel_keeps_the_frequency_under_the_cursor(viewer: Page) -> None:
    box = _over(viewer)
    viewer.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    readout = viewer.locator("[data-viewer-readout]")
    expect(readout).to_contain_text("MHz")
    before = float((readout.text_content() or "").split(" MHz")[0].replace("\u202f", ""))
    for _ in range(3):
        viewer.mouse.wheel(0, -240)
    shown = _range_mhz(viewer)
    assert shown is not None
    under_cursor = shown[0] + 0.25 * (shown[1] - shown[0])
    assert under_cursor == pytest.approx(before, abs=0.02 * (shown[1] - shown[0]) + 0.002)


def test_shift_drag_and_right_drag_pan(viewer: Page) -> None:
    _drag(viewer, (0.4, 0.5), (0.6, 0.51))
    start = _range_mhz(viewer)
    assert start is not None
    viewer.keyboard.down("Shift")
    _drag(viewer, (0.5, 0.5), (0.3, 0.5))
    viewer.keyboard.up("Shift")
    moved = _range_mhz(viewer)
    assert moved is not None
    width = start[1] - start[0]
    assert moved[0] - start[0] == pytest.approx(0.2 * width, rel=0.1)
    assert moved[1] - moved[0] == pytest.approx(width, rel=1e-3)
    _drag(viewer, (0.3, 0.5), (0.5, 0.5), button="right")
    assert _range_mhz(viewer) == pytest.approx(start, abs=0.05 * width)


def test_keyboard_moves_reads_out_zooms_and_steps_through_lines(viewer: Page) -> None:
    plot = viewer.locator(PLOT)
    live = viewer.locator("[data-viewer-live]")
    plot.focus()
    viewer.keyboard.press("ArrowRight")
    expect(live).to_contain_text("MHz, magnitude")
    viewer.keyboard.press("+")
    expect(live).to_contain_text("Showing")
    zoomed = _range_mhz(viewer)
    assert zoomed is not None
    viewer.keyboard.press("Shift+ArrowRight")
    moved = _range_mhz(viewer)
    assert moved is not None
    assert moved[0] > zoomed[0]
    viewer.keyboard.press("0")
    viewer.keyboard.press("Home")
    viewer.keyboard.press("l")
    first = viewer.locator("tr[data-line-hz]:not([data-status=rejected])").first
    frequency_mhz = float(first.get_attribute("data-line-hz") or "nan") / 1e6
    expect(live).to_contain_text(re.compile("^(Confirmed line|Candidate) at "))
    said = (live.text_content() or "").replace("\u202f", "").split(" at ")[1].split("(")[0]
    assert float(said) == pytest.approx(frequency_mhz, abs=0.001)
    viewer.keyboard.press("Backspace")
    viewer.keyboard.press("0")
    assert _range_mhz(viewer) is None


def test_components_and_units(viewer: Page) -> None:
    with viewer.expect_response(re.compile("component=real")):
        viewer.get_by_role("radio", name="Real").check()
    viewer.get_by_label("Frequency unit").select_option("offset")
    assert viewer.evaluate("location.hash") == "#c=real&u=offset"
    box = _over(viewer)
    viewer.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    expect(viewer.locator("[data-viewer-readout]")).to_contain_text(re.compile(r"\+\d+.* kHz"))


def test_link_shows_exactly_what_was_on_the_screen(viewer: Page) -> None:
    _drag(viewer, (0.45, 0.3), (0.55, 0.31))
    address = str(viewer.evaluate("location.href"))
    shown = _range_mhz(viewer)
    viewer.goto("about:blank")
    with viewer.expect_response(re.compile(r"/bins\?")) as answer:
        viewer.goto(address)
    assert _range_mhz(viewer) == shown
    assert shown is not None
    asked = re.search(r"from_hz=([\d.]+)", answer.value.url)
    assert asked is not None
    assert float(asked[1]) == pytest.approx(shown[0] * 1e6, abs=1.0)


def test_choosing_a_line_in_the_table_shows_it(viewer: Page) -> None:
    row = viewer.locator("tr[data-status=confirmed]").first
    row.locator("td").last.click()
    shown = _range_mhz(viewer)
    assert shown is not None
    frequency = float(row.get_attribute("data-line-hz") or "nan") / 1e6
    assert shown[0] < frequency < shown[1]
    assert shown[1] - shown[0] < 0.1


def test_downloads(viewer: Page) -> None:
    for name, first in (("JCAMP-DX", "##TITLE="), ("CSV", "")):
        with viewer.expect_download() as download:
            viewer.get_by_role("link", name=name).click()
        text = download.value.path().read_text()
        assert text.startswith(first)
        assert len(text) > 10_000


def test_two_fingers_zoom(
    site: Stack, visitors: Visitors, log_in: Callable[[Page], Page], measured: dict[str, int]
) -> None:
    phone = log_in(visitors.open(site.url, **PHONE))
    phone.goto(f"/spectra/{measured['spectrum']}/")
    expect(phone.locator(PLOT)).to_have_attribute("data-shown-points", re.compile(r"\d+"))
    box = _over(phone)
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = phone.context.new_cdp_session(phone)

    def send(kind: str, half_px: float) -> None:
        points = [{"x": middle - half_px, "y": y, "id": 1}, {"x": middle + half_px, "y": y, "id": 2}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []})

    send("touchStart", 30)
    for half_px in (40, 60, 90, 120):
        send("touchMove", half_px)
    send("touchEnd", 0)
    shown = _range_mhz(phone)
    assert shown is not None
    assert shown[1] - shown[0] < 0.5  # of about 1.5 MHz; the fingers went four times as far apart
