"""Methods, plans, runs, series and templates in the API."""

from webapp.runs.api.designs import DesignsView
from webapp.runs.api.runs import MethodsView, PlansView, RunViewSet
from webapp.runs.api.series import RunSeriesViewSet
from webapp.runs.api.templates import RunTemplateViewSet

__all__ = ["DesignsView", "MethodsView", "PlansView", "RunSeriesViewSet", "RunTemplateViewSet", "RunViewSet"]
