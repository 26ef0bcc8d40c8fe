"""What staff do with the accounts: set prices and tariffs, correct, take a correction back, and close months."""

from webapp.usage.services.closing import close_month, last_closed, next_to_close
from webapp.usage.services.corrections import correct, reverse
from webapp.usage.services.prices import set_rate, set_tariff

__all__ = ["close_month", "correct", "last_closed", "next_to_close", "reverse", "set_rate", "set_tariff"]
