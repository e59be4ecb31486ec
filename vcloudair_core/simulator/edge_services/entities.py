"""Data class for NSX-V grouping objects, such as IP sets."""

from __future__ import annotations

from dataclasses import dataclass, field

from vcloudair_core.simulator.state.registry import Tracked


@dataclass
class GroupingObject(Tracked):
    """A grouping object of a VDC.

    ``object_id`` is the ID in NSX, such as ``ipset-1``. ``kind`` is the part of the ID before the number. ``values``
    maps the names of XML elements, such as ``value``, to their text. ``member_ids`` are the IDs of the members of a
    group. Source: protocol/ans.md §5.
    """

    object_id: str
    kind: str
    vdc_id: str
    name: str
    description: str = ""
    revision: int = 0
    is_inherited: bool = False
    values: dict[str, str] = field(default_factory=dict)
    member_ids: list[str] = field(default_factory=list)
