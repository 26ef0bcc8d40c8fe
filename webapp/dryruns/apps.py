"""The app that tries planned runs on simulated copies of the instruments."""

from django.apps import AppConfig


class DryRunsConfig(AppConfig):
    name = "webapp.dryruns"
    label = "dryruns"
