"""Pages of the spectra."""

from django.urls import path

from webapp.spectra import views

app_name = "spectra"

urlpatterns = [
    path("", views.spectra, name="list"),
    path("<int:pk>/", views.spectrum, name="detail"),
    path("<int:pk>/thumbnail.svg", views.thumbnail, name="thumbnail"),
]
