"""Spectra and lines as the API shows them, and what it takes to make and read them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from webapp.config.fields import ObjectField, QueryNumber, StrictSerializer
from webapp.config.parameters import serializer_class
from webapp.spectra.models import MeasuredQuantity, SpectralLine, Spectrum
from webapp.spectra.services import COLUMNS_MAX, COMPONENTS


def _reconstruction_parameters() -> list[type[serializers.Serializer[Any]]]:
    from acquisition.reconstruction import ReconstructionParameters  # scipy takes a second, which every start would pay

    return [serializer_class("ReconstructionParameters", ReconstructionParameters)]


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="ProcessingParameters", serializers=_reconstruction_parameters, resource_type_field_name=None
    )
)
class ReconstructionParametersField(ObjectField):
    """Parameters of the reconstruction."""


class ReprocessSerializer(StrictSerializer):
    parameters = ReconstructionParametersField(help_text="What is left out has its default.")


class QuantitySerializer(serializers.ModelSerializer[MeasuredQuantity]):
    """A number that was read from the measurement, in SI units; one `display_unit` is `scale` of them."""

    class Meta:
        model = MeasuredQuantity
        fields = ["name", "symbol", "value", "sigma", "unit", "note", "display_unit", "scale"]


class AxisSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()
    unit = serializers.CharField(help_text="Of the numbers.")
    display_unit = serializers.CharField(help_text="What people read; one of it is `scale` of `unit`.")
    scale = serializers.FloatField()
    logarithmic = serializers.BooleanField()


class CurveSerializer(serializers.Serializer[Any]):
    """Measured points with one-sigma uncertainties, and the fitted model; numbers in SI units."""

    name = serializers.CharField()
    title = serializers.CharField()
    model = serializers.CharField(help_text="What was fitted, in words and symbols.")
    x_axis = AxisSerializer()
    y_axis = AxisSerializer()
    x = serializers.ListField(child=serializers.FloatField())
    y = serializers.ListField(child=serializers.FloatField())
    y_sigma = serializers.ListField(child=serializers.FloatField())
    fit_x = serializers.ListField(child=serializers.FloatField(), help_text="Empty without a fit.")
    fit_y = serializers.ListField(child=serializers.FloatField())


class WindowSerializer(serializers.Serializer[Any]):
    """A stretch of a stitched spectrum that comes from one tuning of the radio."""

    low_hz = serializers.FloatField()
    high_hz = serializers.FloatField()
    noise_sigma = serializers.FloatField(help_text="Standard deviation of a bin within it.")
    phase_rad = serializers.FloatField(help_text="By which its values were turned back; 0 where it is not known.")
    phase_known = serializers.BooleanField(help_text="A line that two windows see tells the phase between them.")


class SpectrumSerializer(serializers.ModelSerializer[Spectrum]):
    sample_name = serializers.CharField(source="sample.name", read_only=True)
    group = serializers.CharField(source="group.slug", read_only=True)
    parameters = ReconstructionParametersField(read_only=True)
    inputs = serializers.ListField(child=ObjectField(), read_only=True, help_text="name and sha256 of each capture.")
    windows = WindowSerializer(many=True, read_only=True, help_text="Empty where all of it is from one tuning.")
    detection_snr = serializers.FloatField(
        read_only=True, allow_null=True, help_text="Signal-to-noise ratio above which lines were looked for."
    )
    detection_false_alarms = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="Peaks that noise alone puts above it, expected in all of the survey.",
    )

    class Meta:
        model = Spectrum
        fields = [
            "id", "run", "version", "sample", "sample_name", "group", "state", "error_message", "parameters",
            "software_version", "inputs", "content_sha256", "x0_hz", "dx_hz", "points", "noise_sigma",
            "windows", "detection_snr", "detection_false_alarms", "temperature_k", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class AssignedSerializer(serializers.Serializer[Any]):
    """What the accepted explanation of the sample's lines says of one of them."""

    nuclide = serializers.CharField()
    transition = serializers.CharField()
    assignment = serializers.IntegerField(source="assignment_id", help_text="See /samples/{id}/assignments.")


class LineSerializer(serializers.ModelSerializer[SpectralLine]):
    run = serializers.IntegerField(source="spectrum.run_id", read_only=True)
    sample = serializers.IntegerField(source="spectrum.sample_id", read_only=True)
    sample_name = serializers.CharField(source="spectrum.sample.name", read_only=True)
    assigned = AssignedSerializer(
        read_only=True, allow_null=True, help_text="The nuclide, where an explanation was accepted; null elsewhere."
    )

    class Meta:
        model = SpectralLine
        fields = [
            "id", "spectrum", "run", "sample", "sample_name", "frequency_hz", "frequency_sigma_hz", "fwhm_hz",
            "fwhm_sigma_hz", "amplitude", "amplitude_sigma", "phase_rad", "snr", "unfolding_confidence", "status",
            "reason", "assigned",
        ]  # fmt: skip


class SpectrumQuery(serializers.Serializer[Any]):
    sample = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    run = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    state = serializers.ChoiceField(choices=Spectrum.State.choices, required=False)
    newest = serializers.BooleanField(required=False, default=False, help_text="Of each run its newest version only.")


class LineQuery(serializers.Serializer[Any]):
    from_hz = QueryNumber(required=False)
    to_hz = QueryNumber(required=False)
    status = serializers.ChoiceField(choices=SpectralLine.Status.choices, required=False)
    sample = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    run = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    spectrum = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    all_versions = serializers.BooleanField(
        required=False, default=False, help_text="Also those of spectra that a newer version has replaced."
    )


class BinsQuery(serializers.Serializer[Any]):
    from_hz = QueryNumber(required=False, allow_null=True, default=None, help_text="Default: the lower end.")
    to_hz = QueryNumber(required=False, allow_null=True, default=None, help_text="Default: the upper end.")
    columns = serializers.IntegerField(required=False, default=1024, min_value=1, max_value=COLUMNS_MAX)
    component = serializers.ChoiceField(choices=COMPONENTS, required=False, default="magnitude")


class ComponentQuery(serializers.Serializer[Any]):
    component = serializers.ChoiceField(choices=COMPONENTS, required=False, default="magnitude")
