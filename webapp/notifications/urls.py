"""What users are told."""

from django.urls import path

from webapp.notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.notifications, name="list"),
    path("read/", views.read_all, name="read-all"),
    path("<int:pk>/read/", views.read, name="read"),
    path("settings/", views.settings, name="settings"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/try-again/", views.try_again, name="try-again"),
]
