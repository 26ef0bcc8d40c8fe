"""Typed parameters of the science as serializers, so that the API's document describes them by themselves."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from acquisition import methods
from acquisition.methods.parameters import ParameterInfo, describe
from webapp.config.fields import Number

_TYPE_NAMES = {float: "number", int: "integer", bool: "boolean", str: "string"}


class ParameterSerializer(serializers.Serializer[ParameterInfo]):
    """One parameter, with all that a form needs. Limits are inclusive and in `unit`."""

    name = serializers.CharField()
    type = serializers.SerializerMethodField()
    required = serializers.BooleanField()
    default = serializers.SerializerMethodField(help_text="null when the parameter is required.")
    unit = serializers.CharField()
    label = serializers.CharField()
    help = serializers.CharField()
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())
    advanced = serializers.BooleanField()
    display_unit = serializers.CharField(help_text="The unit people use.")
    display_scale = serializers.FloatField(help_text="value in `unit` = value in `display_unit` * display_scale")

    def get_type(self, info: ParameterInfo) -> str:
        return _TYPE_NAMES.get(info.type, "string")

    def get_default(self, info: ParameterInfo) -> float | int | bool | str | None:
        value: float | int | bool | str | None = None if info.required else info.default
        return value


def serializer_class(name: str, parameters: type[Any]) -> type[serializers.Serializer[Any]]:
    """A serializer class that describes a parameter dataclass; validation stays with acquisition's own `parse`."""
    fields: dict[str, Any] = {info.name: _field(info) for info in describe(parameters)}
    return type(name, (serializers.Serializer,), {"__doc__": parameters.__doc__ or "", **fields})


def method_parameters() -> dict[str, type[serializers.Serializer[Any]]]:
    """A serializer class for the parameters of every method."""
    return {
        name: serializer_class(f"{name.title().replace('_', '')}Parameters", method.parameters)
        for name, method in methods.methods().items()
    }


METHOD_PARAMETERS = PolymorphicProxySerializer(
    component_name="MethodParameters",
    serializers=lambda: list(method_parameters().values()),
    resource_type_field_name=None,
)


def _field(info: ParameterInfo) -> serializers.Field[Any, Any, Any, Any]:
    unit = f" [{info.unit}]" if info.unit else ""
    common: dict[str, Any] = {"required": info.required, "help_text": f"{info.label}{unit}. {info.help}".strip()}
    if not info.required:
        common["default"] = info.default
    if info.type is bool:
        return serializers.BooleanField(**common)
    if info.type is str:
        if info.choices:
            return serializers.ChoiceField(choices=list(info.choices), **common)
        return serializers.CharField(**common)
    if info.type is int:
        whole = {
            k: None if v is None else int(v) for k, v in (("min_value", info.minimum), ("max_value", info.maximum))
        }
        return serializers.IntegerField(**common, **whole)
    return Number(**common, min_value=info.minimum, max_value=info.maximum)
