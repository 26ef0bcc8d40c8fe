"""Addresses of the REST API, below /api/v1/. A slash at the end may be there or not."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from webapp.accounts.api import GroupViewSet, MeView, UserViewSet
from webapp.assignments.api import AssignmentsView, ExplanationsView, UndoView
from webapp.calibrations.api import CalibrationViewSet
from webapp.config.api_docs import DocumentationView, SchemaView
from webapp.dryruns.api import DryRunViewSet
from webapp.facility.api import (
    BookingRulesViewSet,
    BookingViewSet,
    InstrumentViewSet,
    OutageViewSet,
    QualificationViewSet,
    SeriesViewSet,
    WaitlistViewSet,
)
from webapp.feeds.api import FeedViewSet
from webapp.library.api import CompoundViewSet, MatchView, NearestView, SavedSearchViewSet
from webapp.notifications.api import NotificationViewSet, PreferencesView
from webapp.runs.api import (
    DesignsView,
    MethodsView,
    PlansView,
    RunSeriesViewSet,
    RunTemplateViewSet,
    RunViewSet,
)
from webapp.runs.stream import stream
from webapp.safety.api import EmergencyStopViewSet
from webapp.samples.api import SampleViewSet
from webapp.spectra.api import LineViewSet, ReconstructionView, SpectrumViewSet
from webapp.usage.api import CorrectionViewSet, UsageView


class Router(SimpleRouter):
    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = Router()
router.register("groups", GroupViewSet, basename="group")
router.register("users", UserViewSet, basename="user")
router.register("instruments", InstrumentViewSet, basename="instrument")
router.register("emergency-stops", EmergencyStopViewSet, basename="emergency-stop")
router.register("bookings", BookingViewSet, basename="booking")
router.register("booking-series", SeriesViewSet, basename="booking-series")
router.register("booking-rules", BookingRulesViewSet, basename="booking-rules")
router.register("outages", OutageViewSet, basename="outage")
router.register("qualifications", QualificationViewSet, basename="qualification")
router.register("waitlist", WaitlistViewSet, basename="waitlist")
router.register("usage-corrections", CorrectionViewSet, basename="usage-correction")
router.register("notifications", NotificationViewSet, basename="notification")
router.register("calendar-feeds", FeedViewSet, basename="calendar-feed")
router.register("calibrations", CalibrationViewSet, basename="calibration")
router.register("samples", SampleViewSet, basename="sample")
router.register("runs", RunViewSet, basename="run")
router.register("dry-runs", DryRunViewSet, basename="dry-run")
router.register("run-series", RunSeriesViewSet, basename="run-series")
router.register("run-templates", RunTemplateViewSet, basename="run-template")
router.register("spectra", SpectrumViewSet, basename="spectrum")
router.register("lines", LineViewSet, basename="line")
router.register("library", CompoundViewSet, basename="compound")
router.register("saved-searches", SavedSearchViewSet, basename="saved-search")

app_name = "api"
urlpatterns = [
    re_path(r"^schema/?$", SchemaView.as_view(), name="schema"),
    re_path(r"^docs/?$", DocumentationView.as_view(), name="docs"),
    re_path(r"^me/?$", MeView.as_view(), name="me"),
    re_path(r"^methods/?$", MethodsView.as_view(), name="methods"),
    re_path(r"^plans/?$", PlansView.as_view(), name="plans"),
    re_path(r"^designs/?$", DesignsView.as_view(), name="designs"),
    re_path(r"^notification-preferences/?$", PreferencesView.as_view(), name="notification-preferences"),
    re_path(r"^usage/?$", UsageView.as_view(), name="usage"),
    re_path(r"^search/nearest/?$", NearestView.as_view(), name="search-nearest"),
    re_path(r"^search/match/?$", MatchView.as_view(), name="search-match"),
    re_path(r"^reconstruction/?$", ReconstructionView.as_view(), name="reconstruction"),
    path("runs/<int:pk>/stream", stream, name="run-stream"),
    path("runs/<int:pk>/stream/", stream),
    re_path(r"^samples/(?P<pk>\d{1,18})/explanations/?$", ExplanationsView.as_view(), name="sample-explanations"),
    re_path(r"^samples/(?P<pk>\d{1,18})/assignments/?$", AssignmentsView.as_view(), name="sample-assignments"),
    re_path(r"^assignments/(?P<pk>\d{1,18})/undo/?$", UndoView.as_view(), name="assignment-undo"),
    path("", include(router.urls)),
]
