"""Calls about runs that are submitted as one, and about templates to submit from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasgado.connection import Connection, Json
from rasgado.errors import FieldFault, Refused


class QueueCalls(Connection):
    """Series of runs, and templates."""

    def submit_series(
        self,
        *,
        instrument: str,
        sample: int,
        method: str,
        parameters: Mapping[str, Any],
        idempotency_key: str,
        varied: str = "",
        values: Sequence[Any] = (),
        repeats: int = 1,
        one_by_one: bool = False,
        **more: Any,
    ) -> Json:
        """Queue a run for each of `values` of the parameter `varied`, each `repeats` times; all of them or none.

        `varied` may be "temperature_k"; empty, the run is only repeated. With `one_by_one` each run after the first
        is held until it is resumed. `more`: title, temperature_k. The same key again gives the same series.
        """
        body: Json = {
            "instrument": instrument, "sample": sample, "method": method, "parameters": dict(parameters),
            "repeats": repeats, "one_by_one": one_by_one, **more,
        }  # fmt: skip
        if varied:
            body |= {"varied": varied, "values": list(values)}
        return self._object("POST", "/run-series", body, headers={"Idempotency-Key": idempotency_key}, repeat=True)

    def series(self) -> list[Json]:
        """Series that the user sees, the newest first."""
        return self._list("/run-series")

    def one_series(self, series_id: int) -> Json:
        return self._object("GET", f"/run-series/{series_id}")

    def cancel_series(self, series_id: int) -> Json:
        """Cancel every run of a series that has not ended."""
        return self._object("POST", f"/run-series/{series_id}/cancel", {}, repeat=True)

    def templates(self) -> list[Json]:
        """Templates of the user's groups, and those that other groups share."""
        return self._list("/run-templates")

    def template(self, name_or_id: str) -> Json:
        """A template by its id or its exact name; Refused when there is none or the name is not unique."""
        if name_or_id.isdecimal():
            return self._object("GET", f"/run-templates/{name_or_id}")
        found = [template for template in self.templates() if template["name"] == name_or_id]
        if not found:
            message = f"There is no template named {name_or_id!r} that you may see."
            raise Refused(404, "", [FieldFault("template", message)])
        if len(found) > 1:
            ids = ", ".join(str(template["id"]) for template in found)
            message = f"{name_or_id!r} names several templates; give an id: {ids}."
            raise Refused(409, "", [FieldFault("template", message)])
        return found[0]

    def save_template(
        self,
        *,
        group: str,
        name: str,
        method: str,
        parameters: Mapping[str, Any],
        notes: str = "",
        shared: bool = False,
    ) -> Json:
        """Keep a method with its parameters for a group; `shared` shows it to every group."""
        body = {"group": group, "name": name, "method": method, "parameters": dict(parameters)}
        return self._object("POST", "/run-templates", {**body, "notes": notes, "shared": shared})

    def change_template(self, template_id: int, **contents: Any) -> Json:
        """Replace name, method, parameters, notes and shared; runs that were made from it stay as they are."""
        return self._object("PUT", f"/run-templates/{template_id}", contents)

    def delete_template(self, template_id: int) -> None:
        """Remove a template; runs that were made from it stay."""
        self._request("DELETE", f"/run-templates/{template_id}")
