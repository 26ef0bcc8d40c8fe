"""`manage.py index_lines`: make the search index of the measured lines anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from webapp.library.services import index


class Command(BaseCommand):
    help = "Indexes the confirmed lines of the newest version of every run's spectrum, for searches."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{index.index_everything()} measured lines are indexed.")
