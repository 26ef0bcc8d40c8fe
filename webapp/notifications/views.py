"""Pages of what users are told, and for staff of the mail that does not get through."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.home.forms import show_errors
from webapp.notifications import mail, preferences, reading
from webapp.notifications.forms import PreferencesForm
from webapp.notifications.models import Notification

_PAGE = 30
_SHOWN_MAX = 200


@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """Everything the user was told on the site, newest first."""
    unread_only = request.GET.get("show") == "unread"
    shown = reading.unread(request.user) if unread_only else reading.told(request.user)
    context = {
        "page": Paginator(shown, _PAGE).get_page(request.GET.get("page")),
        "unread": reading.unread(request.user).count(),
        "unread_only": unread_only,
    }
    return render(request, "notifications/list.html", context)


@login_required
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read, and go to what it is about if asked to."""
    row = get_object_or_404(request.user.notifications, pk=pk)
    reading.mark_read(request.user, row.pk)
    # The path was made by this site from its own addresses.
    return redirect(row.path if "open" in request.POST and row.path else "notifications:list")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read that the user has seen: not those that came after the page was made."""
    newest = request.POST.get("newest", "")
    reading.mark_all_read(request.user, int(newest) if newest.isdecimal() and len(newest) < 19 else None)
    return redirect("notifications:list")


@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """What the user is told, and how."""
    form = PreferencesForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            preferences.choose(request.user, form.chosen(), form.cleaned_data["lead_minutes"])
        except InvalidParameters as error:
            show_errors(form, error)
        else:
            messages.success(request, "Your choice is saved.")
            return redirect("notifications:settings")
    return render(request, "notifications/settings.html", {"form": form})


@login_required
def outbox(request: HttpRequest) -> HttpResponse:
    """Staff: mail that waits for another attempt or was given up."""
    _staff_only(request)
    Mail = Notification.Mail
    rows = Notification.objects.filter(mail_state__in=(Mail.QUEUED, Mail.SENDING, Mail.FAILED)).select_related("user")
    context = {
        "rows": rows.order_by("-id")[:_SHOWN_MAX],
        "trouble": mail.trouble(timezone.now()),
        "last_sent": Notification.objects.filter(mail_state=Mail.SENT).order_by("-mail_sent_at").first(),
    }
    return render(request, "notifications/outbox.html", context)


@login_required
@require_POST
def try_again(request: HttpRequest) -> HttpResponse:
    """Staff: everything that waits or was given up is tried again now."""
    _staff_only(request)
    count = mail.try_again()
    mail.hint()
    messages.success(request, f"{count} {'mail is' if count == 1 else 'mails are'} tried again now.")
    return redirect("notifications:outbox")


def _staff_only(request: HttpRequest) -> None:
    if not request.user.is_staff:
        raise PermissionDenied
