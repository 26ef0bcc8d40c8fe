"""What people decide about explanations."""

from django.urls import path

from webapp.assignments import views

app_name = "assignments"

urlpatterns = [
    path("samples/<int:pk>/decide/", views.decide, name="decide"),
    path("<int:pk>/undo/", views.undo, name="undo"),
]
