"""The demonstration: a user, a group, samples and an instrument for the simulated spectrometer."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.db import transaction

from webapp.accounts import tokens
from webapp.accounts.models import ApiToken, Group, Membership, User
from webapp.facility.models import Instrument
from webapp.samples import services as samples
from webapp.samples.models import Sample

TOKEN_NAME = "demonstration"

#: name, formula, temperature in K, notes; names as `python -m sdr.simulated --list-samples` knows them
SAMPLES: tuple[tuple[str, str, float | None, str], ...] = (
    ("KClO3", "KClO3", 297.0, "Potassium chlorate; the 35Cl line at 28.08 MHz is the thermometer of NQR."),
    ("NaClO3", "NaClO3", 297.0, "Sodium chlorate."),
    ("p-C6H4Cl2", "C6H4Cl2", 297.0, "p-Dichlorobenzene, alpha phase."),
    ("Cu2O", "Cu2O", 297.0, "Cuprous oxide with the lines of both copper isotopes."),
    ("NaNO2", "NaNO2", 297.0, "Sodium nitrite with the three lines of 14N."),
    ("CuAlO2", "CuAlO2", 297.0, "Copper delafossite."),
    ("empty", "", None, "The probe without a sample."),
    ("unknown", "", None, "A sample with lines that nobody has told the spectrometer about."),
)


def make(password: str, uri: str, token_file: Path) -> None:
    """Make or update the demonstration's rows, and write a valid token of its user to `token_file` (mode 600)."""
    with transaction.atomic():
        user = _user(password)
        group, _made = Group.objects.get_or_create(slug="demonstration", defaults={"name": "Demonstration"})
        Membership.objects.get_or_create(group=group, user=user, defaults={"role": Membership.Role.LEADER})
        _instrument(uri)
        present = set(Sample.objects.filter(group=group).values_list("name", flat=True))
        for name, formula, temperature_k, notes in SAMPLES:
            if name not in present:
                samples.create(user, group=group, name=name, formula=formula, temperature_k=temperature_k, notes=notes)
        _token(user, token_file)


def _user(password: str) -> User:
    user, made = User.objects.get_or_create(username="demo", defaults={"first_name": "Demonstration"})
    if password and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    elif made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def _instrument(uri: str) -> None:
    instrument, made = Instrument.objects.get_or_create(
        slug="demo",
        defaults={
            "name": "Simulated spectrometer",
            "description": "An ADALM-Pluto with a frequency converter, a probe and a sample, all simulated.",
            "location": "This computer",
            "uri": uri,
            "converter": {"side": "upper", "lo_hz": 400e6, "gain_db": 0.0},
        },
    )
    if instrument.uri != uri:
        instrument.uri = uri
        instrument.save(update_fields=["uri"])
    if made:
        instrument.full_clean()


def _token(user: User, file: Path) -> None:
    if file.exists():
        token = tokens.find(file.read_text().strip())
        if token is not None and token.user_id == user.pk:
            return
    ApiToken.objects.filter(user=user, name=TOKEN_NAME).delete()
    new = tokens.create(user, TOKEN_NAME, lifetime_days=None)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(new.secret + "\n")
    draft.replace(file)


def password_from_settings() -> str:
    """The password that the settings give; empty when the user shall have none."""
    given: str = settings.RASGADO_DEMO_PASSWORD
    return given or ("demo" if settings.DEBUG else "")
