"""Settings from the environment: defaults that work, faults that are named, a table that is complete."""

from __future__ import annotations

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from webapp.config import environment

TABLE = Path(settings.BASE_DIR) / "docs" / "reference" / "settings.md"


def test_everything_has_a_default_that_works() -> None:
    values = environment.read({})
    assert values["RASGADO_DEBUG"] is False
    assert values["RASGADO_LEASE_S"] == 30.0
    assert values["RASGADO_ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RASGADO_LEASE_S", "soon"),
        ("RASGADO_LEASE_S", "0"),
        ("RASGADO_LEASE_S", "nan"),
        ("RASGADO_DEBUG", "maybe"),
        ("RASGADO_STORAGE", "floppy"),
        ("RASGADO_QUEUED_MAX", "-1"),
        ("RASGADO_RADIO_URIS", "ip:192.168.2.1 http://radio"),
    ],
)
def test_a_wrong_value_is_named(name: str, text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        environment.read({name: text})


def test_the_table_names_every_variable_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_0-9]+)` \| ([^|]*) \|", TABLE.read_text(), flags=re.MULTILINE))
    assert set(rows) == {variable.name for variable in environment.VARIABLES}
    for variable in environment.VARIABLES:
        shown = rows[variable.name].strip()
        assert shown == (f"`{variable.default}`" if variable.default else "empty"), variable.name


def test_databases(tmp_path: Path) -> None:
    sqlite = environment.database("", tmp_path)
    assert sqlite["NAME"] == str(tmp_path / "rasgado.sqlite3")
    assert sqlite["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert environment.database("sqlite:////srv/a.db", tmp_path)["NAME"] == "/srv/a.db"
    postgres = environment.database("postgres://me:p%40ss@db:5433/nqr?sslmode=require", tmp_path)
    assert (postgres["USER"], postgres["PASSWORD"], postgres["HOST"], postgres["PORT"], postgres["NAME"]) == (
        "me", "p@ss", "db", "5433", "nqr",
    )  # fmt: skip
    assert postgres["OPTIONS"] == {"sslmode": "require"}
    limited = environment.database("postgres:///nqr?options=-c+jit%3Doff", tmp_path, idle_max_s=15.0)
    assert limited["OPTIONS"]["options"] == "-c idle_in_transaction_session_timeout=15000 -c jit=off"
    assert environment.database("postgres:///nqr?host=/run/pg", tmp_path)["HOST"] == "/run/pg"
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        environment.database("mysql://x", tmp_path)


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: environment.secret_key("", tmp_path), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE(os.stat(tmp_path / "secret-key").st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret-key"]
    assert environment.secret_key("given", tmp_path) == "given"
