"""The app that holds the site's frame."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "webapp.home"
    label = "home"
