"""Beat's task."""

from __future__ import annotations

from tasks.app import app
from webapp.runs.queue.sweep import sweep as sweep_rows


@app.task(name="tasks.sweep.sweep", ignore_result=True)
def sweep() -> dict[str, int]:
    """Expire leases and repeat hints; see webapp.runs.queue.sweep."""
    return sweep_rows()
