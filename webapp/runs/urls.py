"""Pages of the runs: form, queue and history, and one run."""

from django.urls import path

from webapp.runs import views

app_name = "runs"

urlpatterns = [
    path("", views.runs, name="list"),
    path("new/", views.create, name="create"),
    path("new/preview/", views.preview, name="preview"),
    path("<int:pk>/", views.run, name="detail"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/requeue/", views.requeue, name="requeue"),
    path("<int:pk>/reprocess/", views.reprocess, name="reprocess"),
]
