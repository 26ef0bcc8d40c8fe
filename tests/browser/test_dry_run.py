"""A run is tried from its form before it is submitted: button, guess, live page, and back to the form."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tools.stack import Stack


def test_from_the_form_to_what_to_expect_and_back(site: Stack, page: Page) -> None:
    page.goto("/runs/new/?method=fid")
    page.get_by_label("Sample").select_option(label="KClO3")
    page.get_by_label("Frequency", exact=True).fill("28.1")
    page.get_by_text("Dry run: try it on a simulated copy").click()
    page.get_by_label("Lines thought to lie at").fill("28.10x")
    page.get_by_role("button", name="Dry run").click()
    expect(page.locator(".errors").filter(has_text="must be a number")).to_be_visible(timeout=30_000)
    # the preview that comes with the page leaves that fault alone
    expect(page.locator("#plan figure")).to_be_visible(timeout=30_000)
    expect(page.locator(".errors").filter(has_text="must be a number")).to_be_visible()

    page.get_by_label("Lines thought to lie at").fill("28.101")
    page.get_by_label("Amplitude over noise, strongest line").fill("0.5")
    page.get_by_role("button", name="Dry run").click()
    expect(page.locator("[data-simulated]")).to_be_visible(timeout=30_000)
    # the page brings itself up to date
    expect(page.get_by_role("img", name="Simulated spectrum")).to_be_visible(timeout=60_000)
    expect(page.locator("table.lines [data-state=confirmed]")).to_be_visible()

    page.get_by_role("link", name="Prepare this run").click()
    expect(page.get_by_label("Frequency", exact=True)).to_have_value("28.1")
    page.goto("/dry-runs/")
    expect(page.get_by_role("link", name="Dry run 1")).to_be_visible()
