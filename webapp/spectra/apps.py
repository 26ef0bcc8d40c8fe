from django.apps import AppConfig


class SpectraConfig(AppConfig):
    name = "webapp.spectra"
    label = "spectra"
