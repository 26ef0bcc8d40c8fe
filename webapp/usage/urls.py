"""Pages of the accounts."""

from django.urls import path

from webapp.usage import staff_views, views

app_name = "usage"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("<slug:what>.csv", views.download, name="download"),
    path("corrections/new/", views.correct, name="correct"),
    path("close/", staff_views.close, name="close"),
    path("rates/", staff_views.rates, name="rates"),
    path("rates/new/", staff_views.new_rate, name="rate-new"),
    path("classes/new/", staff_views.new_tariff, name="tariff-new"),
    path("corrections/<int:pk>/reverse/", views.reverse, name="reverse"),
]
