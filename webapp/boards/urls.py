"""Status board and day view."""

from django.urls import path

from webapp.boards import views

app_name = "boards"

urlpatterns = [
    path("status/", views.status, name="status"),
    path("facility/day/", views.day, name="day"),
]
