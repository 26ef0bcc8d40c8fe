"""`manage.py load_literature`: make the literature library what the file of this version says."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from webapp.library.services import compounds


class Command(BaseCommand):
    help = "Loads the published reference lines that come with the software; uploads of groups stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{compounds.load_literature()} lines of the literature are loaded.")
