"""The project as a whole: checks, migrations."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command


def test_checks_are_clean() -> None:
    call_command("check", fail_level="WARNING")


def test_migrations_are_complete(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "accounts/user/",
        "accounts/group/add/",
        "accounts/apitoken/",
        "facility/instrument/add/",
        "samples/sample/add/",
        "runs/run/",
        "spectra/spectrum/",
    ],
)
def test_pages_of_the_administration(admin_client: object, address: str) -> None:
    assert admin_client.get(f"/admin/{address}").status_code == 200  # type: ignore[attr-defined]


def test_the_demonstration_command_says_what_there_is(db: None, settings: object, tmp_path: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    out = io.StringIO()
    call_command("demo", stdout=out)
    assert "Instrument demo at" in out.getvalue()
    assert (tmp_path / "demo-token").read_text().startswith("rsg_")  # type: ignore[operator]
