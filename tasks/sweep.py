"""Beat's task."""

from __future__ import annotations

from tasks.app import app
from webapp.dryruns.queue import sweep as sweep_dry_runs
from webapp.facility.bookings.sweep import sweep as sweep_bookings
from webapp.notifications.due import sweep as sweep_notifications
from webapp.runs.queue.sweep import sweep as sweep_rows
from webapp.safety.services import emergency


@app.task(name="tasks.sweep.sweep", ignore_result=True)
def sweep() -> dict[str, int]:
    """Leases and hints of the queue, bookings that time has changed, then what people have to know; see there."""
    stops = {"stops": emergency.repeat()}
    return stops | sweep_rows() | sweep_bookings() | sweep_notifications() | sweep_dry_runs()
