"""The facility for staff. What has rules is changed through the services, so that they hold here as everywhere."""

from webapp.facility.admin.bookings import BookingAdmin
from webapp.facility.admin.instruments import InstrumentAdmin
from webapp.facility.admin.outages import OutageAdmin
from webapp.facility.admin.people import QualificationAdmin, WaitlistAdmin
from webapp.facility.admin.rules import BookingRulesAdmin

__all__ = [
    "BookingAdmin",
    "BookingRulesAdmin",
    "InstrumentAdmin",
    "OutageAdmin",
    "QualificationAdmin",
    "WaitlistAdmin",
]
