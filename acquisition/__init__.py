"""The science of RASGADO NQR: pulses, experiments, reconstruction and records, without any I/O but `records`."""
