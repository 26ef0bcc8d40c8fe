"""Explanations and assignments as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from webapp.assignments.models import AssignedLine, Assignment
from webapp.config.fields import ObjectField, StrictSerializer


class MatchSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Id of the line that was taken for it.")
    frequency_hz = serializers.FloatField(help_text="As measured.")
    nuclide = serializers.CharField()
    transition = serializers.CharField()
    predicted_hz = serializers.FloatField()
    pull = serializers.FloatField(help_text="(measured - predicted) / sigma.")


class PredictedLineSerializer(serializers.Serializer[Any]):
    nuclide = serializers.CharField()
    transition = serializers.CharField()
    frequency_hz = serializers.FloatField()
    sigma_hz = serializers.FloatField(allow_null=True, help_text="Null where eta leaves a range.")
    low_hz = serializers.FloatField()
    high_hz = serializers.FloatField()
    relative_signal = serializers.FloatField(help_text="Over that of the strongest matched line of the site.")
    chance_seen = serializers.FloatField(help_text="Probability that the runs made would have shown it.")


class SiteSerializer(serializers.Serializer[Any]):
    element = serializers.CharField()
    nuclide = serializers.CharField(help_text="Of which coupling_hz is.")
    spin = serializers.CharField()
    coupling_hz = serializers.FloatField(allow_null=True, help_text="Null where the lines give bounds only.")
    coupling_sigma_hz = serializers.FloatField(allow_null=True)
    coupling_low_hz = serializers.FloatField()
    coupling_high_hz = serializers.FloatField()
    eta = serializers.FloatField(allow_null=True)
    eta_sigma = serializers.FloatField(allow_null=True)
    field_gradient_v_m2 = serializers.FloatField(help_text="|V_zz|.")
    field_gradient_sigma_v_m2 = serializers.FloatField(allow_null=True)
    chi2 = serializers.FloatField()
    freedom = serializers.IntegerField()
    matches = MatchSerializer(many=True)
    missing = PredictedLineSerializer(many=True)


class TermsSerializer(serializers.Serializer[Any]):
    fit = serializers.FloatField()
    precision = serializers.FloatField()
    sites = serializers.FloatField()
    unexplained = serializers.FloatField()
    missing = serializers.FloatField()


class MeasurementSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=("isotope_partner", "third_line", "other_transition", "temperature"))
    title = serializers.CharField()
    method = serializers.CharField(help_text="Of a run, with these parameters.")
    parameters = ObjectField()
    temperature_k = serializers.FloatField(allow_null=True)
    frequency_hz = serializers.FloatField()
    sigma_hz = serializers.FloatField(allow_null=True)
    if_seen = serializers.CharField()
    if_not = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Any]):
    """One way to explain the lines of a sample."""

    key = serializers.CharField(help_text="Names the explanation when it is accepted or rejected.")
    rank = serializers.IntegerField()
    probability = serializers.FloatField(help_text="Relative to the other explanations that were found.")
    score = serializers.FloatField(help_text="Like a chi^2: smaller is better.")
    terms = TermsSerializer()
    sites = SiteSerializer(many=True)
    unexplained = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of lines.")
    deciding = MeasurementSerializer(many=True)
    undecidable = serializers.ListField(child=serializers.CharField())
    decision = serializers.ChoiceField(choices=Assignment.Decision.choices, allow_null=True)


class AssignedLineSerializer(serializers.ModelSerializer[AssignedLine]):
    class Meta:
        model = AssignedLine
        fields = ["line", "frequency_hz", "nuclide", "transition", "site"]


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    lines = AssignedLineSerializer(many=True, read_only=True)
    sites = serializers.ListField(child=ObjectField(), read_only=True, help_text="As they were when decided.")
    decided_by = serializers.CharField(source="decided_by.username", read_only=True)
    undone_by = serializers.CharField(source="undone_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Assignment
        fields = [
            "id", "sample", "decision", "key", "probability", "score", "note", "sites", "lines", "decided_by",
            "decided_at", "undone_by", "undone_at",
        ]  # fmt: skip


class DecisionSerializer(StrictSerializer):
    explanation = serializers.CharField(max_length=32, help_text="Its key.")
    decision = serializers.ChoiceField(choices=Assignment.Decision.choices)
    note = serializers.CharField(required=False, allow_blank=True, default="")
