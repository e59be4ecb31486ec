"""Changes by another user between a client's read and write.

The fault ``edit`` makes these changes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from vcloudair_core.simulator.edge.firewall_section import RefusedError, append
from vcloudair_core.simulator.state.entities import SimulatedEdge

SECTIONS = ("firewall", "nat", "ipsec")


def outside_edit(order: Any) -> Callable[[Any], None]:
    """Return a function that makes another user's change in a simulator.

    Format of ``order``: ``{"edge": name or UUID, "section": "firewall" | "nat" | "ipsec", "add": rule or site}``. The
    rule or site has the JSON format of the section. If ``edge`` is missing, the first edge is changed. The function
    validates the change, and increments the version of the section. An invalid ``order`` raises ValueError.
    """
    if not isinstance(order, Mapping) or set(order) - {"edge", "section", "add"}:
        raise ValueError("edit must be an object with the keys edge, section and add")
    section, added = order.get("section"), order.get("add")
    if section not in SECTIONS:
        raise ValueError(f"unknown section {section!r} in edit; expected one of {', '.join(SECTIONS)}")
    if not isinstance(added, Mapping):
        raise ValueError("add in edit must be a rule or site in the JSON format of the section")

    def carry_out(simulator: Any) -> None:
        edge = find_edge(simulator, order.get("edge"))
        _ADD[section](edge, copy.deepcopy(dict(added)), simulator.config)

    return carry_out


def check_edit(simulator: Any, order: Any) -> None:
    """Raise ValueError if the change in ``order`` would fail. Nothing is changed."""
    outside_edit(order)
    edge = copy.deepcopy(find_edge(simulator, order.get("edge")))
    try:
        _ADD[order["section"]](edge, copy.deepcopy(dict(order["add"])), simulator.config)
    except RefusedError as exc:
        raise ValueError(f"the change in edit is invalid: {exc}") from exc


def find_edge(simulator: Any, identifier: str | None) -> SimulatedEdge:
    """Return the edge with the name or UUID ``identifier``.

    None selects the first edge. Raises ValueError for an unknown edge.
    """
    edges: list[SimulatedEdge] = list(simulator.world.edges.values())
    matching = [edge for edge in edges if identifier in (None, edge.edge_id, edge.name)]
    if not matching:
        raise ValueError(f"no edge has the name or ID {identifier!r}")
    return matching[0]


def _firewall(edge: SimulatedEdge, rule: dict[str, Any], config: Any) -> None:
    append(edge, [rule], None)


def _nat(edge: SimulatedEdge, rule: dict[str, Any], config: Any) -> None:
    from vcloudair_core.simulator.edge.nat_routes import NAT

    NAT.append(edge, [rule], None)


def _ipsec(edge: SimulatedEdge, site: dict[str, Any], config: Any) -> None:
    from vcloudair_core.simulator.edge.ipsec_routes import IPSEC

    section = IPSEC.shown(edge, is_sensitive=False)
    section["sites"]["sites"].append(site)
    IPSEC.replace(edge, {**section, "version": None}, config=config, needs_feature_type=False)


_ADD = {"firewall": _firewall, "nat": _nat, "ipsec": _ipsec}
