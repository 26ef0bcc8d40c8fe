"""What is not the sample: each kind of artefact is recognised by its physics, in a file of its own.

`narrow_fault` asks what narrow-band captures say against a line; `rejected_signals` lists what a survey shows beside
its lines.
"""

from acquisition.artefacts.judging import narrow_fault, rejected_signals

__all__ = ["narrow_fault", "rejected_signals"]
