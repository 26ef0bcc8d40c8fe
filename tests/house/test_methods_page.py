"""The reference of the methods says what the methods say."""

from __future__ import annotations

from tools import methods_page


def test_the_page_is_up_to_date() -> None:
    assert methods_page.PAGE.read_text(encoding="utf-8") == methods_page.page(), (
        "Parameters have changed: run python -m tools.methods_page and commit docs/reference/methods.md."
    )
