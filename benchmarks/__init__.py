"""Benchmarks: `python -m benchmarks [NAME ...]` prints one JSON object a line. One file each, named as its result."""
