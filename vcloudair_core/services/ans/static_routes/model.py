"""Convert static routes of NSX-V edge gateways from and to flat values.

JSON and XML use the same key names. Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vcloudair_core.services.ans.static_routes.spec import (
    DEFAULT_DISTANCE,
    NextHopSpec,
    StaticRouteSpec,
    StaticRoutesSpec,
)

_ROUTE_KEYS = {"network": "network", "vnic": "vnic", "mtu": "mtu", "description": "description"}
DEFAULT_ROUTE_KEYS = {
    "default_gateway": "gatewayAddress",
    "default_gateway_vnic": "vnic",
    "default_gateway_mtu": "mtu",
    "default_gateway_distance": "adminDistance",
    "default_gateway_description": "description",
}
"""Key of the default route for each setting."""

ReadInt = Callable[[Any], "int | None"]


def route_of(record: Mapping[str, Any], int_of: ReadInt) -> StaticRouteSpec:
    """Return the route in a record. ``int_of`` reads a number and never raises."""
    distance = int_of(record.get("adminDistance"))
    hop = NextHopSpec(_text(record.get("nextHop")), DEFAULT_DISTANCE if distance is None else distance)
    return StaticRouteSpec(
        _text(record.get("network")),
        (hop,),
        vnic=int_of(record.get("vnic")),
        mtu=int_of(record.get("mtu")),
        description=_text(record.get("description")) or "",
    )


def default_route_of(record: Mapping[str, Any], int_of: ReadInt) -> StaticRoutesSpec:
    """Return the settings in the record of the default route."""
    return StaticRoutesSpec(
        _text(record.get("gatewayAddress")),
        int_of(record.get("vnic")),
        int_of(record.get("mtu")),
        int_of(record.get("adminDistance")),
        _text(record.get("description")),
    )


def default_route_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values to write for changed settings of the default route."""
    return {key: settings[name] for name, key in DEFAULT_ROUTE_KEYS.items() if name in settings}


def wire_values(spec: StaticRouteSpec, names: Iterable[str]) -> dict[str, Any]:
    """Return the values to write for some fields of a route."""
    values: dict[str, Any] = {_ROUTE_KEYS[name]: getattr(spec, name) for name in names if name in _ROUTE_KEYS}
    if "next_hops" in names and spec.next_hops:
        (hop, *_) = spec.next_hops
        values |= {"nextHop": hop.address, "adminDistance": hop.distance or DEFAULT_DISTANCE}
    return values


def new_route_values(spec: StaticRouteSpec) -> dict[str, Any]:
    """Return the values of a new route. Values that are not set are omitted."""
    values = wire_values(spec, ("network", "next_hops", "vnic", "mtu", "description"))
    return {"type": "user", **{key: value for key, value in values.items() if value is not None}}


def _text(value: Any) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None
