"""Bookings: rows are made and changed here only, under the lock of their instrument and by the policies."""
