from django.apps import AppConfig


class AssignmentsConfig(AppConfig):
    name = "webapp.assignments"
    label = "assignments"
