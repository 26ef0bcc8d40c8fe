"""What an instrument's page says of its bookings."""

from __future__ import annotations

import datetime
from typing import Any

from webapp.accounts.models import User
from webapp.facility import access
from webapp.facility.bookings import facts, locking
from webapp.facility.bookings.rules import effective
from webapp.facility.models import Instrument
from webapp.facility.pages import words

AHEAD = datetime.timedelta(days=14)
SHOWN_MAX = 6


def context(user: User, instrument: Instrument) -> dict[str, Any]:
    """The next occupations, the rules for every group in words, and the viewer's training."""
    now = locking.clock()
    rules = effective(instrument.pk, None)
    trained = facts.qualified_until(instrument, user, now)
    return {
        "instrument": instrument,
        "occupation": access.occupation(user, instrument, now, now + AHEAD)[:SHOWN_MAX],
        "rules": words.rules(rules),
        "needs_training": rules.needs_qualification,
        "trained": trained is not None,
        "trained_until": None if trained is None or trained.year == datetime.MAXYEAR else trained,
        "user": user,
    }
