"""The API's calls for the emergency stop; a part of `Client`."""

from __future__ import annotations

from rasgado.connection import Connection, Json


class StopCalls(Connection):
    """Stopping transmitters and releasing them, for the facility's staff."""

    def stop(self, instrument: str | None = None, reason: str = "") -> list[Json]:
        """Turn the transmitter of an instrument, or of every one, off now and keep it off; the stops now in force."""
        body: Json = {"instrument": instrument, "reason": reason}
        self._request("POST", "/emergency-stops", body, repeat=True)  # told twice is better than not told
        in_force = [one for one in self.emergency_stops() if one["released_at"] is None]
        return [one for one in in_force if instrument in (None, one["instrument"])]

    def emergency_stops(self) -> list[Json]:
        """Stops in force; for staff, earlier ones too, the newest first."""
        return self._list("/emergency-stops")

    def release_stop(self, number: int, note: str) -> Json:
        """Let a stopped instrument be used again."""
        return self._object("POST", f"/emergency-stops/{number}/release", {"note": note})
