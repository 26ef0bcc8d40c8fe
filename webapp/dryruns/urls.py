"""Pages of the dry runs."""

from django.urls import path

from webapp.dryruns import views

app_name = "dryruns"

urlpatterns = [
    path("", views.dry_runs, name="list"),
    path("<int:pk>/", views.dry_run, name="detail"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
]
