"""Pages of users' own accounts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from acquisition.errors import InvalidParameters
from webapp.accounts import tokens
from webapp.accounts.forms import SettingsForm, TokenForm
from webapp.home.forms import show_errors

login = LoginView.as_view(template_name="accounts/login.html", redirect_authenticated_user=True)
logout = LogoutView.as_view()


@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Name, time zone, groups and API tokens."""
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your settings are saved.")
        return redirect("accounts:settings")
    return _settings_page(request, form=form)


@login_required
@require_POST
@never_cache
@sensitive_variables("secret")
def create_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show its secret, this once: it is neither stored nor put into the session."""
    form = TokenForm(request.POST)
    secret = ""
    if form.is_valid():
        try:
            secret = tokens.create(request.user, form.cleaned_data["name"], form.cleaned_data["lifetime_days"]).secret
        except InvalidParameters as error:
            show_errors(form, error)
        else:
            form = TokenForm()
    return _settings_page(request, token_form=form, secret=secret)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of the user's tokens: programs that use it are refused from now on."""
    if not tokens.revoke(request.user, pk):
        raise Http404
    messages.success(request, "The token is revoked. Programs that use it are refused from now on.")
    return redirect("accounts:settings")


def _settings_page(
    request: HttpRequest, form: SettingsForm | None = None, token_form: TokenForm | None = None, secret: str = ""
) -> HttpResponse:
    context = {
        "form": form or SettingsForm(instance=request.user),
        "token_form": token_form or TokenForm(),
        "tokens": request.user.api_tokens.all(),
        "memberships": request.user.memberships.select_related("group"),
        "secret": secret,
    }
    return render(request, "accounts/settings.html", context)
