"""Pages of the runs: form, queue and history, and one run."""

from django.urls import path

from webapp.runs import control_views, designing, series_views, template_views, views

app_name = "runs"

urlpatterns = [
    path("", views.runs, name="list"),
    path("new/", views.create, name="create"),
    path("new/design/", designing.design, name="design"),
    path("new/preview/", views.preview, name="preview"),
    path("<int:pk>/", views.run, name="detail"),
    path("<int:pk>/control/", control_views.control, name="control"),
    path("<int:pk>/keep/", template_views.keep, name="keep"),
    path("series/<int:pk>/", series_views.detail, name="series"),
    path("series/<int:pk>/cancel/", series_views.cancel, name="series-cancel"),
    path("templates/", template_views.listing, name="templates"),
    path("templates/<int:pk>/delete/", template_views.delete, name="template-delete"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/requeue/", views.requeue, name="requeue"),
    path("<int:pk>/reprocess/", views.reprocess, name="reprocess"),
]
