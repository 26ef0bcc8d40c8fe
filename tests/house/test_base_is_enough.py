"""The service runs with what requirements/base.txt installs, also on machines that never test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

from tests.house.test_locks import locked
from tools.stack import ROOT

#: imports everything that web, workers, beat, simulator, guard, client and supervisor import, without the packages that
#: only tests have; whoever can do without one of them may notice that it is missing
PROGRAM = textwrap.dedent("""
    import importlib, importlib.metadata, json, pkgutil, sys
    allowed = set(json.load(sys.stdin))

    def canonical(name):
        return name.lower().replace("_", "-").replace(".", "-")

    owners = importlib.metadata.packages_distributions()
    hidden = {module for module, names in owners.items() if not allowed & {canonical(name) for name in names}}

    class Hide:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in hidden:
                raise ModuleNotFoundError(f"{name} is not in requirements/base.txt", name=name)

    sys.meta_path.insert(0, Hide())
    import django
    django.setup()
    for package in ("acquisition", "sdr", "tasks", "webapp", "rasgado", "tools"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
            for_tests = module.name.endswith("pytest_plugin") or module.name.startswith("sdr.conformance")
            if not for_tests and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    from django.conf import settings
    from django.core.files.storage import storages
    from kombu import Connection
    from uvicorn import Config
    Connection(settings.REDIS_URL).transport
    importlib.import_module(settings.CACHES["default"]["BACKEND"].rpartition(".")[0])
    Config("webapp.config.asgi:application").load()
    importlib.import_module("storages.backends.s3")
""")


def imports(allowed: set[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "webapp.config.settings"}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, input=json.dumps(sorted(allowed)), text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def test_the_service_needs_nothing_beyond_its_lock() -> None:
    done = imports(set(locked("base")) | {"rasgado-nqr"})
    assert done.returncode == 0, done.stderr


def test_a_package_that_is_missing_from_the_lock_is_noticed() -> None:
    done = imports(set(locked("base")) - {"packaging"} | {"rasgado-nqr"})
    assert done.returncode != 0
    assert "packaging" in done.stderr
