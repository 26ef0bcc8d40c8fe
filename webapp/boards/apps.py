"""The app of what many look at together: the status board on the wall, and the staff's view of a day."""

from django.apps import AppConfig


class BoardsConfig(AppConfig):
    name = "webapp.boards"
    label = "boards"
