"""Interfaces of an edge, which rules reference as vNICs.

Source: protocol/ans.md §1.4.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.state.world import SimulatedEdge


def interfaces(edge: SimulatedEdge) -> list[dict[str, Any]]:
    """Return the interfaces of an edge, by default an uplink and two networks.

    Tests can set others in ``edge.sections["interfaces"]``.
    """
    state = edge.sections.setdefault("interfaces", {})
    defaults = [
        _interface(0, f"{edge.name}-uplink", "external-net", "uplink", edge.external_address),
        _interface(1, f"{edge.name}-net1", f"{edge.name}-net1", "internal", "192.168.10.1"),
        _interface(2, f"{edge.name}-net2", f"{edge.name}-net2", "internal", "192.168.20.1"),
    ]
    current: list[dict[str, Any]] = state.setdefault("edgeInterface", defaults)
    return current


def _interface(index: int, name: str, network: str, kind: str, address: str) -> dict[str, Any]:
    group = {"primaryAddress": address, "subnetMask": "255.255.255.0", "subnetPrefixLength": "24"}
    return {
        "name": name,
        "type": kind,
        "index": index,
        "networkReference": {"id": f"network-{index}", "name": network, "type": "network"},
        "addressGroups": {"addressGroup": group},
        "isConnected": True,
    }
