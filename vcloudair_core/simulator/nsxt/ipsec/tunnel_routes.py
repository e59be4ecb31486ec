"""Routes of the IPsec tunnels of NSX-T edge gateways.

Path version 1.0.0 has the field ``enabled``. Path version 2.0.0 has the field ``active``. Source: protocol/nsxt.md §7,
protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.rights import configure_section
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.cursor_pages import cursor_page
from vcloudair_core.simulator.nsxt.edge_tasks import V2_SINCE, not_found, nsxt_call, start_edge_write, status_of
from vcloudair_core.simulator.nsxt.edges import effective_owner
from vcloudair_core.simulator.nsxt.ipsec.connection_properties import default_properties, read_properties
from vcloudair_core.simulator.nsxt.ipsec.status import ipsec_state, tunnel_statistics, tunnel_status
from vcloudair_core.simulator.nsxt.ipsec.tunnels import check_unique, find_conflict, read_tunnel, tunnel_json
from vcloudair_core.simulator.nsxt.json_bodies import read_object
from vcloudair_core.simulator.nsxt.object_versions import check_id, check_object_version
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_SERVICE = "IPSEC_VPN"


def routes() -> SimulatorRoutes:
    """Return the IPsec routes of both path versions."""
    made = []
    for path_version, since in (("1.0.0", (33, 0)), ("2.0.0", V2_SINCE)):
        is_second = path_version == "2.0.0"
        tunnels = f"/cloudapi/{path_version}/edgeGateways/{{edge_id}}/ipsec/tunnels"
        tunnel = f"{tunnels}/{{tunnel_id}}"
        calls: list[tuple[str, str, Callable[..., Response]]] = [
            ("GET", tunnels, partial(list_tunnels, is_second=is_second)),
            ("POST", tunnels, partial(create_tunnel, is_second=is_second)),
            ("GET", f"{tunnels}/defaultConnectionProperties", show_default_properties),
            ("GET", tunnel, partial(show_tunnel, is_second=is_second)),
            ("PUT", tunnel, partial(update_tunnel, is_second=is_second)),
            ("DELETE", tunnel, delete_tunnel),
            ("GET", f"{tunnel}/connectionProperties", show_properties),
            ("PUT", f"{tunnel}/connectionProperties", update_properties),
            ("GET", f"{tunnel}/status", show_status),
            ("GET", f"{tunnel}/statistics", show_statistics),
        ]
        versions = "38.1 and newer" if is_second else "33.0 and newer"
        limit = "Route-based tunnels are refused." if is_second else ""
        made += [
            SimulatorRoute(method, path, nsxt_call(_SERVICE, handler, since), versions=versions, simplifications=limit)
            for method, path, handler in calls
        ]
    return SimulatorRoutes("nsxt ipsec", "IPsec tunnels of NSX-T edge gateways", tuple(made))


def list_tunnels(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Return a page of the tunnels.

    By default, lists have no pre-shared keys. Source: protocol/nsxt.md §7.
    """
    has_key = context.simulator.config.psk_in_list and _can_see_keys(context)
    values = [
        _shown(context, edge, tunnel, has_key=has_key, is_second=is_second) for tunnel in ipsec_state(edge)["tunnels"]
    ]
    model = "GatewayIpSecVpnTunnels" if is_second else "EdgeIpSecVpnTunnels"
    return cursor_page(context, values, status_of(context, effective_owner(edge)), model)


