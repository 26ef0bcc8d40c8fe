"""The app that gives calendars of other programs what is booked."""

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "webapp.feeds"
    label = "feeds"
