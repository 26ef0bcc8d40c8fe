"""Pages of the templates: kept from a run that went well, used by the form of new runs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.errors import ServiceError
from webapp.runs import access, pages
from webapp.runs.services import templates


@login_required
def listing(request: HttpRequest) -> HttpResponse:
    """Templates of the user's groups and those that are shared."""
    rows = [
        (
            template,
            templates.may_change(request.user, template),
            pages.named_parameters(template.method, template.parameters),
        )
        for template in access.templates(request.user)
    ]
    return render(request, "runs/templates.html", {"rows": rows})


@login_required
@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the settings of a run as a template of its group."""
    run = get_object_or_404(access.runs(request.user), pk=pk)
    try:
        made = templates.save(
            request.user,
            run.group,
            name=request.POST.get("name", ""),
            method=run.method,
            parameters=run.parameters,
            shared=request.POST.get("shared") == "1",
        )
    except InvalidParameters as error:
        messages.error(request, str(error))
        return redirect("runs:detail", pk)
    messages.success(request, f"Kept as the template “{made.name}”.")
    return redirect("runs:templates")


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a template."""
    template = get_object_or_404(access.templates(request.user), pk=pk)
    try:
        templates.delete(request.user, template)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The template “{template.name}” is gone; runs made from it stay.")
    return redirect("runs:templates")
