"""Changes by another user between a client's read and write.

The fault ``edit`` makes these changes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from vcloudair_core.simulator.edge.firewall_section import RefusedError, append
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.nsxt.outside_edits import edit_group, edit_nsxt
from vcloudair_core.simulator.state.entities import SimulatedEdge

GROUP_SECTION = "distributed_firewall"
"""The section of a VDC group. All other sections belong to edge gateways."""
SECTIONS = ("firewall", "nat", "ipsec", GROUP_SECTION)
ACTIONS = ("add", "change", "delete")
"""Kinds of changes. NSX-V edges only support ``add``."""


def outside_edit(edit: Any) -> Callable[[Any], None]:
    """Return a function that simulates a change by another user.

    Format of ``edit``: ``{"edge": name or UUID, "section": "firewall" | "nat" | "ipsec", "add": rule or site}``. The
    rule or site has the JSON format of the section. If ``edge`` is missing, the first edge is changed. The function
    validates the change, and increments the version of the section. An invalid ``edit`` raises ValueError.

    An NSX-T edge also supports ``"change": {"id" or "name": ..., fields}`` and ``"delete": ID or name`` in place of
    ``add``. The section ``distributed_firewall`` also supports these keys, and has ``"vdc_group": name or UUID`` in
    place of ``edge``.
    """
    if not isinstance(edit, Mapping) or set(edit) - {"edge", "vdc_group", "section", *ACTIONS}:
        raise ValueError(
            "edit must be an object with the key section, an optional key edge or vdc_group, and one of the keys add, "
            "change and delete"
        )
    section, actions = edit.get("section"), [action for action in ACTIONS if action in edit]
    if section not in SECTIONS:
        raise ValueError(f"unknown section {section!r} in edit; expected one of {', '.join(SECTIONS)}")
    if ("edge" if section == GROUP_SECTION else "vdc_group") in edit:
        raise ValueError("edit must have vdc_group for the section distributed_firewall, and edge for other sections")
    if len(actions) != 1:
        raise ValueError("edit must have exactly one of the keys add, change and delete")
    action, value = actions[0], edit[actions[0]]
    if not isinstance(value, Mapping if action != "delete" else str):
        raise ValueError(_EXPECTED[action])

    def carry_out(simulator: Any) -> None:
        _apply(simulator, _owner(simulator, edit), section, action, value)

    return carry_out


_EXPECTED = {
    "add": "add in edit must be a rule or site in the JSON format of the section",
    "change": "change in edit must be an object with id or name, and the fields to change",
    "delete": "delete in edit must be an ID or a name",
}


def check_edit(simulator: Any, edit: Any) -> None:
    """Raise ValueError if the change in ``edit`` would fail. Nothing is changed."""
    outside_edit(edit)
    owner = copy.deepcopy(_owner(simulator, edit))
    action = next(action for action in ACTIONS if action in edit)
    try:
        _apply(simulator, owner, edit["section"], action, edit[action])
    except (RefusedError, ValueError) as exc:
        raise ValueError(f"the change in edit is invalid: {exc}") from exc


def _apply(simulator: Any, owner: SimulatedEdge | VdcGroup, section: str, action: str, value: Any) -> None:
    if isinstance(owner, VdcGroup):
        edit_group(simulator, owner, action, copy.deepcopy(value))
    elif is_nsxt(owner):
        edit_nsxt(simulator, owner, section, action, copy.deepcopy(value))
    elif action == "add":
        _ADD[section](owner, copy.deepcopy(dict(value)), simulator.config)
    else:
        raise ValueError(f"edit has the key {action!r}, but the NSX-V edge {owner.name} supports only the key 'add'")


def _owner(simulator: Any, edit: Mapping[str, Any]) -> SimulatedEdge | VdcGroup:
    """Return the edge or VDC group that an edit changes."""
    if edit["section"] != GROUP_SECTION:
        return find_edge(simulator, edit.get("edge"))
    identifier = edit.get("vdc_group")
    groups: list[VdcGroup] = list(simulator.world.vdc_groups.values())
    matching = [group for group in groups if identifier in (None, group.group_id, group.name)]
    if not matching:
        raise ValueError(f"no VDC group has the name or ID {identifier!r}")
    return matching[0]


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
