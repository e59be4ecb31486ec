"""The data class for owners of firewall groups and port profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge


@dataclass(frozen=True)
class ObjectOwner:
    """The owner of the firewall groups and port profiles that rules can use.

    ``owner_id`` is the URN of the VDC or VDC group that owns port profiles. ``group_owner_id`` is the URN of the VDC
    group or edge gateway that owns firewall groups. Source: protocol/nsxt.md §3, §4.
    """

    name: str
    owner_id: str
    group_owner_id: str

    @classmethod
    def of_edge(cls, edge: Edge) -> ObjectOwner:
        """Return the owner of the objects for an edge gateway."""
        gateway = f"urn:vcloud:gateway:{edge.edge_id}"
        return cls(edge.name, edge.owner_id, edge.owner_id if edge.is_owned_by_group else gateway)
