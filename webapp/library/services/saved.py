"""Searches that users keep."""

from __future__ import annotations

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts.models import User
from webapp.library.models import SavedSearch

NAME_MAX, QUERY_MAX, SEARCHES_MAX = 80, 2000, 100


def save(user: User, name: str, query: str) -> SavedSearch:
    """Keep a query string under a name; one of the same name is replaced."""
    name, query = name.strip(), query.strip().lstrip("?")
    errors = []
    if not 1 <= len(name) <= NAME_MAX:
        errors.append(FieldError("name", f"The name has 1 to {NAME_MAX} characters."))
    if not 1 <= len(query) <= QUERY_MAX:
        errors.append(FieldError("query", f"The search has 1 to {QUERY_MAX} characters."))
    others = SavedSearch.objects.filter(user=user).exclude(name=name)
    if others.count() >= SEARCHES_MAX:
        errors.append(FieldError("name", f"You have {SEARCHES_MAX} saved searches; forget one first."))
    if errors:
        raise InvalidParameters(errors)
    kept, _ = SavedSearch.objects.update_or_create(user=user, name=name, defaults={"query": query})
    return kept
