"""Pages of the samples."""

from django.urls import path

from webapp.samples import views

app_name = "samples"

urlpatterns = [
    path("", views.samples, name="list"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.sample, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
]
