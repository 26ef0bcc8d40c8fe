"""The adaptive two-step experiment: survey each window, then measure every candidate by itself.

Pure logic: it yields shots and takes captures. Everything it knows is in the captures, and `acquisition.verdict` turns
them into lines exactly as it does for stored captures.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from acquisition import verdict
from acquisition.artefacts import remains
from acquisition.artefacts.faulty_samples import without_faulty_samples
from acquisition.artefacts.modulated import undisturbed
from acquisition.artefacts.unexcited import needs_control
from acquisition.artefacts.unsaturated import needs_saturation
from acquisition.broad import second_step
from acquisition.errors import InvalidParameters
from acquisition.experiment import ExperimentResult, Spectrum
from acquisition.limits import InstrumentLimits
from acquisition.lines import Line, LineStatus
from acquisition.methods import checks, fits, narrow_band, survey_checks, survey_plan, survey_shots
from acquisition.methods.script import ScriptedExperiment, Shots
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.methods.survey_windows import Window
from acquisition.quick_spectrum import QuickLook
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot

FIRST_ROUND_S = 2.0
"""Longest first round of a window; later rounds double, so that people see something soon at little cost."""

SURE_OF_TOOTH = 0.9
"""Unfolding confidence below which the neighbouring teeth are measured too, if the pulse does not reach them anyway."""

FOUND = (LineStatus.CONFIRMED, LineStatus.MOVED)

OUT_OF_TIME = "The longest duration of the run does not allow everything that is doubtful to be measured again."


class SurveyExperiment(ScriptedExperiment):
    """Implements `acquisition.experiment.Experiment` for the method "survey"."""

    def __init__(self, parameters: SurveyParameters, limits: InstrumentLimits) -> None:
        super().__init__("survey")
        self._parameters = parameters
        self._limits = limits
        self._layout = survey_checks.validate(parameters, limits)
        self._windows = survey_shots.windows_of(parameters, self._layout, limits)
        settling_s = survey_plan.settling_max_s(parameters, self._layout, limits)
        self._duration_max_s = survey_plan.duration_max_s(parameters, self._layout, limits) - settling_s
        self._narrow = survey_shots.narrow_settings(parameters)
        self._reconstruction = ReconstructionParameters(false_alarms_per_survey=parameters.false_alarms_per_survey)
        self._lines: tuple[Line, ...] = ()
        self._survey_result: Reconstruction | None = None
        self._quick = QuickLook()
        self._undisturbed: list[Capture] = []  # narrow-band captures less the interference that the survey showed
        self._messages: list[str] = []
        for averages in self._rounds() * len(self._windows):
            self._foresee(1, averages)

    def partial_spectrum(self) -> Spectrum | None:
        """Quick spectrum of the survey captures until now."""
        return self._quick.spectrum()

    def take(self, capture: Capture) -> None:
        """Take the capture of the shot given last; raises ValueError when none was asked for."""
        super().take(capture)
        if capture.method == "survey":
            self._quick.add(capture)
        elif capture.method == "confirm":
            silenced_hz = self._survey_result.silenced_hz if self._survey_result else ()
            self._undisturbed.append(undisturbed(without_faulty_samples(capture), silenced_hz))

    def candidates(self) -> tuple[Line, ...]:
        """Lines known until now, with their status."""
        return self._lines

    def result(self) -> ExperimentResult:
        """What the captures until now say, in whatever step the experiment was stopped."""
        if not self._captures:
            return ExperimentResult((), None, ("Nothing was measured.",))
        survey, narrow = self._survey_captures, self._narrow_captures
        if self._finished and self._survey_result is not None:
            # The survey's captures have been reconstructed: only the verdict on them is left to be given.
            found = verdict.judge_all(self._survey_result, survey, narrow, self._reconstruction)
            found = second_step.judged(found, self._echoes)
        else:
            found = verdict.reconstruct(self._captures, self._reconstruction)
        messages = [*found.messages, *self._messages]
        if not self._finished:
            messages.append("The experiment was stopped early; lines that were not measured again are candidates.")
        return ExperimentResult(found.lines, found.spectrum, tuple(dict.fromkeys(messages)))

    @property
    def _survey_captures(self) -> list[Capture]:
        return [capture for capture in self._captures if capture.method == "survey"]

    @property
    def _narrow_captures(self) -> list[Capture]:
        return [capture for capture in self._captures if capture.method == "confirm"]

    @property
    def _echoes(self) -> list[Capture]:
        return [capture for capture in self._captures if capture.method == second_step.METHOD]

    def _summary(self) -> str:
        certain = [line for line in self._lines if line.status in FOUND]
        if certain:
            return f"Confirmed {', '.join(f'{line.frequency_hz / 1e6:.4f} MHz' for line in certain)}."
        if self._lines and not self._parameters.confirm:
            return f"Found {len(self._lines)} candidate{'s' if len(self._lines) > 1 else ''}."
        return "No line was confirmed." if self._lines else "No line was found."

    def _steps(self) -> Shots:
        for window in self._windows:
            yield from self._survey(window)
        found = verdict.survey_candidates(self._captures, self._reconstruction, weak=self._parameters.confirm)
        self._survey_result = found
        self._lines = verdict.candidates_of(found, self._captures)
        if self._parameters.confirm:
            self._ledger.step = "confirm"
            yield from self._confirm_all(self._lines)
            if self._lines and not self._narrow_captures:
                # Without a second measurement only what the survey alone is sure of counts, as any reprocessing has it.
                found = verdict.survey_candidates(self._captures, self._reconstruction, weak=False)
                self._survey_result = found
                self._lines = verdict.judge_all(found, self._captures, [], self._reconstruction).lines
        self._lines = verdict.settle([*self._lines, *found.artefacts])

    def _affords(self, averages: int) -> bool:
        """Whether so many averages still fit into the planned bound, beside what comes first.

        During the survey that is what every window was promised, and the confirmation of a few candidates.
        """
        needed_s = self._ledger.duration_done_s + averages * self._parameters.repetition_time_s
        if self._ledger.step == "survey":
            needed_s += self._ledger.duration_ahead_s
            if self._parameters.confirm:
                needed_s += survey_plan.confirmation_s(self._parameters, self._layout)
        return needed_s <= self._duration_max_s * (1.0 + 1e-9)

    # The first step

    def _rounds(self) -> list[int]:
        """The agreed averages of a window: the first round short enough to show something, each next one doubled."""
        rounds: list[int] = []
        left = self._layout.averages
        size = checks.whole_cycles(FIRST_ROUND_S / self._parameters.repetition_time_s)
        while left > 0:
            # A remainder smaller than its round is not worth a capture of its own.
            now = left if left < 2 * size else size
            rounds.append(now)
            left -= now
            size *= 2
        return rounds

    def _survey(self, window: Window) -> Shots:
        """The agreed averages of one window, then more while a line in it is seen but doubtful."""
        captures: list[Capture] = []
        for averages in self._rounds():
            captures.append((yield self._survey_shot(window, averages)))
        spent = self._layout.averages
        while spent < self._layout.averages_max:
            found = verdict.survey_candidates(captures, self._reconstruction, weak=False)
            lines = verdict.candidates_of(found, captures)
            self._remember(lines)
            if all(line.snr >= self._parameters.snr_target for line in lines):
                return
            averages = min(spent, self._layout.averages_max - spent)
            if not self._affords(averages):
                self._messages.append(OUT_OF_TIME)
                return
            self._foresee(1, averages)
            captures.append((yield self._survey_shot(window, averages)))
            spent += averages

    def _survey_shot(self, window: Window, averages: int) -> Shot:
        shot = survey_shots.survey_shot(self._parameters, self._limits, self._layout, window, averages)
        self._ledger.message = f"{_sentence(shot.purpose)}, {averages} averages."
        return shot

    def _remember(self, lines: Sequence[Line]) -> None:
        """Lines of a window join those of the windows before it, for people who watch."""
        near = [
            known for known in self._lines if all(abs(known.frequency_hz - new.frequency_hz) > 5e3 for new in lines)
        ]
        self._lines = tuple(sorted([*near, *lines], key=lambda line: line.frequency_hz))

    # The second step

    def _confirm_all(self, candidates: Sequence[Line]) -> Shots:
        """Measure each candidate by itself, the strongest first, and then broad features by echoes."""
        features = [line for line in candidates if second_step.is_feature(line)]
        ranked = sorted((line for line in candidates if line not in features), key=lambda line: -line.snr)
        if len(ranked) > survey_plan.CANDIDATES_MAX:
            self._messages.append(
                f"Only the {survey_plan.CANDIDATES_MAX} strongest of {len(ranked)} candidates were measured again."
            )
            ranked = ranked[: survey_plan.CANDIDATES_MAX]
        if self._limits.probe_tuning != "fixed":
            # The survey has left the probe at the upper end of the range; it is tuned downwards from there.
            ranked = sorted(ranked, key=lambda line: -line.frequency_hz)
        averages = narrow_band.averages_per_shot(self._layout.averages)
        self._foresee(2 * len(ranked), averages)
        for candidate in ranked:
            others_hz = [line.frequency_hz for line in ranked if line is not candidate]
            yield from self._confirm(candidate, others_hz)
        for feature in features:
            yield from self._map(feature)

    def _map(self, feature: Line) -> Shots:
        """Echoes over the extent of a broad feature, unless the instrument or the time does not allow them."""
        p = self._parameters
        try:
            shots = second_step.echo_shots(
                feature, self._layout.averages, p.repetition_time_s, p.sample_rate_hz, self._limits
            )
        except InvalidParameters as fault:
            self._messages.append(f"The broad feature was not mapped: {fault}")
            return
        averages = sum(shot.averages for shot in shots)
        if not self._affords(averages):
            self._messages.append(OUT_OF_TIME)
            return
        self._ledger.foresee(len(shots), averages * p.repetition_time_s)
        for shot in shots:
            self._ledger.message = f"{_sentence(shot.purpose)}, {shot.averages} averages."
            yield shot
        judged = second_step.judge(feature, self._echoes, self._lines)
        self._lines = tuple(judged if line is feature else line for line in self._lines)

    def _confirm(self, candidate: Line, others_hz: Sequence[float]) -> Shots:
        """Two shots at different centre frequencies, more while undecided; then other teeth if that may help."""
        silenced_hz = self._survey_result.silenced_hz if self._survey_result else ()
        if remains.is_unresolved(candidate, silenced_hz):
            judged = self._judge(candidate)  # interference decides; no measurement could
            self._lines = tuple(judged.line if line is candidate else line for line in self._lines)
            return
        averages, *further = narrow_band.rounds(self._layout.averages, self._layout.averages_max)
        played = yield from self._narrow_shots(candidate.frequency_hz, candidate, others_hz, averages)
        judged = self._judge(candidate)
        for more in further:
            if judged.decided or not played:
                break
            self._foresee(2, more)
            played = yield from self._narrow_shots(candidate.frequency_hz, candidate, others_hz, more)
            judged = self._judge(candidate)
        if judged.line.status is LineStatus.REJECTED and self._worth_other_teeth(candidate):
            for tooth_hz in (self._narrow.tooth_spacing_hz, -self._narrow.tooth_spacing_hz):
                self._foresee(2, averages)
                there_hz = candidate.frequency_hz + tooth_hz
                yield from self._narrow_shots(there_hz, candidate, others_hz, averages)
            judged = self._judge(candidate)
        doubtful = needs_control(judged.line, self._undisturbed) or remains.is_beside(judged.line, silenced_hz)
        if judged.line.status in FOUND and doubtful:
            self._foresee(1, averages)
            target = judged.line if judged.line.status is LineStatus.MOVED else candidate
            yield from self._control_shot(judged.line, target.frequency_hz, others_hz, averages)
            judged = self._judge(candidate)
        if judged.line.status in FOUND and needs_saturation(judged.line, self._undisturbed):
            self._foresee(1, averages)
            yield from self._saturation_shot(judged.line, others_hz, averages)
            judged = self._judge(candidate)
        self._lines = tuple(judged.line if line is candidate else line for line in self._lines)

    def _narrow_shots(
        self, target_hz: float, candidate: Line, others_hz: Sequence[float], averages: int
    ) -> Generator[Shot, Capture, bool]:
        """Both shots of one target, or neither; returns whether they were played."""
        return (
            yield from self._play(
                2,
                averages,
                f"{checks.frequency_text(target_hz)} was not measured by itself",
                lambda: narrow_band.shots(
                    target_hz, candidate.t2_star_s, others_hz, averages, self._narrow, self._limits
                ),
            )
        )

    def _control_shot(
        self, line: Line, target_hz: float, others_hz: Sequence[float], averages: int
    ) -> Generator[Shot, Capture, bool]:
        """Listen at a confirmed line without exciting it; returns whether that was possible."""
        return (
            yield from self._play(
                1,
                averages,
                f"Whether {checks.frequency_text(target_hz)} is interference was not measured",
                lambda: (
                    narrow_band.control_shot(
                        target_hz, line.t2_star_s, others_hz, averages, self._narrow, self._limits
                    ),
                ),
            )
        )

    def _saturation_shot(self, line: Line, others_hz: Sequence[float], averages: int) -> Generator[Shot, Capture, bool]:
        """Excite a confirmed line after saturating it; returns whether that was possible."""
        return (
            yield from self._play(
                1,
                averages,
                f"Whether {checks.frequency_text(line.frequency_hz)} is ringing of the probe was not measured",
                lambda: (
                    narrow_band.saturation_shot(
                        line.frequency_hz, line.t2_star_s, others_hz, averages, self._narrow, self._limits
                    ),
                ),
            )
        )

    def _play(
        self, shots: int, averages: int, otherwise: str, lay_out: Callable[[], tuple[Shot, ...]]
    ) -> Generator[Shot, Capture, bool]:
        """Foreseen shots of so many averages each, unless the instrument or the time does not allow them.

        `otherwise` says what is lost then.
        """
        laid_out: tuple[Shot, ...] = ()
        if not self._affords(shots * averages):
            self._messages.append(OUT_OF_TIME)
        else:
            try:
                laid_out = lay_out()
            except fits.ShotDoesNotFit as fault:
                self._messages.append(f"{otherwise}: {str(fault)[:1].lower()}{str(fault)[1:]}")
        if not laid_out:
            self._ledger.leave_out(shots, shots * averages * self._parameters.repetition_time_s)
            return False
        for shot in laid_out:
            self._ledger.message = f"{_sentence(shot.purpose)}, {shot.averages} averages."
            yield shot
        return True

    def _worth_other_teeth(self, candidate: Line) -> bool:
        """A pulse that is short enough has excited the neighbouring teeth already."""
        reaches = narrow_band.reach_hz(self._narrow, self._limits) >= self._narrow.tooth_spacing_hz
        return candidate.unfolding_confidence < SURE_OF_TOOTH and not reaches

    def _foresee(self, shots: int, averages: int) -> None:
        self._ledger.foresee(shots, shots * averages * self._parameters.repetition_time_s)

    def _judge(self, candidate: Line) -> verdict.Judgement:
        """The candidate in the light of every narrow-band capture until now, as the final verdict will have it."""
        found = self._survey_result
        known, silenced_hz = (found.lines, found.silenced_hz) if found else ((), ())
        spacing_hz = self._narrow.tooth_spacing_hz
        return verdict.judge(candidate, self._undisturbed, self._reconstruction, spacing_hz, known, silenced_hz)


def _sentence(text: str) -> str:
    """With a capital letter in front; units keep theirs."""
    return text[:1].upper() + text[1:]
