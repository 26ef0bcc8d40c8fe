"""The facility: instruments, who may use them, and when."""

from webapp.facility.models.booking import Booking, BookingEvent, BookingSeries
from webapp.facility.models.booking_rules import BookingRules
from webapp.facility.models.instrument import Instrument
from webapp.facility.models.outage import Outage
from webapp.facility.models.qualification import Qualification
from webapp.facility.models.radio_scan import RadioScan
from webapp.facility.models.waitlist import WaitlistEntry

__all__ = [
    "Booking",
    "BookingEvent",
    "BookingRules",
    "BookingSeries",
    "Instrument",
    "Outage",
    "Qualification",
    "RadioScan",
    "WaitlistEntry",
]
