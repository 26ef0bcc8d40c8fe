"""Server-sent events of a run: rows from the database, woken by Redis; without Redis by looking every second."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.authentication import BearerTokenAuthentication
from webapp.config import problems
from webapp.runs import access
from webapp.runs.models import Run, RunEvent
from webapp.runs.wake import hub

HEARTBEAT_S = 15.0
POLL_S = 1.0
#: after this the stream ends and the browser comes back by itself, so that a login that has ended is noticed
LIFETIME_S = 3600.0
_BATCH = 500

#: the threads that look into the database for all streams; a stream itself holds neither thread nor connection
_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="event-stream")

P = ParamSpec("P")
T = TypeVar("T")


async def stream(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Events after `Last-Event-ID` (or `?after=`), live until the run has ended.

    `id:` is the event's number, `event:` its kind, `data:` its payload with the time as `at`. 204 when the run has
    ended and nothing is left to tell, which keeps a browser from asking again.
    """
    try:
        if request.method != "GET":
            raise MethodNotAllowed(str(request.method))
        after, ended = await _in_thread(_open, request, pk)
    except Exception as error:
        response = problems.respond(error)
        if response is None:
            raise
        return response
    if ended:
        return HttpResponse(status=204)
    live = StreamingHttpResponse(_events(pk, after), content_type="text/event-stream; charset=utf-8")
    live["Cache-Control"] = "no-store"
    live["X-Accel-Buffering"] = "no"  # a proxy must hand on each event at once
    return live


async def _events(run_id: int, after: int) -> AsyncIterator[str]:
    """The text of the stream. Leaving it in any way, as when the client goes, lets go of everything."""
    ends_at = time.monotonic() + LIFETIME_S
    spoken_at = time.monotonic()
    yield "retry: 2000\n\n"
    redis = hub()
    async with redis.watch(run_id) as woken:
        while time.monotonic() < ends_at:
            woken.clear()  # before reading: an event that is committed meanwhile wakes the next round
            events, ended = await _in_thread(_read, run_id, after)
            for event in events:
                after = event.pk
                yield _text(event)
            now = time.monotonic()
            if events:
                spoken_at = now
            elif now - spoken_at >= HEARTBEAT_S:
                spoken_at = now
                yield ": still here\n\n"
            if ended and len(events) < _BATCH:
                return
            if len(events) == _BATCH:
                continue
            wait_s = HEARTBEAT_S - (now - spoken_at) if redis.connected else POLL_S
            try:
                await asyncio.wait_for(woken.wait(), max(wait_s, 0.01))
            except TimeoutError:
                continue


def _open(request: HttpRequest, pk: int) -> tuple[int, bool]:
    """Who asks, for which run, from where on: (after, nothing left to tell). Raises what the API raises."""
    authenticated = BearerTokenAuthentication().authenticate(request)  # type: ignore[arg-type]
    user = authenticated[0] if authenticated else request.user
    if not user.is_authenticated:
        error = NotAuthenticated()
        error.auth_header = 'Bearer realm="api"'
        raise error
    run = access.runs(user).filter(pk=pk).first() if pk < 2**63 else None
    if run is None:
        raise Http404
    given = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise InvalidParameters([FieldError("after", "Must be the number of an event.")])
    after = int(given)
    return after, run.state in Run.FINAL and not run.events.filter(pk__gt=after).exists()


def _read(run_id: int, after: int) -> tuple[list[RunEvent], bool]:
    """Events after one, and whether the run has ended; the state is read first, so its event is among them."""
    state = Run.objects.values_list("state", flat=True).filter(pk=run_id).first()
    events = list(RunEvent.objects.filter(run=run_id, pk__gt=after).order_by("pk")[:_BATCH])
    return events, state is None or state in Run.FINAL


def _text(event: RunEvent) -> str:
    data: dict[str, Any] = {**event.payload, "at": event.at.isoformat()}
    return f"id: {event.pk}\nevent: {event.kind}\ndata: {json.dumps(data, allow_nan=False)}\n\n"


async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    def call() -> T:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(call, thread_sensitive=False, executor=_THREADS)()
