"""Pages of bookings: the calendar, one booking, what waits for staff. What may be done is decided by the services."""
