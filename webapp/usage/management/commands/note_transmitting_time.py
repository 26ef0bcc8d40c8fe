"""`manage.py note_transmitting_time`: for captures stored before their transmitting time was noted."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from acquisition.errors import RecordError
from webapp.runs.models import CaptureRecord
from webapp.runs.services import captures


class Command(BaseCommand):
    """Captures whose files are missing or changed keep none: what they transmitted is not known."""

    help = "Note for how long stored captures transmitted, where their rows do not say so yet."

    def handle(self, *args: Any, **options: Any) -> None:
        noted = unreadable = 0
        for row in CaptureRecord.objects.filter(transmit_s__isnull=True).order_by("pk").iterator():
            try:
                seconds = captures.transmit_s(captures.load(row))
            except RecordError as error:
                unreadable += 1
                self.stderr.write(f"Capture {row.pk}: {error}")
                continue
            CaptureRecord.objects.filter(pk=row.pk, transmit_s__isnull=True).update(transmit_s=seconds)
            noted += 1
        self.stdout.write(f"{noted} noted, {unreadable} cannot be read.")
