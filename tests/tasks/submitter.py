"""A client that keeps runs waiting, whatever happens to the web process: it retries with the same key until told so."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import httpx

from tests.tasks.facility import SHORT
from tests.tasks.rows import FINAL, Rows
from tools.stack import Stack

#: some seconds of measuring and a confirmed line at the end
QUICK = SHORT | {"averages": 8, "averages_max": 8}

_PAUSE_S = 0.1


class Submitter(threading.Thread):
    """Submits runs with idempotency keys while fewer than `waiting` have not ended, and now and then cancels one.

    * `promised`: the run that each key was answered with
    * `broken_promises`: what contradicts an earlier answer
    * `asking`: a request is on its way
    """

    def __init__(self, stack: Stack, rows: Rows, sample_id: int, seed: int, waiting: int = 4) -> None:
        super().__init__(name="submitter", daemon=True)
        self._stack, self._rows, self._sample_id, self._waiting = stack, rows, sample_id, waiting
        self._choice = random.Random(seed)
        self._stopped = threading.Event()
        self.promised: dict[str, int] = {}
        self.keys: list[str] = []
        self.cancelled: set[int] = set()
        self.broken_promises: list[str] = []
        self.retries = 0
        self.asking = False

    def run(self) -> None:
        with httpx.Client(
            base_url=f"{self._stack.url}/api/v1/", headers={"Authorization": f"Bearer {self._stack.token}"}, timeout=3
        ) as http:
            while not self._stopped.wait(_PAUSE_S):
                open_runs = [run["id"] for run in self._rows.runs() if run["state"] not in FINAL]
                if len(open_runs) < self._waiting:
                    self._submit(http)
                elif self._choice.random() < 0.003:
                    self._cancel(http, self._choice.choice(open_runs))

    def finish(self) -> None:
        """Submit no more; what has been begun is brought to its answer."""
        self._stopped.set()
        self.join(60)
        if self.is_alive():
            raise TimeoutError("A submission was not answered within a minute.")

    def _submit(self, http: httpx.Client) -> None:
        key = f"ordeal-{len(self.keys)}"
        self.keys.append(key)
        body = {"instrument": "demo", "sample": self._sample_id, "method": "survey", "parameters": QUICK}
        run_id = int(self._answer(http, "runs", body, {"Idempotency-Key": key})["id"])
        self.promised[key] = run_id
        if self._choice.random() < 0.2:  # as a client that has lost the answer
            again = int(self._answer(http, "runs", body, {"Idempotency-Key": key})["id"])
            if again != run_id:
                self.broken_promises.append(f"Key {key} was answered with run {run_id} and then with {again}.")

    def _cancel(self, http: httpx.Client, run_id: int) -> None:
        self._answer(http, f"runs/{run_id}/cancel", None, {})
        self.cancelled.add(run_id)

    def _answer(self, http: httpx.Client, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        """Ask until there is an answer; a request that is refused for what it says is a broken promise."""
        self.asking = True
        try:
            while True:
                try:
                    answer = http.post(path, json=body, headers=headers)
                except httpx.HTTPError:
                    answer = None
                if answer is not None and answer.status_code < 500:
                    if answer.status_code >= 400 and answer.status_code != 409:  # 409: it has ended meanwhile
                        self.broken_promises.append(f"POST {path}: {answer.status_code} {answer.text[:200]}")
                    return answer.json()
                self.retries += 1
                time.sleep(_PAUSE_S)
        finally:
            self.asking = False