def show_tunnel(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Return one tunnel, with its pre-shared key as plain text."""
    tunnel = _find(context, edge)
    shown = _shown(context, edge, tunnel, has_key=_can_see_keys(context), is_second=is_second)
    return json_responses.item(context, shown)


def create_tunnel(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Start a task that adds a tunnel.

    The response does not contain the ID of the tunnel.
    """
    tunnel = read_tunnel(context, edge, read_object(context), None, is_second=is_second)
    failure = _conflict(context, edge, tunnel, None)

    def apply() -> None:
        add_tunnel(context.simulator, edge, tunnel)

    operation = "Creating IPSec VPN tunnel"
    return start_edge_write(context, edge, operation, "createIpSecVpnTunnel", apply, failure=failure)


def update_tunnel(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Start a task that replaces a tunnel.

    Unless the security type is CUSTOM, the connection properties are reset to their defaults.
    Source: protocol/nsxt.md §7.
    """
    known, body = _find(context, edge), read_object(context)
    check_id(body, known["id"])
    tunnel = read_tunnel(context, edge, body, known, is_second=is_second)
    check_object_version(context, body, known["version"])
    failure = _conflict(context, edge, tunnel, known)
    if tunnel["securityType"] != "CUSTOM":
        tunnel["properties"] = None

    def apply() -> None:
        _change(context, known, tunnel)

    operation = "Updating IPSec VPN tunnel"
    return start_edge_write(context, edge, operation, "updateIpSecVpnTunnel", apply, failure=failure)


def delete_tunnel(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that deletes a tunnel."""
    known = _find(context, edge)

    def apply() -> None:
        state = ipsec_state(edge)
        state["tunnels"] = [tunnel for tunnel in state["tunnels"] if tunnel is not known]

    return start_edge_write(context, edge, "Deleting IPSec VPN tunnel", "deleteIpSecVpnTunnel", apply)


def show_default_properties(context: Any, edge: SimulatedEdge) -> Response:
    """Return the connection properties of tunnels with the security type DEFAULT."""
    return json_responses.item(context, default_properties())


def show_properties(context: Any, edge: SimulatedEdge) -> Response:
    """Return the connection properties of a tunnel."""
    tunnel = _find(context, edge)
    properties = tunnel["properties"] or default_properties(tunnel["securityType"])
    return json_responses.item(context, properties)


def update_properties(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that sets the connection properties and the security type."""
    known = _find(context, edge)
    properties = read_properties(context, read_object(context))
    changes = {"properties": properties, "securityType": "CUSTOM" if properties else "DEFAULT"}

    def apply() -> None:
        _change(context, known, changes)

    operation = "Updating IPSec VPN tunnel properties"
    return start_edge_write(context, edge, operation, "updateIpSecVpnTunnelProperties", apply)


def show_status(context: Any, edge: SimulatedEdge) -> Response:
    """Return the status of a tunnel."""
    return json_responses.item(context, tunnel_status(context, edge, _find(context, edge)))


def show_statistics(context: Any, edge: SimulatedEdge) -> Response:
    """Return the statistics of a tunnel."""
    return json_responses.item(context, tunnel_statistics(context, edge, _find(context, edge)))


def add_tunnel(
    simulator: Any, edge: SimulatedEdge, tunnel: dict[str, Any], properties: dict[str, Any] | None = None
) -> None:
    """Add a tunnel to an edge gateway, and assign its ID.

    ``properties`` contains its connection properties, or is None for the security type DEFAULT.
    """
    state = ipsec_state(edge)
    state["count"] += 1
    identifier = simulator.world.make_id("ipsec-tunnel", f"{edge.edge_id}/{state['count']}")
    changed = {"properties": properties, "version": 0, "changed_at": simulator.clock.now()}
    state["tunnels"].append({"id": identifier, **tunnel, **changed})


def _conflict(context: Any, edge: SimulatedEdge, tunnel: dict[str, Any], known: dict[str, Any] | None) -> str:
    """Return the error message of the task if the tunnel is a duplicate, or ``""``.

    Depending on the option ``duplicate_tunnel``, raise RefusedBodyError instead. Source: protocol/nsxt.md §1.3.
    """
    tunnels = ipsec_state(edge)["tunnels"]
    if context.simulator.config.duplicate_tunnel == "task":
        return find_conflict(tunnels, tunnel, known)
    check_unique(tunnels, tunnel, known)
    return ""


def _change(context: Any, known: dict[str, Any], changes: dict[str, Any]) -> None:
    known.update(changes, version=known["version"] + 1, changed_at=context.simulator.clock.now())


def _find(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    identifier = context.path_params["tunnel_id"]
    tunnels: list[dict[str, Any]] = ipsec_state(edge)["tunnels"]
    tunnel = next((tunnel for tunnel in tunnels if tunnel["id"] == identifier), None)
    if tunnel is None:
        raise not_found(context, "IPSec VPN tunnel", identifier)
    return tunnel


def _can_see_keys(context: Any) -> bool:
    """Return True if the user can read pre-shared keys.

    The user needs the right to configure IPsec VPN (inferred).
    """
    return bool(context.may(configure_section(_SERVICE)))


def _shown(
    context: Any, edge: SimulatedEdge, tunnel: dict[str, Any], *, has_key: bool, is_second: bool
) -> dict[str, Any]:
    status = tunnel_status(context, edge, tunnel)["tunnelStatus"]
    return tunnel_json(context, tunnel, status, has_key=has_key, is_second=is_second)
