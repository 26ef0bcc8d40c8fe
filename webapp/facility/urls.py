"""Pages of the instruments."""

from django.urls import path

from webapp.facility import views
from webapp.facility.pages import radios

app_name = "facility"

urlpatterns = [
    path("", views.instruments, name="list"),
    path("-/radios/", radios.found, name="radios"),
    path("-/radios/<slug:slug>/", radios.ask, name="radios-ask"),
    path("<slug:slug>/", views.instrument, name="detail"),
    path("<slug:slug>/hold/", views.hold, name="hold"),
    path("<slug:slug>/release/", views.release, name="release"),
]
