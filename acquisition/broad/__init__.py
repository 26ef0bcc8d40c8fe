"""Lines too broad for a free decay: echoes summed to a distribution of frequencies, and their traces in a survey."""
