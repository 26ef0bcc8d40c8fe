"""What the buttons of the queue and of a run do: hold, pause, resume, move, prioritise."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.accounts.models import User
from webapp.errors import ServiceError
from webapp.runs import access, services
from webapp.runs.models import Run

_CONTROLS: dict[str, Callable[[User, Run], Run]] = {
    "hold": services.hold,
    "pause": services.pause,
    "resume": services.resume,
    "urgent": lambda user, run: services.prioritise(user, run, Run.Priority.URGENT),
    "normal": lambda user, run: services.prioritise(user, run, Run.Priority.NORMAL),
    "background": lambda user, run: services.prioritise(user, run, Run.Priority.BACKGROUND),
}


@login_required
@require_POST
def control(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what the pressed button is named after, and go back to where it was pressed."""
    shown = get_object_or_404(access.runs(request.user), pk=pk)
    action = request.POST.get("action", "")
    try:
        if action in {place.value for place in services.Place}:
            services.move(request.user, shown, action)
        elif action in _CONTROLS:
            _CONTROLS[action](request.user, shown)
        else:
            raise Http404("There is no such button.")
    except InvalidParameters as error:
        messages.error(request, str(error))
    except ServiceError as error:
        messages.error(request, error.message)
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect("runs:detail", pk)
