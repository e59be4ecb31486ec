"""The JSON codec of static routes for ``/network/edges``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.section.json_codec import JsonCodec, without_nulls
from vcloudair_core.services.ans.section.json_values import int_of, mapping_of
from vcloudair_core.services.ans.static_routes.model import (
    default_route_of,
    default_route_values,
    new_route_values,
    route_of,
    wire_values,
)
from vcloudair_core.services.ans.static_routes.spec import StaticRouteSpec, StaticRoutesSpec

_DEFAULT_ROUTE = "defaultRoute"


class JsonStaticRoutesCodec(JsonCodec[StaticRoutesSpec]):
    """A codec for static routes in JSON.

    The document has neither a ``featureType`` nor a version (inferred). Source: protocol/ans.md §5.
    """

    section = "static_routes"
    what = "the static routes"
    records_path = ("staticRoutes", "staticRoutes")
    signs = ("staticRoutes", _DEFAULT_ROUTE)

    def settings_of(self, tree: Mapping[str, Any]) -> StaticRoutesSpec:
        """Return the settings of the default route."""
        return default_route_of(mapping_of(tree.get(_DEFAULT_ROUTE)), int_of)

    def rule_of(self, record: Mapping[str, Any]) -> StaticRouteSpec:
        """Decode the route in a record."""
        return route_of(record, int_of)

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return the type of a record, such as ``user``."""
        return str(record.get("type") or "user")

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set the default route in ``tree``, a copy that the caller has made."""
        if settings:
            tree[_DEFAULT_ROUTE] = {**mapping_of(tree.get(_DEFAULT_ROUTE)), **default_route_values(settings)}

    def new_record(self, spec: StaticRouteSpec) -> dict[str, Any]:
        """Return the record of a new route."""
        return new_route_values(spec)

    def changed_record(
        self, record: Mapping[str, Any], spec: StaticRouteSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return without_nulls(record, wire_values(spec, changed))
