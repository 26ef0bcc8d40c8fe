"""The RASGADO survey: comb-modulated search of a wide range, then confirmation of each candidate by itself."""

from __future__ import annotations

from acquisition.methods.registry import SEARCH, Method
from acquisition.methods.survey_experiment import SurveyExperiment
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.methods.survey_plan import plan

METHOD = Method(
    name="survey",
    title="RASGADO survey",
    summary="Searches a wide range for unknown lines with comb-modulated pulses, and confirms each one that it finds.",
    parameters=SurveyParameters,
    plan=plan,
    experiment=SurveyExperiment,
    when_to_use="When nobody knows where the lines are: it looks at all of a wide range at once.",
    family=SEARCH,
)
