"""The environment variables of the service: one table, explained in docs/reference/settings.md."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from acquisition.front_end import SettingFault, read_address
from webapp.config import mail


@dataclass(frozen=True)
class Variable:
    """One environment variable: its default as text, how it is read, and what it is for."""

    name: str
    default: str
    read: Callable[[str], Any]
    help: str


def _flag(text: str) -> bool:
    if text.strip().lower() in {"1", "true", "yes", "on"}:
        return True
    if text.strip().lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("must be 1 or 0")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _radio_uris(text: str) -> tuple[str, ...]:
    for uri in text.split():
        if isinstance(fault := read_address(uri), SettingFault):
            raise ValueError(f"must be addresses of radios, separated by spaces: {fault.message}")
    return tuple(text.split())


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 86_400:
        raise ValueError("must be between 0.1 and 86400 seconds")
    return value


def _hours(text: str) -> float:
    value = float(text)
    if not 0.01 <= value <= 10_000:
        raise ValueError("must be between 0.01 and 10000 hours")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError("must be at least 1")
    return value


def _site(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address with http:// or https://")
    return text.rstrip("/") + "/"


def _storage(text: str) -> str:
    if text not in {"local", "s3"}:
        raise ValueError("must be local or s3")
    return text


VARIABLES: tuple[Variable, ...] = (
    Variable("RASGADO_DATA_DIR", "./var", Path, "Folder for everything that is kept on disk."),
    Variable("DATABASE_URL", "", str, "Database; empty: SQLite in the data folder."),
    Variable("RASGADO_DATABASE_POOL", "0", _flag, "Keep connections to PostgreSQL; the web process does by itself."),
    Variable("RASGADO_DATABASE_BRISK", "0", _flag, "End who sleeps in a transaction; web and workers set it."),
    Variable("REDIS_URL", "redis://127.0.0.1:6379/0", str, "Broker of the hints, cache and fan-out of progress."),
    Variable("RASGADO_SECRET_KEY", "", str, "Key that signs sessions; empty: made once and kept in the data folder."),
    Variable("RASGADO_DEBUG", "0", _flag, "Error pages with internals, for development only."),
    Variable("RASGADO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", _words, "Host names that the site answers to."),
    Variable("RASGADO_TRUSTED_ORIGINS", "", _words, "Origins, with scheme, of forms sent through a proxy."),
    Variable("RASGADO_HTTPS", "0", _flag, "Served over HTTPS: secure cookies, redirects and HSTS."),
    Variable("RASGADO_TIME_ZONE", "UTC", str, "Time zone shown to people who have not chosen one."),
    Variable("RASGADO_STORAGE", "local", _storage, "Where captures and spectra are kept: local or s3."),
    Variable("AWS_STORAGE_BUCKET_NAME", "rasgado", str, "Bucket, with RASGADO_STORAGE=s3."),
    Variable("AWS_S3_ENDPOINT_URL", "", str, "Address of an S3-compatible store; empty: Amazon's."),
    Variable("AWS_S3_REGION_NAME", "", str, "Region of the bucket."),
    Variable("AWS_ACCESS_KEY_ID", "", str, "Access key; empty: the usual places where the AWS tools look."),
    Variable("AWS_SECRET_ACCESS_KEY", "", str, "Secret of the access key."),
    Variable("RASGADO_LEASE_S", "30", _seconds, "Time after which a silent worker has lost its run."),
    Variable("RASGADO_SWEEP_S", "2", _seconds, "Time between two sweeps that repeat hints and end lost leases."),
    Variable("RASGADO_QUEUED_MAX", "200", _count, "Runs that one user may have waiting at once."),
    Variable("RASGADO_FAIR_HALF_LIFE_H", "72", _hours, "Time after which half of a group's use no longer counts."),
    Variable("RASGADO_PAUSE_MAX_S", "3600", _seconds, "Longest pause of a run; then it ends as interrupted."),
    Variable("RASGADO_RADIO_GRACE_S", "60", _seconds, "Time for which a run waits for a radio that it lost."),
    Variable("RASGADO_RADIO_URIS", "", _radio_uris, "Addresses where radios may be found besides the instruments'."),
    Variable("RASGADO_RADIO_LOG_DAYS", "90", _count, "Days for which the radios' logs are kept in the database."),
    Variable("RASGADO_RADIO_LOG_LINES", "100000", _count, "Lines of a radio's log kept in the database, at most."),
    Variable("RASGADO_DRY_RUNS_MAX", "1", _count, "Dry runs at once; each keeps one processing worker busy."),
    Variable("RASGADO_DRY_RUN_S", "600", _seconds, "Longest time that a dry run may compute."),
    Variable("RASGADO_DRY_RUN_KEEP_H", "168", _hours, "Time for which dry runs are kept after their end."),
    Variable("RASGADO_SITE_URL", "http://localhost:8000", _site, "Address of the site, for links in e-mail."),
    Variable("RASGADO_MAIL_URL", "console:", mail.read, "How e-mail is sent: console:, none:, or a server's address."),
    Variable("RASGADO_MAIL_FROM", "RASGADO NQR <rasgado@localhost>", str, "Sender of the e-mail."),
    Variable("RASGADO_PUBLIC_STATUS", "0", _flag, "The status board is shown to everybody, without logging in."),
    Variable("RASGADO_STATUS_NAMES", "0", _flag, "The status board names people, titles and samples."),
    Variable("RASGADO_LOG_LEVEL", "INFO", str.upper, "Least important log message that is written."),
    Variable("RASGADO_DEMO_PASSWORD", "", str, "Demonstration user's password; empty: `demo`, only when debugging."),
    Variable("RASGADO_DEMO_URI", "ip:127.0.0.1:30431", str, "Address of the demonstration's spectrometer."),
)  # fmt: skip


#: connections that a process keeps for its threads: a new one costs PostgreSQL more than most requests
_POOL = {"min_size": 2, "max_size": 16, "timeout": 20}


def read(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Every variable by name, read; raises ImproperlyConfigured that names the variable and what it must be."""
    values: dict[str, Any] = {}
    for variable in VARIABLES:
        text = environment.get(variable.name, variable.default)
        try:
            values[variable.name] = variable.read(text)
        except (ValueError, TypeError) as error:
            shown = re.sub(r"//.*@", "//…@", text)  # an address may hold a password
            raise ImproperlyConfigured(f"{variable.name}={shown!r}: {error}.") from None
    return values


