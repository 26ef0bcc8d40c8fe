"""Pages of the instruments."""

from django.urls import path

from webapp.facility import views

app_name = "facility"

urlpatterns = [
    path("", views.instruments, name="list"),
    path("<slug:slug>/", views.instrument, name="detail"),
    path("<slug:slug>/hold/", views.hold, name="hold"),
    path("<slug:slug>/release/", views.release, name="release"),
]
