"""The science of RASGADO NQR: pulses, experiments, reconstruction and records, without any I/O but `records`."""

import os

# The matrices of a fit are small, and BLAS threads that wait for each other make it two to three times slower.
# This takes effect only if it comes before the first import of numpy, so programs import `acquisition` first.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
