"""The policies of bookings: one small rule per file, each `check(wish, facts)` with the fault it finds, or None.

They look at values only (webapp.facility.bookings.values), so that each can be read and tested by itself. A new policy
is a file here and a line in `ALL`.
"""

from __future__ import annotations

from collections.abc import Callable

from acquisition.errors import FieldError
from webapp.facility.bookings.values import Facts, Wish
from webapp.facility.policies import (
    account,
    buffer,
    cancel_deadline,
    duration_max,
    duration_min,
    group_archived,
    horizon,
    membership,
    order,
    outage,
    overlap,
    past,
    qualification,
    weekly_cap,
)

Policy = Callable[[Wish, Facts], FieldError | None]

#: whose bookings these may be, whatever the time
PERSONAL: tuple[Policy, ...] = (membership.check, account.check, group_archived.check, qualification.check)
#: what the time must be like, whatever else is booked
TIME: tuple[Policy, ...] = (past.check, duration_min.check, duration_max.check, horizon.check)
#: what must be free
FREE: tuple[Policy, ...] = (outage.check, overlap.check, buffer.check, weekly_cap.check)
ALL: tuple[Policy, ...] = (order.check, *PERSONAL, *TIME, *FREE, cancel_deadline.check)


def faults(wish: Wish, facts: Facts, policies: tuple[Policy, ...] = ALL) -> list[FieldError]:
    """Everything that speaks against a wish. Times in the wrong order make the other questions meaningless."""
    wrong_order = order.check(wish, facts)
    if wrong_order is not None:
        return [wrong_order]
    return [fault for policy in policies if (fault := policy(wish, facts)) is not None]
