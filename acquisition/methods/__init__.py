"""Measuring methods, one file each; a module that defines `METHOD` is a method and appears everywhere by itself."""

from acquisition.methods.registry import Method, get, methods

__all__ = ["Method", "get", "methods"]
