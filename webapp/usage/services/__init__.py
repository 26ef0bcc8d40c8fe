"""What staff do with the accounts: set prices and tariffs, correct, and take a correction back."""

from webapp.usage.services.corrections import correct, reverse
from webapp.usage.services.prices import set_rate, set_tariff

__all__ = ["correct", "reverse", "set_rate", "set_tariff"]
