"""A simulated spectrometer: an ADALM-Pluto with converter, probe and sample behind a real iiod interface."""

from sdr.simulated.process import SimulatedProcess, running

__all__ = ["SimulatedProcess", "running"]
