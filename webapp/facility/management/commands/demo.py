"""`manage.py demo`: the demonstration's user, group, samples, instrument and token."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from webapp.facility import demonstration


class Command(BaseCommand):
    help = "Make or update the demonstration; running it again changes nothing that is there already."

    def handle(self, *args: Any, **options: Any) -> None:
        token_file = settings.DATA_DIR / "demo-token"
        password = demonstration.password_from_settings()
        demonstration.make(password, settings.RASGADO_DEMO_URI, token_file)
        login = (
            "with the password from the settings"
            if password
            else "without a password (RASGADO_DEMO_PASSWORD is not set)"
        )
        self.stdout.write(f"Instrument demo at {settings.RASGADO_DEMO_URI}; user demo {login}; token in {token_file}.")
