"""What keeps a transmitter off, what it may send, and what it sent."""

from webapp.safety.models.emergency_stop import EmergencyStop
from webapp.safety.models.limit_change import LimitChange
from webapp.safety.models.radio_entry import RadioEntry

__all__ = ["EmergencyStop", "LimitChange", "RadioEntry"]
