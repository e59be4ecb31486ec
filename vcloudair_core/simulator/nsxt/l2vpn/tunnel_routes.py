"""Routes of the L2 VPN tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.rights import configure_section
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.cursor_pages import cursor_page
from vcloudair_core.simulator.nsxt.edge_tasks import not_found, nsxt_call, start_edge_write, status_of
from vcloudair_core.simulator.nsxt.edges import effective_owner
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError, read_object
from vcloudair_core.simulator.nsxt.l2vpn.status import tunnel_statistics, tunnel_status
from vcloudair_core.simulator.nsxt.l2vpn.tunnels import CLIENT, MASKS_SINCE, l2vpn_state, read_tunnel, tunnel_json
from vcloudair_core.simulator.nsxt.object_versions import check_id, check_object_version
from vcloudair_core.simulator.releases import newest
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_SERVICE = "L2_VPN"
_SINCE = (35, 0)


def routes() -> SimulatorRoutes:
    """Return the L2 VPN routes."""
    tunnels = "/cloudapi/1.0.0/edgeGateways/{edge_id}/l2vpn/tunnels"
    tunnel = f"{tunnels}/{{tunnel_id}}"
    calls: list[tuple[str, str, Callable[[Any, SimulatedEdge], Response]]] = [
        ("GET", tunnels, list_tunnels),
        ("POST", tunnels, create_tunnel),
        ("GET", tunnel, show_tunnel),
        ("PUT", tunnel, update_tunnel),
        ("DELETE", tunnel, delete_tunnel),
        ("GET", f"{tunnel}/status", show_status),
        ("GET", f"{tunnel}/metrics", show_statistics),
    ]
    made = tuple(SimulatorRoute(method, path, nsxt_call(_SERVICE, handler, _SINCE)) for method, path, handler in calls)
    return SimulatorRoutes("nsxt l2vpn", "L2 VPN tunnels of NSX-T edge gateways", made, versions="35.0 and newer")


def list_tunnels(context: Any, edge: SimulatedEdge) -> Response:
    """Return a page of the tunnels, without pre-shared keys and peer codes."""
    values = [tunnel_json(context, tunnel, has_secrets=False) for tunnel in l2vpn_state(edge)["tunnels"]]
    return cursor_page(context, values, status_of(context, effective_owner(edge)), "EdgeL2VpnTunnels")


def show_tunnel(context: Any, edge: SimulatedEdge) -> Response:
    """Return one tunnel, with its pre-shared key and peer code.

    The user needs the right to configure L2 VPN to see them (inferred).
    """
    has_secrets = bool(context.may(configure_section(_SERVICE)))
    return json_responses.item(context, tunnel_json(context, _find(context, edge), has_secrets=has_secrets))


def create_tunnel(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that adds a tunnel.

    The details of the task contain the ID of the tunnel.
    """
    tunnel, state = read_tunnel(context, edge, read_object(context), None), l2vpn_state(edge)
    identifier = context.world.make_id("l2vpn-tunnel", f"{edge.edge_id}/{state['count'] + 1}")

    def apply() -> None:
        state["count"] += 1
        changed = {"version": 0, "updates": 0, "changed_at": context.simulator.clock.now()}
        state["tunnels"].append({"id": identifier, **tunnel, **changed})

    return start_edge_write(context, edge, "Creating L2 VPN tunnel", "createL2VpnTunnel", apply, details=identifier)


def update_tunnel(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that replaces a tunnel."""
    known, body = _find(context, edge), read_object(context)
    check_id(body, known["id"])
    tunnel = read_tunnel(context, edge, body, known)
    check_object_version(context, body, known["version"])

    def apply() -> None:
        counts = {"version": known["version"] + 1, "updates": known["updates"] + 1}
        known.update(tunnel, **counts, changed_at=context.simulator.clock.now())

    return start_edge_write(context, edge, "Updating L2 VPN tunnel", "updateL2VpnTunnel", apply)


def delete_tunnel(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that deletes a tunnel.

    Releases before 10.5.1 refuse to delete a client tunnel with networks as many times as it was changed.
    """
    known = _find(context, edge)
    is_old = newest(context.simulator.config.api_versions) < MASKS_SINCE
    if is_old and known["sessionMode"] == CLIENT and known["stretchedNetworks"] and known["updates"]:
        known["updates"] -= 1
        raise RefusedBodyError(f"L2 VPN tunnel {known['name']} cannot be deleted, because networks are attached to it.")

    def apply() -> None:
        state = l2vpn_state(edge)
        state["tunnels"] = [tunnel for tunnel in state["tunnels"] if tunnel is not known]

    return start_edge_write(context, edge, "Deleting L2 VPN tunnel", "deleteL2VpnTunnel", apply)


def show_status(context: Any, edge: SimulatedEdge) -> Response:
    """Return the status of a tunnel."""
    return json_responses.item(context, tunnel_status(context, edge, _find(context, edge)))


def show_statistics(context: Any, edge: SimulatedEdge) -> Response:
    """Return the statistics of a tunnel."""
    return json_responses.item(context, tunnel_statistics(context, edge, _find(context, edge)))


def _find(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    identifier = context.path_params["tunnel_id"]
    tunnels: list[dict[str, Any]] = l2vpn_state(edge)["tunnels"]
    tunnel = next((tunnel for tunnel in tunnels if tunnel["id"] == identifier), None)
    if tunnel is None:
        raise not_found(context, "L2 VPN tunnel", identifier)
    return tunnel
