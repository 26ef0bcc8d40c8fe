"""Calls about bookings. Times are ISO 8601: with offset, or without one and with the time zone whose clocks decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasgado.connection import Connection, Json


class BookingCalls(Connection):
    """Bookings of an instrument, single ones and those that recur."""

    def bookings(self, **filters: Any) -> list[Json]:
        """Bookings that the user sees, by their start.

        Filters: instrument, group, state, series, mine, ends_after and starts_before (with offset).
        """
        return self._list("/bookings", filters)

    def booking(self, booking_id: int) -> Json:
        return self._object("GET", f"/bookings/{booking_id}")

    def book(
        self, *, instrument: str, starts_at: str, ends_at: str, idempotency_key: str, time_zone: str = "", **more: Any
    ) -> Json:
        """Book [starts_at, ends_at). The same key again gives the same booking.

        `more`: group (needed by members of several), user, title, and fold ("earlier" or "later") for a time that
        comes twice. Refused names every rule that speaks against it.
        """
        body = {"instrument": instrument, "starts_at": starts_at, "ends_at": ends_at, **_zone(time_zone), **more}
        return self._object("POST", "/bookings", body, headers={"Idempotency-Key": idempotency_key}, repeat=True)

    def book_series(
        self,
        *,
        instrument: str,
        starts_at: str,
        ends_at: str,
        time_zone: str,
        recurrence: Mapping[str, Any],
        idempotency_key: str,
        **more: Any,
    ) -> Json:
        """Book the same time of the clock again and again; "bookings" of the answer lists them.

        `recurrence` is as in RFC 5545: frequency, interval, weekdays, and count or until. With on_conflict="skip"
        what cannot be booked is left out and told in "skipped"; otherwise it refuses all.
        """
        body = {
            "instrument": instrument, "starts_at": starts_at, "ends_at": ends_at, "time_zone": time_zone,
            "recurrence": dict(recurrence), **more,
        }  # fmt: skip
        return self._object("POST", "/booking-series", body, headers={"Idempotency-Key": idempotency_key}, repeat=True)

    def change_booking(self, booking_id: int, *, time_zone: str = "", **changes: Any) -> Json:
        """Move, resize or rename: starts_at, ends_at, title; of a series also scope ("this", "following", "all")."""
        return self._object("PATCH", f"/bookings/{booking_id}", {**_zone(time_zone), **changes})

    def cancel_booking(self, booking_id: int, *, reason: str = "", scope: str = "this") -> Json:
        """Give up a booking that has not begun."""
        return self._object("POST", f"/bookings/{booking_id}/cancel", {"reason": reason, "scope": scope})

    def check_in(self, booking_id: int) -> Json:
        """Say that the booked time is being used, so that it is not released."""
        return self._object("POST", f"/bookings/{booking_id}/check-in", {})


def _zone(time_zone: str) -> Json:
    return {"time_zone": time_zone} if time_zone else {}
