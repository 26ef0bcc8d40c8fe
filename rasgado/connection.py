"""Requests to one service and what their answers mean: each raises a `ClientError` and nothing else when it fails."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from rasgado.errors import FieldFault, Refused, ServiceFailed, Unreachable

DEFAULT_URL = "http://127.0.0.1:8000"

#: tries of a request that can be repeated without harm, and the wait before each repetition
RETRY_WAITS_S = (0.3, 1.0, 3.0)

Json = dict[str, Any]


class Connection:
    """A connection to one service, as the user of a token; the calls of `rasgado.Client` are made from these."""

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

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
            raise failure(response)

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


def failure(response: httpx.Response) -> Refused | ServiceFailed:
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