def database(url: str, data_dir: Path, pool: bool = False, idle_max_s: float | None = None) -> dict[str, Any]:
    """Django's settings from a URL: postgres://user:password@host:port/name?option=value, sqlite:///path or empty.

    PostgreSQL ends a session that does nothing within a transaction for `idle_max_s`: a process that froze there, or
    whose machine is gone, would keep its locks, and with them everybody who wants the same rows, for hours.
    """
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        path = unquote(parts.path[1:]) if url else str(data_dir / "rasgado.sqlite3")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            # Tests use threads, and waiting for each other's locks works with a file only.
            "TEST": {"NAME": str(data_dir / "test.sqlite3")},
            # IMMEDIATE: a transaction that reads and then writes waits for the lock at its start instead of failing.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL: the scheme must be postgres or sqlite.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    if pool:
        options["pool"] = dict(_POOL)
    if idle_max_s is not None:
        limit = f"-c idle_in_transaction_session_timeout={round(1000 * idle_max_s)}"
        options["options"] = " ".join([limit, *filter(None, [options.get("options")])])  # of two the later one counts
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(parts.port or ""),
        # Under ASGI a request's thread ends with it, so a connection kept open would be lost, not reused.
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def secret_key(text: str, data_dir: Path) -> str:
    """The given key, or the one kept in the data folder, made on first use by whichever process is first."""
    if text:
        return text
    path = data_dir / "secret-key"
    if not path.exists():
        draft = data_dir / f"secret-key.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # fails when another process was first; its key counts then
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
