"""The codec of static routes of NSX-T edge gateways. Source: protocol/nsxt.md §10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, items_of, mapping_of, text_of
from vcloudair_core.services.ans.static_routes.spec import (
    DEFAULT_DISTANCE,
    NextHopSpec,
    StaticRouteSpec,
    StaticRoutesSpec,
)

_KEYS = {"name": "name", "network": "networkCidr", "description": "description"}
_MAX_NAME = 255
NETWORK_SCOPE = "NETWORK"
"""Type of the scope of a next hop that a user can set.

Source: protocol/nsxt.md §10.
"""


class NsxtStaticRoutesCodec(JsonCodec[StaticRoutesSpec]):
    """A codec for static routes of an NSX-T edge gateway.

    A next hop whose ``scope`` has no ID refers to a network by its name. The store adds the ID.
    """

    section = "static_routes"
    what = "the static routes"
    records_path = ("static_routes", "values")

    def __init__(self) -> None:
        super().__init__(NSXT)

    def settings_of(self, tree: Mapping[str, Any]) -> StaticRoutesSpec:
        """Return settings without values, because the provider owns the default route."""
        return StaticRoutesSpec()

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Do nothing, because static routes have no settings."""

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return ``system`` for a route that the edge gateway created, otherwise ``user``."""
        return "system" if bool_of(record.get("systemOwned"), False) else "user"

    def rule_of(self, record: Mapping[str, Any]) -> StaticRouteSpec:
        """Decode the route in a record."""
        return StaticRouteSpec(
            text_of(record.get("networkCidr")),
            tuple(_hop_of(hop) for hop in items_of(record.get("nextHops")) if isinstance(hop, dict)),
            description=text_of(record.get("description")) or "",
            name=text_of(record.get("name")) or "",
            rule_id=text_of(record.get("id")),
        )

    def new_record(self, spec: StaticRouteSpec) -> dict[str, Any]:
        """Return the record of a new route, without an ID.

        NSX-T requires a name. A route without a name is named after its destination.
        """
        name = (spec.name or "").strip() or f"route to {spec.network}"
        record = {"name": name[:_MAX_NAME], "networkCidr": spec.network, "nextHops": _hops({}, spec)}
        return {**record, **({"description": spec.description} if spec.description is not None else {})}

    def changed_record(
        self, record: Mapping[str, Any], spec: StaticRouteSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the values of ``spec`` for fields in ``changed``."""
        values = {key: getattr(spec, name) for name, key in _KEYS.items() if name in changed}
        hops = {"nextHops": _hops(record, spec)} if "next_hops" in changed else {}
        return {**record, **values, **hops}


def _hop_of(hop: Mapping[str, Any]) -> NextHopSpec:
    distance = int_of(hop.get("adminDistance"))
    scope = mapping_of(hop.get("scope"))
    return NextHopSpec(
        text_of(hop.get("ipAddress")),
        DEFAULT_DISTANCE if distance is None else distance,
        text_of(scope.get("name") or scope.get("id")),
    )


def _hops(record: Mapping[str, Any], spec: StaticRouteSpec) -> list[dict[str, Any]]:
    """Return the next hops of a route.

    Networks that the route already refers to keep their IDs.
    """
    scopes = {
        _hop_of(hop).network: hop.get("scope") for hop in items_of(record.get("nextHops")) if isinstance(hop, dict)
    }
    return [
        {
            "ipAddress": hop.address,
            "adminDistance": hop.distance or DEFAULT_DISTANCE,
            "scope": (scopes.get(hop.network) or {"name": hop.network, "scopeType": NETWORK_SCOPE})
            if hop.network
            else None,
        }
        for hop in spec.next_hops or ()
    ]
