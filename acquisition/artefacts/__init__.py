"""What is not the sample: each kind of artefact is recognised by its physics, in a file of its own.

`narrow_fault` asks what the narrow-band captures say against a line.
"""

from acquisition.artefacts.judging import narrow_fault

__all__ = ["narrow_fault"]
