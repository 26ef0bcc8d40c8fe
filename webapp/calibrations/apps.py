from django.apps import AppConfig


class CalibrationsConfig(AppConfig):
    name = "webapp.calibrations"
    label = "calibrations"
