"""An experiment whose knowledge, at any moment, is what the reconstruction says of the captures until then."""

from __future__ import annotations

from abc import abstractmethod

from acquisition.curves import Curve
from acquisition.experiment import ExperimentResult, Spectrum
from acquisition.lines import Line
from acquisition.methods.curve_values import quantity_text
from acquisition.methods.script import ScriptedExperiment
from acquisition.reconstruction import Reconstruction


class ReconstructingExperiment(ScriptedExperiment):
    """The second half of `acquisition.experiment.Experiment`; a subclass says what to play and what it shows."""

    def __init__(self) -> None:
        super().__init__("measure")
        self._known: tuple[int, Reconstruction] | None = None

    @abstractmethod
    def _reconstruct(self) -> Reconstruction:
        """What the captures until now say."""

    def _found(self) -> Reconstruction:
        """The reconstruction of what was captured, made once for each capture that is added."""
        if self._known is None or self._known[0] != len(self._captures):
            self._known = len(self._captures), self._reconstruct()
        return self._known[1]

    def _summary(self) -> str:
        found = self._found()
        if found.quantities:
            return f"Found {', '.join(quantity_text(quantity) for quantity in found.quantities[:3])}."
        return found.messages[0] if found.messages else "Nothing could be determined."

    def partial_spectrum(self) -> Spectrum | None:
        return self._found().spectrum if self._captures else None

    def partial_curves(self) -> tuple[Curve, ...]:
        return self._found().curves if self._captures else ()

    def candidates(self) -> tuple[Line, ...]:
        return self._found().lines if self._captures else ()

    def result(self) -> ExperimentResult:
        if not self._captures:
            return ExperimentResult((), None, ("Nothing was measured.",))
        found = self._found()
        return ExperimentResult(found.lines, found.spectrum, found.messages)
