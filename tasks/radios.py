"""The instrument worker's side task: which radios can be reached from here."""

from __future__ import annotations

import dataclasses

from sdr import discovery
from tasks.app import app
from webapp.facility import radios
from webapp.facility.models import Instrument, RadioScan
from webapp.runs.queue import hints


@app.task(name=hints.SCAN_RADIOS, ignore_result=True)
def scan(scan_id: int) -> bool:
    """Look around for this request, at the addresses of all instruments too; returns whether it was still wanted.

    Runs in the worker of an instrument, where the locks tell which radios are in use and are not to be asked.
    """
    if not RadioScan.objects.filter(pk=scan_id, finished_at=None).exists():
        return False
    known = Instrument.objects.values_list("uri", flat=True)
    radios.finish(scan_id, [dataclasses.asdict(radio) for radio in discovery.scan(known)])
    return True
