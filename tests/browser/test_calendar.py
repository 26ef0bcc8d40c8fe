"""The calendar in Chromium: booking, moving and resizing by hand, the same by keyboard, on a phone and in the dark."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import facility
from tests.browser.conftest import PHONE, Visitors
from tests.browser.test_pages import CONTRAST
from tools.stack import Stack

#: an instrument of its own, last in every list; a booking lasts at most four hours
MAKE = """
from webapp.facility.models import BookingRules, Instrument
made, _ = Instrument.objects.get_or_create(slug="zeta", defaults={"name": "Zeta", "uri": "ip:192.0.2.9"})
BookingRules.objects.get_or_create(instrument=made, group=None, defaults={"duration_max_minutes": 240})
"""
#: a Monday that nothing else in these tests is about
TODAY = datetime.datetime.now(datetime.UTC).date()
MONDAY = TODAY + datetime.timedelta(days=14 - TODAY.weekday())
PATH = f"/bookings/?instrument=zeta&view=timeGridWeek&date={MONDAY}"


@pytest.fixture(scope="module")
def zeta(site: Stack) -> Stack:
    site.manage("shell", "-c", MAKE)
    return site


@pytest.fixture
def free(zeta: Stack) -> Stack:
    """Nothing is booked."""
    with facility.api(zeta) as client:
        for one in client.get("/bookings", params={"instrument": "zeta", "state": "confirmed"}).json()["results"]:
            assert client.post(f"/bookings/{one['id']}/cancel", json={}).status_code == 200
    return zeta


def book(stack: Stack, day: int, start: str, end: str, title: str) -> int:
    date = MONDAY + datetime.timedelta(days=day)
    wish = {"instrument": "zeta", "starts_at": f"{date}T{start}Z", "ends_at": f"{date}T{end}Z", "title": title}
    with facility.api(stack) as client:
        answer = client.post("/bookings", json=wish)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])


def times(stack: Stack, booking: int) -> tuple[str, str]:
    """As stored: weekday, counted from Monday, and time of start; time of end."""
    with facility.api(stack) as client:
        row = client.get(f"/bookings/{booking}").json()
    day = (datetime.date.fromisoformat(row["starts_at"][:10]) - MONDAY).days
    return f"{day} {row['starts_at'][11:16]}", row["ends_at"][11:16]


def place(page: Page, day: int, time: str) -> tuple[float, float]:
    """Where a time is on the screen: the middle of the quarter of an hour that begins then."""
    column = page.locator(f'.fc-timegrid-col[data-date="{MONDAY + datetime.timedelta(days=day)}"]').bounding_box()
    line = page.locator(f'.fc-timegrid-slot-lane[data-time="{time}:00"]').bounding_box()
    assert column is not None
    assert line is not None
    return column["x"] + column["width"] / 2, line["y"] + line["height"] / 4


def open_week(page: Page) -> None:
    page.goto(PATH)
    page.locator("#calendar").evaluate("element => element.scrollIntoView()")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def asked(page: Page) -> tuple[str, str]:
    """Start and end that the open question names: an entry snaps to the quarter nearest to its middle."""
    found = re.search(r"to \w+ [^,]+, (\d\d:\d\d) – (\d\d:\d\d)\?", page.get_by_role("dialog").inner_text())
    assert found is not None
    return found[1], found[2]


def entry(page: Page, title: str) -> Locator:
    return page.locator(".fc-event", has_text=title)


def test_dragging_books_moves_and_takes_back(page: Page, free: Stack) -> None:
    open_week(page)
    expect(page.locator("[data-zone]").first).to_have_text("UTC")
    drag(page, place(page, 1, "09:00"), place(page, 1, "10:30"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("09:00 – 10:45")
    dialog.get_by_label("Title").fill("By hand")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Booked.")).to_be_visible()
    mine = entry(page, "By hand")
    expect(mine).to_contain_text("Zeta")
    booking = int((mine.get_attribute("href") or "").strip("/").split("/")[-1])
    assert times(free, booking) == ("1 09:00", "10:45")

    drag(page, place(page, 1, "09:00"), place(page, 3, "13:00"))
    page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
    expect(mine).to_contain_text("09:00")
    assert times(free, booking) == ("1 09:00", "10:45")

    drag(page, place(page, 1, "09:00"), place(page, 3, "13:00"))
    start, end = asked(page)
    assert start in ("12:45", "13:00", "13:15")
    page.get_by_role("dialog").get_by_role("button", name="Move").click()
    undo = page.get_by_role("status").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(mine).to_contain_text(f"{start} – {end}")
    assert times(free, booking) == (f"3 {start}", end)
    undo.click()
    expect(page.get_by_role("status").filter(has_text="Moved back.")).to_be_visible()
    expect(mine).to_contain_text("09:00")
    assert times(free, booking) == ("1 09:00", "10:45")


def test_what_a_rule_refuses_snaps_back_with_the_reason(page: Page, visitors: Visitors, free: Stack) -> None:
    visitors.expected.append("400")
    booking = book(free, 2, "08:00", "10:00", "Too long")
    open_week(page)
    mine = entry(page, "Too long")
    mine.hover()
    x, _y = place(page, 2, "09:30")
    box = mine.bounding_box()
    assert box is not None
    drag(page, (x, box["y"] + box["height"] - 2), place(page, 2, "13:00"))
    page.get_by_role("dialog").get_by_role("button", name="Change").click()
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text("A booking lasts at most 240 min, not")
    expect(mine).to_contain_text("08:00 – 10:00")
    assert times(free, booking) == ("2 08:00", "10:00")
    page.keyboard.press("Escape")
    expect(refusal).to_have_count(0)

    drag(page, place(page, 2, "12:00"), place(page, 2, "17:00"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("at most 240 min")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_series_is_moved_as_far_as_asked(page: Page, free: Stack) -> None:
    page.goto(f"/bookings/new/?instrument=zeta&starts_at={MONDAY}T08:00&ends_at={MONDAY}T08:45&frequency=daily")
    page.get_by_label("How often").fill("3")
    expect(page.locator("#booking-preview")).to_contain_text("All 3 bookings can be had")
    page.get_by_label("Title").fill("Each day")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_text("3 bookings are made.")).to_be_visible()
    open_week(page)
    expect(entry(page, "Each day")).to_have_count(3)
    drag(page, place(page, 1, "08:00"), place(page, 1, "10:00"))
    start, end = asked(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("This and those after it").check()
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_role("status").filter(has_text="Moved.")).to_be_visible()
    expect(entry(page, f"{start} – {end}")).to_have_count(2)
    expect(entry(page, "08:00 – 08:45")).to_have_count(1)


def test_keyboard_opens_bookings_and_the_form_needs_no_script(
    page: Page, free: Stack, visitors: Visitors, log_in: Callable[[Page], Page]
) -> None:
    book(free, 0, "09:00", "10:00", "By keyboard")
    page.goto(PATH)
    entry(page, "By keyboard").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
    plain = log_in(visitors.open(free.url, java_script_enabled=False))
    plain.goto(PATH)
    expect(plain.get_by_role("link", name="By keyboard")).to_be_visible()
    plain.goto(f"/bookings/new/?instrument=zeta&starts_at={MONDAY}T09:30&ends_at={MONDAY}T10:30")
    plain.get_by_role("button", name="Book", exact=True).click()
    field = plain.locator('[data-field="starts_at"]')
    expect(field.locator(".errors li")).to_contain_text("Taken from")
    expect(field.locator("input")).to_have_value(f"{MONDAY}T09:30")
    for name, time in (("From", "10:00"), ("Until", "11:00")):
        plain.get_by_label(name, exact=True).fill(f"{MONDAY}T{time}")
    plain.get_by_label("Title").press("Enter")
    expect(plain.get_by_text("Booked.")).to_be_visible()


@pytest.mark.parametrize(
    ("options", "view"),
    [(PHONE, "listWeek"), ({"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}}, "timeGridWeek")],
)
def test_phones_get_a_list_and_every_text_can_be_read(
    free: Stack, visitors: Visitors, log_in: Callable[[Page], Page], options: dict[str, Any], view: str
) -> None:
    book(free, 4, "09:00", "10:00", "Anywhere")
    visitor = log_in(visitors.open(free.url, reduced_motion="reduce", **options))
    visitor.goto(f"/bookings/?date={MONDAY}")
    expect(visitor.locator("#calendar [name=view]:checked")).to_have_value(view)
    for label in ("List", "Day", "Month", "Week"):
        visitor.locator(".segmented label", has_text=re.compile(f"^{label}$")).click()
        if label != "Day":  # Friday's booking is not on Monday
            expect(entry(visitor, "Anywhere" if label != "Month" else "09:00").first).to_be_visible()
        wide = visitor.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{label} scrolls sideways by {wide} px"
        assert visitor.evaluate(CONTRAST) == [], label
