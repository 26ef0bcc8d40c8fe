"""Calibrations of an instrument, below its own address."""

from django.urls import path

from webapp.calibrations import views

app_name = "calibrations"

urlpatterns = [
    path("<slug:slug>/calibrations/", views.calibrations, name="list"),
    path("<slug:slug>/calibrations/validity/", views.validity, name="validity"),
    path("<slug:slug>/calibrations/<int:pk>/accept/", views.accept, name="accept"),
    path("<slug:slug>/calibrations/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
]
