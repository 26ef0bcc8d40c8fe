"""What time brings about: reminders, training that ends, instruments that wait for staff.

All is computed from the rows and written once (see outbox), so late, missed and doubled ticks change nothing.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterable

from django.urls import reverse

from webapp.accounts.models import User
from webapp.facility.bookings import locking
from webapp.facility.models import Booking, Instrument, Qualification
from webapp.notifications import mail
from webapp.notifications.booking_notices import about, page_of
from webapp.notifications.kinds import Kind
from webapp.notifications.models import Notification, Preference
from webapp.notifications.outbox import Notice, notify, staff
from webapp.notifications.preferences import LEAD_MINUTES
from webapp.notifications.wording import moment, zone_of

log = logging.getLogger(__name__)

#: before the end of a training its holder is told, each time once
QUALIFICATION_DAYS = (30, 7)
_AILING = (Instrument.Status.NEEDS_CHECK, Instrument.Status.OFFLINE)


def sweep() -> dict[str, int]:
    """Write what is due and not told yet; returns counts for the log."""
    now = locking.clock()
    counts: dict[str, int] = {}
    for name, job in (
        ("reminders", reminders), ("qualifications", qualifications), ("checks", checks), ("mail", failing_mail),
    ):  # fmt: skip
        try:
            counts[name] = job(now)
        except Exception:  # one broken row must not keep the rest from being told
            log.exception("Notifications of %s could not be written.", name)
    mail.hint()
    return counts


def reminders(now: datetime.datetime) -> int:
    """Of bookings that begin within their user's lead. Who books later than that needs none; a late tick still tells.

    One reminder for each start: a booking that is moved is reminded of again.
    """
    leads = dict(
        Preference.objects.filter(kind=Kind.REMINDER, lead_minutes__isnull=False).values_list("user", "lead_minutes")
    )
    longest = datetime.timedelta(minutes=max([LEAD_MINUTES, *leads.values()]))
    near = Booking.objects.filter(
        state=Booking.State.CONFIRMED, starts_at__lte=now + longest, ends_at__gt=now, checked_in_at__isnull=True
    ).select_related("instrument", "group", "user")
    due: dict[str, Booking] = {}
    for booking in near:
        lead = datetime.timedelta(minutes=leads.get(booking.user_id, LEAD_MINUTES))
        if booking.created_at <= booking.starts_at - lead <= now:
            due[f"reminder:{booking.pk}:{booking.starts_at:%Y%m%dT%H%M%S}"] = booking
    for key in _told(due):
        del due[key]
    return sum(notify([one.user], Kind.REMINDER, key, _reminder(one, now)) for key, one in due.items())


def qualifications(now: datetime.datetime) -> int:
    """Of training that ends soon, to whoever has it."""
    horizon = now + datetime.timedelta(days=max(QUALIFICATION_DAYS))
    valid = Qualification.objects.filter(revoked_at__isnull=True, expires_at__gt=now)
    soon = valid.filter(expires_at__lte=horizon).select_related("instrument", "user")
    due: dict[str, Qualification] = {}
    for row in soon:
        assert row.expires_at is not None  # the query asks for it
        left_days = (row.expires_at - now) / datetime.timedelta(days=1)
        reached = min(days for days in QUALIFICATION_DAYS if left_days <= days)
        due[f"qualification:{row.pk}:{reached}"] = row
    for key in _told(due):
        del due[key]
    return sum(notify([row.user], Kind.QUALIFICATION, key, _expiry(row)) for key, row in due.items())


def checks(now: datetime.datetime) -> int:
    """Of instruments that a lost run or a broken radio left behind, to staff; once after each run."""
    rows = Instrument.objects.filter(status__in=_AILING)
    ailing = {f"instrument:{one.pk}:{one.fence}:{one.status}": one for one in rows}
    for key in _told(ailing):
        del ailing[key]
    told = staff() if ailing else []
    return sum(notify(told, Kind.INSTRUMENT_CHECK, key, _check(one)) for key, one in ailing.items())


def failing_mail(now: datetime.datetime) -> int:
    """Of e-mail that does not get through, to staff, once a day while it is so."""
    trouble = mail.trouble(now)
    if not trouble.failing:
        return 0
    key = f"mail-failing:{now:%Y-%m-%d}"
    if _told([key]):
        return 0

    def say(_user: User) -> Notice:
        text = f"{trouble.waiting} wait for another attempt, {trouble.given_up} were given up.\n\n{trouble.error}"
        return Notice("E-mail cannot be sent", text.strip(), reverse("notifications:outbox"))

    return notify(staff(), Kind.MAIL_FAILING, key, say)


def _told(keys: Iterable[str]) -> list[str]:
    return list(Notification.objects.filter(key__in=list(keys)).values_list("key", flat=True).distinct())


def _reminder(booking: Booking, now: datetime.datetime) -> Callable[[User], Notice]:
    def say(user: User) -> Notice:
        when = moment(booking.starts_at, zone_of(user))
        begins = "Began" if booking.starts_at <= now else "Begins"
        note = "" if booking.no_show_at is None else f"Check in until {moment(booking.no_show_at, zone_of(user))}.\n\n"
        return Notice(f"{begins} {when}: {booking.instrument.name}", note + about(booking, user), page_of(booking))

    return say


def _expiry(row: Qualification) -> Callable[[User], Notice]:
    def say(user: User) -> Notice:
        assert row.expires_at is not None
        when = moment(row.expires_at, zone_of(user))
        text = f"Your training on {row.instrument.name} counts until {when}. Ask the facility's staff to renew it."
        return Notice(f"Training on {row.instrument.name} ends {when}", text, reverse("accounts:settings"))

    return say


def _check(one: Instrument) -> Callable[[User], Notice]:
    def say(_user: User) -> Notice:
        path = reverse("facility:detail", args=[one.slug])
        return Notice(f"{one.name}: {one.get_status_display().lower()}", one.status_message, path)

    return say
