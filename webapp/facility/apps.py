from django.apps import AppConfig


class FacilityConfig(AppConfig):
    name = "webapp.facility"
    label = "facility"
