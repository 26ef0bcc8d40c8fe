"""Lines too broad for a free decay: echoes summed to a distribution of frequencies, and their traces in a survey."""

from acquisition.broad.survey_features import BroadFeature, broad_features

__all__ = ["BroadFeature", "broad_features"]
