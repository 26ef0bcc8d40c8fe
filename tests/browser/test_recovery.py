"""T1 in the browser: the method is chosen, its curve grows while it is measured, and the result is on both pages."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def test_t1_from_the_form_to_the_fitted_curve(page: Page) -> None:
    page.goto("/runs/new/")
    page.get_by_role("link", name="T₁: inversion or saturation recovery").click()
    expect(page.get_by_text("To choose repetition times")).to_be_visible()
    page.get_by_label("Sample").select_option(label="KClO3")
    for label, value in (("Frequency", "28.0846"), ("Averages", "4"), ("Longest delay", "80")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Delays", exact=True).fill("8")
    expect(page.locator("#plan").get_by_text("Shots", exact=True)).to_be_visible()
    page.get_by_role("button", name="Submit the run").click()

    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    points = page.locator("#curve-recovery .points circle")
    expect(points).not_to_have_count(0, timeout=60_000)  # it grows while it is measured
    expect(page.locator("[data-live=status] .state")).to_have_attribute("data-state", "done", timeout=120_000)
    page.get_by_role("link", name="Open the spectrum").click()
    expect(points).to_have_count(8)
    expect(page.locator("#curve-recovery path.fit")).to_be_visible()
    shown = page.locator(".quantities dd").first.inner_text()
    value, sigma = (float(number) for number in re.findall(r"\d+\.?\d*", shown)[:2])
    assert "ms" in shown
    assert abs(value - 20.0) < 4 * sigma, "T1 of the simulated KClO3 is 20 ms"
    page.get_by_text("Data of Recovery").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").last.click()
    assert download.value.suggested_filename.endswith("recovery.csv")
