"""The DHCP relay of an edge.

Source: protocol/ans.md §5. Error codes are placeholders, because no source states them.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from typing import Any

from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge.section_xml import _root, to_xml
from vcloudair_core.simulator.edge_services.dhcp.section import served_vnics
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.state.world import World

NAME = "dhcp_relay"
"""Name of the section in the edge.

Format of the section: ``{"servers": {element: [text]}, "agents": [{"vnicIndex", "giAddress"}]}``.
"""
SERVER_ELEMENTS = ("groupingObjectId", "ipAddress", "fqdn")
MAX_SERVERS, MAX_NAMES = 16, 2
_CODE = 12500


def to_document(world: World, edge: SimulatedEdge) -> bytes:
    """Return the DHCP relay as XML. The root element is empty if no relay is set."""
    state = edge.sections.get(NAME, {"servers": {}, "agents": []})
    body: dict[str, Any] = {}
    if any(state["servers"].values()):
        body["relayServer"] = state["servers"]
    if state["agents"]:
        body["relayAgents"] = {"relayAgent": state["agents"]}
    return to_xml("relay", body)


def replace(world: World, edge: SimulatedEdge, body: bytes) -> None:
    """Replace the DHCP relay.

    Raises RefusedError for an invalid relay, and ValueError for invalid XML. In both cases, the relay stays unchanged.
    """
    root = _root(body, "relay")
    servers = {
        name: [(node.text or "").strip() for node in root.findall(f"relayServer/{name}")] for name in SERVER_ELEMENTS
    }
    _check_servers(servers)
    by_index = {interface["index"]: interface for interface in interfaces(world, edge)}
    agents = [_agent(node, by_index) for node in root.findall("relayAgents/relayAgent")]
    indexes = [agent["vnicIndex"] for agent in agents]
    if len(set(indexes)) != len(indexes):
        raise RefusedError("[DHCP] An interface has more than one relay agent.", code=_CODE)
    if served := served_vnics(world, edge).intersection(indexes):
        raise RefusedError(f"[DHCP] The interface {min(served)} has a pool, so it cannot have an agent.", code=_CODE)
    edge.sections[NAME] = {"servers": servers, "agents": agents}


def _check_servers(servers: dict[str, list[str]]) -> None:
    if len(servers["fqdn"]) > MAX_NAMES:
        raise RefusedError(f"[DHCP] At most {MAX_NAMES} domain names are allowed.", code=_CODE)
    if sum(map(len, servers.values())) > MAX_SERVERS:
        raise RefusedError(f"[DHCP] At most {MAX_SERVERS} relay servers are allowed.", code=_CODE)
    for text in servers["ipAddress"]:
        try:
            ip_address(text)
        except ValueError:
            raise RefusedError(f"[DHCP] Invalid IP address {text}.", code=_CODE) from None


def _agent(node: Any, by_index: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Return a relay agent.

    If the element has no address, the agent has the primary address of the interface (inferred).
    """
    index = int(node.findtext("vnicIndex") or "-1")
    if index not in by_index:
        raise RefusedError(f"[DHCP] The interface {index} does not exist.", code=_CODE)
    group = by_index[index]["addressGroups"]["addressGroup"]
    address = (node.findtext("giAddress") or "").strip() or group["primaryAddress"]
    network = ip_interface(f"{group['primaryAddress']}/{group['subnetPrefixLength']}").network
    if ip_address(address) not in network:
        raise RefusedError(f"[DHCP] The address {address} is not in the subnet {network}.", code=_CODE)
    return {"vnicIndex": index, "giAddress": address}
