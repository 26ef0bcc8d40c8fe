"""Pages of the staff: emergency stop, limits, radios' logs."""

from django.urls import path

from webapp.safety import views

app_name = "safety"

urlpatterns = [
    path("", views.stops, name="stops"),
    path("stop/", views.stop, name="stop"),
    path("<int:pk>/release/", views.release, name="release"),
    path("<slug:slug>/limits/", views.limits, name="limits"),
    path("<slug:slug>/log/", views.log, name="log"),
]
