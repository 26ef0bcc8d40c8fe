"""Calendar feeds."""

from django.urls import path

from webapp.feeds import views

app_name = "feeds"

urlpatterns = [
    path("", views.feeds, name="list"),
    path("new/", views.create, name="create"),
    path("<int:pk>/rotate/", views.rotate, name="rotate"),
    path("<int:pk>/revoke/", views.revoke, name="revoke"),
    path("<slug:secret>.ics", views.feed, name="feed"),
]
