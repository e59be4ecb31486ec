"""Somebody else who writes to an edge between a client's read and its write: ordered over HTTP, done in here."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from vcloudair_core.simulator.edge.firewall_section import RefusedError, append
from vcloudair_core.simulator.state.world import SimulatedEdge

SECTIONS = ("firewall", "nat", "ipsec")


def outside_edit(order: Any) -> Callable[[Any], None]:
    """Return the write that an order stands for. Raises ValueError for one that makes no sense.

    Shape: ``{"edge": name or UUID, "section": "firewall" | "nat" | "ipsec", "add": one rule or site as in the section's
    JSON}``. Without ``edge`` it is the first one. It is validated as any write, when it is carried out, and counts as a
    change of the section's version.
    """
    if not isinstance(order, Mapping) or set(order) - {"edge", "section", "add"}:
        raise ValueError("edit must be an object with edge, section and add")
    section, added = order.get("section"), order.get("add")
    if section not in SECTIONS:
        raise ValueError(f"edit: there is no section {section!r}; known: {', '.join(SECTIONS)}")
    if not isinstance(added, Mapping):
        raise ValueError("edit: add must be a rule or site as in the JSON of its section")

    def carry_out(simulator: Any) -> None:
        edge = edge_named(simulator, order.get("edge"))
        _ADD[section](edge, copy.deepcopy(dict(added)), simulator.config)

    return carry_out


def try_out(simulator: Any, order: Any) -> None:
    """Refuse at once what could not be carried out later. Raises ValueError; nothing is changed."""
    outside_edit(order)
    edge = copy.deepcopy(edge_named(simulator, order.get("edge")))
    try:
        _ADD[order["section"]](edge, copy.deepcopy(dict(order["add"])), simulator.config)
    except RefusedError as exc:
        raise ValueError(f"edit: {exc}") from exc


def edge_named(simulator: Any, identifier: str | None) -> SimulatedEdge:
    """An edge by name or UUID, or the first one. Raises ValueError when there is none."""
    edges: list[SimulatedEdge] = list(simulator.world.edges.values())
    matching = [edge for edge in edges if identifier in (None, edge.edge_id, edge.name)]
    if not matching:
        raise ValueError(f"there is no edge {identifier!r}")
    return matching[0]


def _firewall(edge: SimulatedEdge, rule: dict[str, Any], config: Any) -> None:
    append(edge, [rule], None)


def _nat(edge: SimulatedEdge, rule: dict[str, Any], config: Any) -> None:
    from vcloudair_core.simulator.edge.nat_routes import NAT

    NAT.append(edge, [rule], None)


def _ipsec(edge: SimulatedEdge, site: dict[str, Any], config: Any) -> None:
    from vcloudair_core.simulator.edge.ipsec_routes import IPSEC

    whole = IPSEC.shown(edge, is_sensitive=False)
    whole["sites"]["sites"].append(site)
    IPSEC.replace(edge, {**whole, "version": None}, config=config, needs_feature_type=False)


_ADD = {"firewall": _firewall, "nat": _nat, "ipsec": _ipsec}
