"""The API's calls as methods; every method raises a `ClientError` and nothing else when it fails."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import httpx

from rasgado.errors import FieldFault, Refused, ServiceFailed, Unreachable

DEFAULT_URL = "http://127.0.0.1:8000"

#: tries of a request that can be repeated without harm, and the wait before each repetition
RETRY_WAITS_S = (0.3, 1.0, 3.0)

Json = dict[str, Any]


class Client:
    """A connection to one service, as the user of `token`.

    `url` is the service's address without `/api/v1`. Requests that were not answered are repeated when that can do no
    harm: reads, cancels, and submissions, which carry an idempotency key.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        token: str = "",
        *,
        timeout_s: float = 30.0,
        retry_waits_s: Sequence[float] = RETRY_WAITS_S,
    ) -> None:
        self.url = url.rstrip("/")
        self._retry_waits_s = tuple(retry_waits_s)
        headers = {"Accept": "application/json", "User-Agent": "rasgado"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            self._http = httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=timeout_s)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise Unreachable(f"{url!r} is not the address of a service: {error}.") from None

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # -- what there is ----------------------------------------------------------------------------------------------
    def methods(self) -> list[Json]:
        """Measuring methods with their described parameters."""
        return self._list("/methods")

    def instruments(self) -> list[Json]:
        return self._list("/instruments")

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
                    raise _failure(response)
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

    # -- requests ---------------------------------------------------------------------------------------------------
    def _pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[Json]:
        """Every object of a paged list."""
        page = self._get_list(path, {"limit": 200, **(query or {})})
        while True:
            if isinstance(page, list):
                yield from page
                return
            yield from page["results"]
            if not page.get("next"):
                return
            page = self._get_list(page["next"], None)

    def _list(self, path: str, query: Mapping[str, Any] | None = None) -> list[Json]:
        return list(self._pages(path, query))

    def _get_list(self, path: str, query: Mapping[str, Any] | None) -> Any:
        answer = _decoded(self._request("GET", path, query=query, repeat=True))
        if isinstance(answer, list) or (isinstance(answer, dict) and isinstance(answer.get("results"), list)):
            return answer
        raise ServiceFailed(f"{self.url} did not answer with a list; is it a RASGADO service?")

    def _object(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool = False,
    ) -> Json:
        answer = _decoded(
            self._request(method, path, body, query=query, headers=headers, repeat=repeat or method == "GET")
        )
        if not isinstance(answer, dict):
            raise ServiceFailed(f"{self.url} did not answer with an object; is it a RASGADO service?")
        return answer

    def _request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        repeat: bool = False,
    ) -> httpx.Response:
        content = None if body is None else _encoded(body)
        all_headers = {"Accept": accept, **(headers or {})}
        if content is not None:
            all_headers["Content-Type"] = "application/json"
        waits = iter(self._retry_waits_s if repeat else ())
        while True:
            try:
                response = self._http.request(method, path, content=content, params=query, headers=all_headers)
            except httpx.HTTPError as error:
                wait_s = next(waits, None)
                if wait_s is None:
                    raise self._unreachable(error) from None
                time.sleep(wait_s)
                continue
            if response.status_code in {502, 503, 504} and (wait_s := next(waits, None)) is not None:
                time.sleep(wait_s)
                continue
            if response.is_success:
                return response
            raise _failure(response)

    def _unreachable(self, error: httpx.HTTPError) -> Unreachable:
        if isinstance(error, httpx.TimeoutException):
            return Unreachable(f"{self.url} did not answer in time.")
        return Unreachable(f"{self.url} cannot be reached ({error}); is the service running and RASGADO_URL right?")


def _encoded(body: Json) -> bytes:
    """JSON for the service, which has no NaN or infinity."""
    for name, value in dict(body.get("parameters", {}), **body).items():
        if isinstance(value, float) and not -1.8e308 < value < 1.8e308:
            raise Refused(400, "", [FieldFault(name, "must be a finite number.")])
    try:
        return json.dumps(body, allow_nan=False).encode()
    except ValueError:
        raise Refused(400, "Every number must be finite.") from None


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise ServiceFailed(f"{response.url.host} did not answer with JSON; is it a RASGADO service?") from None


def _failure(response: httpx.Response) -> Refused | ServiceFailed:
    """The error that a problem response (RFC 9457) stands for."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    status = response.status_code
    message = str(problem.get("detail") or problem.get("title") or f"{response.reason_phrase or 'Error'} ({status})")
    if status >= 500:
        return ServiceFailed(f"The service failed: {message}")
    if status in {301, 302, 307, 308}:
        return ServiceFailed(f"The service moved to {response.headers.get('location', 'another address')}.")
    if status == 401:
        message = f"The token was not accepted; set RASGADO_TOKEN to one made in your settings. {message}"
    faults = [
        FieldFault(str(error.get("field") or ""), str(error.get("message") or ""))
        for error in problem.get("errors") or []
        if isinstance(error, dict)
    ]
    return Refused(status, message, faults)
