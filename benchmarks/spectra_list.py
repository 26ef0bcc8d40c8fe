"""The page with the newest of 1e5 spectra on PostgreSQL, and one deep in the list, against the page of an empty list.

Asked through Django's test client: all of the site but the network. SPECTRA_LIST (100000) makes it smaller.
"""

from __future__ import annotations

import os
import time

import numpy as np

from benchmarks import _spectra
from benchmarks.result import Result
from tools.postgres import PostgresCluster

ROUNDS = 40


def run() -> Result:
    spectra = int(os.environ.get("SPECTRA_LIST", "100000"))
    with PostgresCluster() as cluster:
        os.environ |= {"DATABASE_URL": cluster.create_database(), "DJANGO_SETTINGS_MODULE": "webapp.config.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _spectra.fill(spectra, 20, 3, (1e6, 60e6), runs=True)
        member = _member()
        taken_ms = {
            "newest": _p95_ms(member, ""),
            "deep": _p95_ms(member, f"?before={spectra // 10}"),
            "words": _p95_ms(member, "?q=sample"),
            "nothing": _p95_ms(member, "?before=1"),
        }
    worst_ms = max(taken_ms.values())
    extra: dict[str, float | int | str] = {f"{name}_p95_ms": round(value, 1) for name, value in taken_ms.items()}
    extra["spectra"] = spectra
    return Result("spectra_list", worst_ms, "ms", "the empty list", worst_ms / taken_ms["nothing"], extra)


def _member() -> object:
    from webapp.accounts.models import Group, Membership, User

    member = User.objects.create(username="member")
    for group in Group.objects.order_by("pk")[:2]:
        Membership.objects.create(user=member, group=group)
    return member


def _p95_ms(member: object, query: str) -> float:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(member)  # type: ignore[arg-type]
    taken = []
    for turn in range(ROUNDS + 5):
        start_s = time.perf_counter()
        answer = client.get(f"/spectra/{query}")
        if answer.status_code != 200:
            raise RuntimeError(f"/spectra/{query} answered {answer.status_code}.")
        if turn >= 5:
            taken.append(1e3 * (time.perf_counter() - start_s))
    return float(np.percentile(taken, 95))
