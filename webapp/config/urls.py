"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from webapp.config import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("webapp.config.api_urls")),
    path("", include("webapp.home.urls")),
    path("accounts/", include("webapp.accounts.urls")),
    path("notifications/", include("webapp.notifications.urls")),
    path("calendars/", include("webapp.feeds.urls")),
    path("", include("webapp.boards.urls")),
    path("instruments/", include("webapp.calibrations.urls")),
    path("instruments/", include("webapp.facility.urls")),
    path("safety/", include("webapp.safety.urls")),
    path("bookings/", include("webapp.facility.booking_urls")),
    path("samples/", include("webapp.samples.urls")),
    path("runs/", include("webapp.runs.urls")),
    path("dry-runs/", include("webapp.dryruns.urls")),
    path("spectra/", include("webapp.spectra.urls")),
    path("usage/", include("webapp.usage.urls")),
    path("assignments/", include("webapp.assignments.urls")),
    path("quadrupole/", include("webapp.quadrupole.urls")),
    path("", include("webapp.library.urls")),
]

handler400 = "webapp.config.problems.bad_request"
handler404 = "webapp.config.problems.page_not_found"
handler500 = "webapp.config.problems.server_error"
