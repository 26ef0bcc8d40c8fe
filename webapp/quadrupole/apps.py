from django.apps import AppConfig


class QuadrupoleConfig(AppConfig):
    name = "webapp.quadrupole"
    label = "quadrupole"
