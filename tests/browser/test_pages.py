"""Every page: no complaint in the console, no sideways scrolling on a phone, usable by keyboard, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visitors
from tools.stack import Stack

PATHS = [
    "/", "/samples/", "/samples/new/", "/samples/{sample}/", "/samples/{sample}/edit/", "/runs/", "/runs/new/",
    "/runs/new/?method=survey&like={run}", "/runs/{run}/", "/runs/{run}/reprocess/", "/spectra/{spectrum}/",
    "/quadrupole/", "/quadrupole/?nuclide=121Sb&coupling_mhz=383&eta=0.2", "/quadrupole/nuclides/",
    "/quadrupole/?nuclide=14N&lines_mhz=4.642+3.604", "/instruments/", "/instruments/demo/", "/accounts/settings/",
    "/instruments/demo/calibrations/",
    "/bookings/", "/bookings/new/", "/bookings/mine/", "/bookings/waitlist/", "/accounts/groups/",
    "/notifications/", "/notifications/settings/", "/calendars/", "/status/",
]  # fmt: skip


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_pages_are_sound(
    look: str, site: Stack, visitors: Visitors, log_in: Callable[[Page], Page], measured: dict[str, int]
) -> None:
    options = PHONE if look == "phone" else {"color_scheme": look, "viewport": {"width": 1280, "height": 900}}
    visitor = visitors.open(site.url, **options)
    for path in ("/", "/accounts/login/"):
        visitor.goto(path)
        _check(visitor)
    log_in(visitor)
    for path in PATHS:
        answer = visitor.goto(path.format(**measured))
        assert answer is not None
        assert answer.status == 200, path
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        visitor.wait_for_load_state("networkidle") if "/runs/" not in path else visitor.wait_for_load_state("load")
        _check(visitor)


def _check(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0, f"{page.url} scrolls sideways by {too_wide} px"
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")]
            .filter(e => e.checkVisibility())
            .filter(e => !(e.textContent.trim() || e.ariaLabel || e.title || (e.labels && e.labels.length)))
            .map(e => e.outerHTML)"""
    )
    assert nameless == []


def test_skip_link_comes_first_and_leads_to_the_content(page: Page) -> None:
    page.goto("/samples/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_theme_toggle_is_remembered(page: Page) -> None:
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/runs/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_text_has_enough_contrast(page: Page, measured: dict[str, int]) -> None:
    for theme in ("light", "dark"):
        page.goto(f"/spectra/{measured['spectrum']}/")
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.evaluate("() => Promise.all(document.getAnimations().map(animation => animation.finished))")
        weak = page.evaluate(CONTRAST)
        assert weak == [], theme


def test_token_is_shown_once_and_works(page: Page, site: Stack) -> None:
    page.goto("/accounts/settings/")
    page.get_by_label("What is it for?").fill("browser test")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("#new-token").text_content() or ""
    assert re.fullmatch(r"rsg_[\w-]{30,}", secret)
    answer = page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status == 200
    page.goto("/accounts/settings/")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke the token browser test").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
    page.context.clear_cookies()
    assert page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status == 401


def test_log_out_needs_no_more_than_a_click(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/runs/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/runs/"))


def test_pages_that_do_not_exist_say_so_in_the_sites_own_look(page: Page, visitors: Visitors) -> None:
    visitors.expected.append("404")
    answer = page.goto("/samples/987654/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("No line at this frequency")


#: every piece of text against the nearest opaque background, by the WCAG formula; large text may have 3 : 1
CONTRAST = """() => {
  // Mixed colours are told as color(srgb r g b), from 0 to 1.
  const scale = (text) => (text.startsWith("color(") ? 255 : 1);
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map((v, i) => (i < 3 ? v * scale(text) : Number(v)));
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const weak = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !e.checkVisibility()) continue;
    if (e.closest("[disabled], svg, script, noscript")) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(parse(style.color)), light(ground(e))].sort((p, q) => q - p);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 600);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) weak.push(texts.currentNode.data.trim() + " " + style.color);
  }
  return weak;
}"""
