"""Real Chromium against the whole facility. Every page that a test opens must end without an error in its console."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tools.stack import ROOT, Stack

BUNDLES = ROOT / "webapp" / "static_build" / "build"
PHONE = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a browser test and starts real processes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the machine, or the one that Playwright has downloaded.

    It ends with its module: while Playwright runs, its event loop keeps Django from any query in the same thread, and
    the next module of this process may be one that needs the database.
    """
    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=installed, args=[*flags, "--disable-sync"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(stack: Stack) -> Stack:
    """The facility with its scripts built."""
    assert (BUNDLES / "spectrum.js").exists(), "The scripts are not built: npm ci && npm run build in webapp/frontend."
    return stack


class Visitors:
    """Opens pages in contexts of their own and keeps what their consoles complained about."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        #: what a test provokes on purpose: complaints with one of these texts in them do not count
        self.expected: list[str] = []

    def open(self, base_url: str, **options: Any) -> Page:
        """A page of a new visitor."""
        context = self._browser.new_context(base_url=base_url, **options)
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(part in text for part in self.expected)]

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Visitors]:
    """Visitors of a test; afterwards no console may hold an error, such as a violation of the content policy."""
    group = Visitors(browser)
    yield group
    group.close()
    assert group.unexpected() == []


@pytest.fixture
def log_in() -> Callable[[Page], Page]:
    """Logs a page in as the demonstration's user, through the form."""

    def enter(page: Page, username: str = "demo", password: str = Stack.demo_password) -> Page:
        page.goto("/accounts/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(password)
        page.locator("main").get_by_role("button", name="Log in").click()
        page.wait_for_url("**/")
        return page

    return enter


@pytest.fixture
def page(site: Stack, visitors: Visitors, log_in: Callable[[Page], Page]) -> Page:
    """A logged-in visitor with a desktop's window."""
    return log_in(visitors.open(site.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"))


@pytest.fixture(scope="session")
def measured(site: Stack) -> dict[str, int]:
    """A finished survey of KClO3, submitted through the API: ids of its run, spectrum and sample."""
    from tests.browser import facility

    return facility.survey_to_the_end(site)
