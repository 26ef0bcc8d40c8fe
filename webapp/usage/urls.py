"""Pages of the accounts."""

from django.urls import path

from webapp.usage import views

app_name = "usage"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("<slug:what>.csv", views.download, name="download"),
    path("corrections/new/", views.correct, name="correct"),
    path("corrections/<int:pk>/reverse/", views.reverse, name="reverse"),
]
