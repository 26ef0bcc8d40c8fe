"""The least that Celery can do: a task that returns its argument; what queue overhead is compared with."""

from __future__ import annotations

import os

from celery import Celery

app = Celery("echo", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.worker_prefetch_multiplier = 1


@app.task
def echo(value: int) -> int:
    return value
