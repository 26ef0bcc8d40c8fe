"""Stopping a long run, and following runs where server-sent events do not get through."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import facility
from tests.browser.conftest import Visitors
from tools.stack import Stack


@pytest.fixture
def long_run(site: Stack) -> Iterator[int]:
    """A run that would take hours, being measured; gone after the test."""
    with facility.api(site) as client:
        run = facility.submit(client, facility.LONG, "Would take hours")
        facility.wait_for(client, run, ("acquiring",), 60.0)
        yield run
        client.post(f"/runs/{run}/cancel")
        facility.wait_for(client, run, facility.FINAL, 60.0)


def test_cancel_asks_first_then_stops_the_transmitter(site: Stack, page: Page, long_run: int) -> None:
    page.goto(f"/runs/{long_run}/")
    cancel = page.get_by_role("button", name="Cancel the run")
    cancel.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("transmitter is turned off")
    dialog.get_by_role("button", name="Let it go on").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-live=status] .state")).to_have_attribute("data-state", "acquiring")

    cancel.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.locator("[data-live=status] .state")).to_have_attribute("data-state", "cancelled", timeout=30_000)
    expect(page.get_by_role("button", name="Queue again")).to_be_visible()
    log = [json.loads(text) for text in site.radio_log.read_text().splitlines()]
    switching = [entry["event"] for entry in log if entry["event"] in ("tx_on", "tx_off")]
    assert switching[-1] == "tx_off"


def test_polling_where_event_streams_fail(page: Page, long_run: int, visitors: Visitors) -> None:
    visitors.expected.append("/stream")
    page.route("**/stream*", lambda route: route.abort())
    page.goto(f"/runs/{long_run}/")
    expect(page.get_by_text("looking every two seconds")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Cancel the run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.locator("[data-live=status] .state")).to_have_attribute("data-state", "cancelled", timeout=30_000)


def test_visitor_sees_the_queue_move(page: Page, long_run: int, site: Stack) -> None:
    with facility.api(site) as client:
        waiting = facility.submit(client, facility.SURVEY, "Waits its turn")
    page.goto(f"/runs/{waiting}/")
    expect(page.locator("[data-live=status]")).to_contain_text("1 run before it")
    with facility.api(site) as client:
        client.post(f"/runs/{long_run}/cancel")
    expect(page.locator("[data-live=status] .state")).to_have_attribute("data-state", "done", timeout=120_000)
