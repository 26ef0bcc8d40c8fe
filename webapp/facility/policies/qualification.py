"""Where training is needed, it must last as long as the booking."""

from __future__ import annotations

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish


def check(wish: Wish, facts: Facts) -> FieldError | None:
    if not facts.rules.needs_qualification:
        return None
    if facts.qualified_until is None:
        return FieldError("instrument", "This instrument needs a qualification; ask staff for the training.")
    if facts.qualified_until < wish.span.ends_at:
        return FieldError(
            "instrument",
            f"The qualification for it ends on {facts.say(facts.qualified_until)}, before the booking does.",
        )
    return None
