"""The API's calls as methods; every method raises a `ClientError` and nothing else when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from rasgado.booking_calls import BookingCalls
from rasgado.connection import DEFAULT_URL, Json, failure
from rasgado.errors import FieldFault, Refused
from rasgado.queue_calls import QueueCalls
from rasgado.stop_calls import StopCalls

__all__ = ["DEFAULT_URL", "Client", "Json"]


class Client(BookingCalls, QueueCalls, StopCalls):
    """A connection to one service, as the user of `token`.

    `url` is the service's address without `/api/v1`. Requests that were not answered are repeated when that can do no
    harm: reads, cancels of runs, and whatever carries an idempotency key.
    """

    # -- what there is ----------------------------------------------------------------------------------------------
    def methods(self) -> list[Json]:
        """Measuring methods with their described parameters."""
        return self._list("/methods")

    def instruments(self) -> list[Json]:
        return self._list("/instruments")

    def calibrations(self, **filters: Any) -> list[Json]:
        """What was measured of the instruments' errors, newest first (instrument=, quantity=, run=, in_force=)."""
        return self._list("/calibrations", filters)

    def used_calibrations(self, run_id: int) -> list[Json]:
        """The calibrations that were in force when a run started."""
        return self._list(f"/runs/{run_id}/calibrations")

    def samples(self, **filters: Any) -> list[Json]:
        return self._list("/samples", filters)

    def sample(self, name_or_id: str) -> Json:
        """A sample by its id or its exact name; Refused when there is none or the name is not unique."""
        if name_or_id.isdecimal():
            return self._object("GET", f"/samples/{name_or_id}")
        found = [sample for sample in self._pages("/samples") if sample["name"] == name_or_id]
        if not found:
            raise Refused(404, "", [FieldFault("sample", f"There is no sample named {name_or_id!r} that you may see.")])
        if len(found) > 1:
            ids = ", ".join(str(sample["id"]) for sample in found)
            raise Refused(409, "", [FieldFault("sample", f"{name_or_id!r} names several samples; give an id: {ids}.")])
        return found[0]

    # -- runs -------------------------------------------------------------------------------------------------------
    def plan(self, *, instrument: str, method: str, parameters: Mapping[str, Any]) -> Json:
        """What a run would do, without queueing it."""
        return self._object(
            "POST", "/plans", {"instrument": instrument, "method": method, "parameters": dict(parameters)}, repeat=True
        )

    def design(self, *, instrument: str, goal: Mapping[str, Any]) -> Json:
        """The ways to search a range compared, the fastest first, each with parameters to submit."""
        return self._object("POST", "/designs", {"instrument": instrument, "goal": dict(goal)}, repeat=True)

    def submit(
        self,
        *,
        instrument: str,
        sample: int,
        method: str,
        parameters: Mapping[str, Any],
        idempotency_key: str,
        title: str = "",
        temperature_k: float | None = None,
    ) -> Json:
        """Queue a run. The same key again gives the same run, so a submission may be repeated after any failure."""
        body: Json = {"instrument": instrument, "sample": sample, "method": method, "parameters": dict(parameters)}
        if title:
            body["title"] = title
        if temperature_k is not None:
            body["temperature_k"] = temperature_k
        return self._object("POST", "/runs", body, headers={"Idempotency-Key": idempotency_key}, repeat=True)

    def dry_run(
        self,
        *,
        instrument: str,
        method: str,
        parameters: Mapping[str, Any],
        lines: Sequence[Mapping[str, Any]] = (),
        sample: int | None = None,
        strongest: float | None = None,
        title: str = "",
    ) -> Json:
        """Try a run on a simulated copy of the instrument, with guessed lines or those confirmed in the sample."""
        body: Json = {"instrument": instrument, "method": method, "parameters": dict(parameters), "title": title}
        given = {"lines": [dict(line) for line in lines], "sample": sample, "strongest": strongest}
        return self._object("POST", "/dry-runs", body | {name: value for name, value in given.items() if value})

    def dry_run_of(self, number: int) -> Json:
        """A dry run by its number."""
        return self._object("GET", f"/dry-runs/{number}")

    def cancel_dry_run(self, number: int) -> Json:
        return self._object("POST", f"/dry-runs/{number}/cancel", {}, repeat=True)

    def run(self, run_id: int) -> Json:
        return self._object("GET", f"/runs/{run_id}")

    def runs(self, *, limit: int = 20, **filters: Any) -> list[Json]:
        """The newest `limit` runs that the user may see."""
        page = self._object("GET", "/runs", query={"limit": limit, **filters})
        return list(page["results"])

    def cancel(self, run_id: int) -> Json:
        """Ask for a run to be cancelled; it is cancelled when its state says so."""
        return self._object("POST", f"/runs/{run_id}/cancel", {}, repeat=True)

    def events(self, run_id: int, after: int = 0) -> Iterator[Json]:
        """Events of a run with an id above `after`, oldest first."""
        while True:
            page = self._object("GET", f"/runs/{run_id}/events", query={"after": after})
            if not page["results"]:
                return
            yield from page["results"]
            after = int(page["last"])

    @contextmanager
    def stream(self, run_id: int, after: int = 0, read_timeout_s: float = 45.0) -> Iterator[Iterator[str]]:
        """The lines of a run's server-sent events from after event `after` on; see `rasgado.follow`.

        The service says something every 15 s, so a silence of `read_timeout_s` is a broken connection.
        """
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        timeout = httpx.Timeout(10.0, read=read_timeout_s)
        try:
            with self._http.stream("GET", f"/runs/{run_id}/stream", headers=headers, timeout=timeout) as response:
                if response.status_code == 204:  # the run has ended and everything was told
                    yield iter(())
                    return
                if response.status_code != 200:
                    response.read()
                    raise failure(response)
                yield response.iter_lines()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    # -- results ----------------------------------------------------------------------------------------------------
    def spectra(self, run_id: int) -> list[Json]:
        """Processing versions of a run, newest first."""
        return self._list(f"/runs/{run_id}/spectra")

    def newest_spectrum(self, run_id: int) -> int:
        """The id of the newest finished processing of a run; Refused when there is none yet."""
        spectrum = self.run(run_id)["spectrum"]
        if spectrum is None:
            raise Refused(404, f"Run {run_id} has no processed spectrum yet.")
        return int(spectrum)

    def lines(self, spectrum_id: int) -> list[Json]:
        """Lines of one spectrum, by rising frequency."""
        return sorted(self._list(f"/spectra/{spectrum_id}/lines"), key=lambda line: float(line["frequency_hz"]))

    def explanations(self, sample_id: int) -> list[Json]:
        """Which nuclides and sites explain the confirmed lines of a sample, most probable first."""
        return self._list(f"/samples/{sample_id}/explanations")

    def quantities(self, spectrum_id: int) -> list[Json]:
        """What a spectrum's method measured, such as T1, in SI units; empty for surveys."""
        return self._list(f"/spectra/{spectrum_id}/quantities")

    def curves(self, spectrum_id: int) -> list[Json]:
        """The curves of a spectrum with their points and fits, in SI units; empty for surveys."""
        return self._list(f"/spectra/{spectrum_id}/curves")

    def export(self, spectrum_id: int, extension: str) -> bytes:
        """A spectrum as a file: "jdx" or "csv"."""
        return self._request("GET", f"/spectra/{spectrum_id}/export.{extension}", accept="*/*", repeat=True).content
