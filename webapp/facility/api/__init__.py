"""The facility in the API: instruments, bookings, outages, qualifications, the waitlist, and rules."""

from webapp.facility.api.bookings import BookingViewSet
from webapp.facility.api.instruments import InstrumentViewSet
from webapp.facility.api.outages import OutageViewSet
from webapp.facility.api.qualifications import QualificationViewSet
from webapp.facility.api.rules import BookingRulesViewSet
from webapp.facility.api.series import SeriesViewSet
from webapp.facility.api.waitlist import WaitlistViewSet

__all__ = [
    "BookingRulesViewSet",
    "BookingViewSet",
    "InstrumentViewSet",
    "OutageViewSet",
    "QualificationViewSet",
    "SeriesViewSet",
    "WaitlistViewSet",
]
