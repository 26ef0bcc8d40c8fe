"""What people are told about, and by which channels unless they choose others."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class Channel(models.TextChoices):
    """Where a notification goes."""

    BOTH = "both", "On the site and by e-mail"
    SITE = "site", "On the site"
    MAIL = "mail", "By e-mail"
    NONE = "none", "Nowhere"

    @property
    def on_site(self) -> bool:
        return self in (Channel.BOTH, Channel.SITE)

    @property
    def by_mail(self) -> bool:
        return self in (Channel.BOTH, Channel.MAIL)


class Kind(models.TextChoices):
    """Occasions. What somebody does to their own booking is a confirmation, whatever it was."""

    BOOKED = "booked", "Somebody booked for me"
    MOVED = "moved", "Somebody moved my booking"
    CANCELLED = "cancelled", "Somebody cancelled my booking"
    APPROVED = "approved", "My booking was approved"
    DECLINED = "declined", "My booking was declined"
    OFFERED = "offered", "The waitlist offers me time"
    RELEASED = "released", "My booking was released or lapsed"
    AFFECTED = "affected", "An outage falls into my booking"
    REMINDER = "reminder", "My booking begins soon"
    CONFIRMATION = "confirmation", "What I did to my bookings myself"
    RUN_DONE = "run_done", "My run is done"
    RUN_FAILED = "run_failed", "My run failed"
    RUN_INTERRUPTED = "run_interrupted", "My run was interrupted"
    RUN_WAITS = "run_waits", "My run waits for something I have to do"
    QUALIFICATION = "qualification", "My training expires soon"
    APPROVAL_WANTED = "approval_wanted", "A booking awaits approval"
    INSTRUMENT_CHECK = "instrument_check", "An instrument needs a check or is offline"
    MAIL_FAILING = "mail_failing", "E-mail cannot be sent"


@dataclass(frozen=True)
class Section:
    """Kinds that are set together, under a heading."""

    heading: str
    kinds: tuple[Kind, ...]
    for_staff: bool = False


SECTIONS = (
    Section(
        "My bookings",
        (
            Kind.BOOKED, Kind.MOVED, Kind.CANCELLED, Kind.APPROVED, Kind.DECLINED, Kind.OFFERED, Kind.RELEASED,
            Kind.AFFECTED, Kind.REMINDER, Kind.CONFIRMATION,
        ),
    ),
    Section("My runs", (Kind.RUN_DONE, Kind.RUN_FAILED, Kind.RUN_INTERRUPTED, Kind.RUN_WAITS)),
    Section("My training", (Kind.QUALIFICATION,)),
    Section("The facility", (Kind.APPROVAL_WANTED, Kind.INSTRUMENT_CHECK, Kind.MAIL_FAILING), for_staff=True),
)  # fmt: skip

#: kinds that are not named here go to both
DEFAULTS = {
    Kind.REMINDER: Channel.SITE,
    Kind.CONFIRMATION: Channel.NONE,
    Kind.RUN_DONE: Channel.SITE,
    Kind.MAIL_FAILING: Channel.SITE,
}


def default(kind: Kind) -> Channel:
    """Where a kind goes for who has chosen nothing."""
    return DEFAULTS.get(kind, Channel.BOTH)
