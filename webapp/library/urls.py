"""Pages of the library."""

from django.urls import path

from webapp.library import views

app_name = "library"

urlpatterns = [
    path("library/", views.library, name="list"),
    path("library/<int:pk>/", views.compound, name="detail"),
    path("library/<int:pk>/delete/", views.delete, name="delete"),
    path("library/upload/", views.upload, name="upload"),
    path("search/", views.search, name="search"),
    path("search/save/", views.save_search, name="save-search"),
    path("search/<int:pk>/delete/", views.delete_search, name="delete-search"),
]
