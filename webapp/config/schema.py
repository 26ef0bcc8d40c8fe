"""What the OpenAPI document says of every operation without being told."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from webapp.config.problems import CONTENT_TYPE, ProblemSerializer


class ProblemAutoSchema(AutoSchema):
    """Adds the errors that every operation can answer with."""

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        component = self.resolve_serializer(ProblemSerializer, direction)
        statuses = {"401": "Not authenticated."}
        if self.method in {"POST", "PUT", "PATCH"} or self._get_parameters():
            statuses["400"] = "Invalid parameters; `errors` names each field."
        if "{" in self.path:
            statuses["404"] = "Not there, or of another group."
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            statuses["403"] = "Not allowed."
            statuses["409"] = "In a state in which this cannot be done."
        for status, description in sorted(statuses.items()):
            bodies.setdefault(
                status, {"description": description, "content": {CONTENT_TYPE: {"schema": component.ref}}}
            )
        return bodies
