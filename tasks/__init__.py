"""Celery tasks: thin connections between webapp's rows, acquisition's experiments and sdr's transceivers."""

from tasks.app import app

__all__ = ["app"]
