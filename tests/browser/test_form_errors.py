"""What is wrong stands beside its field, with the limit, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors
from tools.stack import Stack

WRONG = [
    ("Span", "0", "Span must be"),
    ("Span", "nan", "finite number"),
    ("Centre frequency", "-3", "Centre frequency must be"),
    ("Centre frequency", "28,1", "Use a point"),
    ("Centre frequency", "900", "MHz"),
    ("Tooth length", "20", "µs"),
    ("Gap period", "3", "µs"),
    ("Averages", "1000000000", ""),
]


def _fill(page: Page, label: str, text: str) -> None:
    page.goto("/runs/new/")
    page.get_by_label("Sample").select_option(label="KClO3")
    page.get_by_label("Centre frequency").fill("28.1")
    page.get_by_label("Span").fill("1")
    page.get_by_text("with good defaults").click()
    page.get_by_label(label, exact=True).fill(text)


@pytest.mark.parametrize(("label", "text", "message"), WRONG)
def test_fault_stands_beside_its_field_while_typing(page: Page, label: str, text: str, message: str) -> None:
    _fill(page, label, text)
    field = page.locator(".field", has=page.get_by_label(label, exact=True))
    error = field.locator(".errors li")
    expect(error).to_be_visible()
    expect(error).to_contain_text(message)
    expect(page.get_by_label(label, exact=True)).to_have_attribute("aria-invalid", "true")


def test_faults_without_scripts(site: Stack, visitors: Visitors, log_in: Callable[[Page], Page]) -> None:
    page = log_in(visitors.open(site.url, java_script_enabled=False))
    for label, text, message in WRONG[:3]:
        _fill(page, label, text)
        page.get_by_role("button", name="Submit the run").click()
        field = page.locator(".field", has=page.get_by_label(label, exact=True))
        expect(field.locator(".errors li")).to_contain_text(message)
        # What was typed is kept.
        expect(page.get_by_label(label, exact=True)).to_have_value(text)


def test_plan_without_scripts(site: Stack, visitors: Visitors, log_in: Callable[[Page], Page]) -> None:
    page = log_in(visitors.open(site.url, java_script_enabled=False))
    _fill(page, "Span", "3")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("#plan svg.profile")).to_be_visible()
