"""Reference pages: the quadrupolar nuclides, and a calculator."""

from django.urls import path

from webapp.quadrupole import views

app_name = "quadrupole"

urlpatterns = [
    path("", views.calculator, name="calculator"),
    path("nuclides/", views.nuclides, name="nuclides"),
]
