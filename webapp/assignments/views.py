"""Accepting, rejecting and undoing from the sample's page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.assignments import access, services
from webapp.assignments.models import Assignment
from webapp.errors import ServiceError
from webapp.samples import access as samples_access

_DONE = {
    Assignment.Decision.ACCEPTED: "The explanation is accepted; its nuclides stand beside the lines now.",
    Assignment.Decision.REJECTED: "The explanation is rejected and goes to the end of the list.",
}


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or reject an explanation of a sample's lines."""
    sample = get_object_or_404(samples_access.samples(request.user), pk=pk)
    try:
        made = services.decide(
            request.user,
            sample,
            key=request.POST.get("key", ""),
            decision=request.POST.get("decision", ""),
            note=request.POST.get("note", ""),
        )
    except (InvalidParameters, ServiceError) as error:
        messages.error(request, error.message if isinstance(error, ServiceError) else str(error))
    else:
        messages.success(request, _DONE[Assignment.Decision(made.decision)])
    return redirect(_section(pk))


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision back."""
    assignment = get_object_or_404(access.assignments(request.user), pk=pk)
    try:
        services.undo(request.user, assignment)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The decision is taken back; it stays in the history.")
    return redirect(_section(assignment.sample_id))


def _section(sample_pk: int) -> str:
    return reverse("samples:detail", args=[sample_pk]) + "#assignment"
