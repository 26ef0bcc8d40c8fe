"""The main thing: from the form to a confirmed line, live, and into the viewer."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

KCLO3_HZ = 28_084_600.0


def test_survey_from_the_form_to_a_confirmed_line(page: Page) -> None:
    page.get_by_role("link", name="New run").click()
    page.get_by_label("Sample").select_option(label="KClO3")
    page.get_by_label(re.compile("^Title")).fill("From the browser")
    page.get_by_label("Centre frequency").fill("28.1")
    page.get_by_label("Span").fill("1")
    # The plan is drawn while one types: numbers and the picture of the excitation.
    plan = page.locator("#plan")
    expect(plan.get_by_text("Expected", exact=True)).to_be_visible()
    expect(plan.locator("svg.profile")).to_be_visible()
    page.get_by_role("button", name="Submit the run").click()

    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("From the browser")
    # No reload from here on: what changes, changes live.
    page.evaluate("window.stillTheSamePage = true")
    expect(page.get_by_text("Acquiring").first).to_be_visible(timeout=30_000)
    expect(page.locator("progress")).to_be_visible()
    expect(page.locator("[data-partial] canvas")).to_be_visible(timeout=60_000)
    state = page.locator("[data-live=status] .state")
    expect(state).to_have_attribute("data-state", "done", timeout=120_000)
    line = page.locator("tr[data-status=confirmed]")
    expect(line).to_have_count(1)
    frequency_hz = float(line.get_attribute("data-line-hz") or "nan")
    assert abs(frequency_hz - KCLO3_HZ) < 2000
    assert page.evaluate("window.stillTheSamePage") is True

    page.get_by_role("link", name="Open the spectrum").click()
    expect(page.locator("[data-viewer-plot]")).to_have_attribute("data-shown-points", re.compile(r"\d\d\d+"))
    expect(page.locator("tr[data-status=confirmed]")).to_have_count(1)


def test_double_submit_makes_one_run(page: Page) -> None:
    page.goto("/runs/new/")
    page.get_by_label("Sample").select_option(label="KClO3")
    page.get_by_label("Centre frequency").fill("28.1")
    page.get_by_label("Span").fill("0.5")
    key = page.locator("[name=idempotency_key]").input_value()
    page.get_by_role("button", name="Submit the run").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    first = page.url
    page.go_back()
    # The browser brings the form back as it was sent; sent again it leads to the same run.
    page.locator("[name=idempotency_key]").evaluate("(field, key) => { field.value = key }", key)
    page.get_by_label("Sample").select_option(label="KClO3")
    page.get_by_label("Centre frequency").fill("28.1")
    page.get_by_label("Span").fill("0.5")
    page.get_by_role("button", name="Submit the run").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    assert page.url == first
