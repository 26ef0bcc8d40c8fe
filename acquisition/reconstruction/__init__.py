"""From captures to lines: correlation, sparse unfolding, and the statistics of both."""

from acquisition.reconstruction.parameters import ReconstructionParameters
from acquisition.reconstruction.result import Reconstruction
from acquisition.reconstruction.survey import fit_line, reconstruct_survey

__all__ = ["Reconstruction", "ReconstructionParameters", "fit_line", "reconstruct_survey"]
