"""The directory of objects that rules on NSX-T can name.

Source: protocol/nsxt.md §2, §3, §13.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.names.directory import ObjectDirectory
from vcloudair_core.services.ans.names.objects import GROUP, IP_SET, NETWORK, NamedObject, names_of
from vcloudair_core.services.ans.nsxt.members import GROUP_URN, INTERNAL_URN, NETWORK_URN
from vcloudair_core.services.ans.nsxt.references import is_managed
from vcloudair_core.services.ans.section.json_values import mapping_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects
    from vcloudair_core.session.session import Session


class NsxtDirectory(ObjectDirectory):
    """The objects that NSX-T rules can name.

    Rules cannot name VMs or vApps. They can name security groups, but these contain networks or select VMs by criteria.
    A criterion matches all names that contain or start with a string, so it cannot select exactly one VM.

    Args:
        scope: The URN of the edge gateway or VDC group.
    """

    member_kinds = (NETWORK, IP_SET, GROUP)
    checked_prefix = GROUP_URN
    may_lack_lists = False

    def __init__(self, session: Session, objects: HelperObjects, scope: str) -> None:
        super().__init__(names_of(session, scope))
        self._objects = objects
        self._scope = scope

    def read_lists(self, kind: str, *, is_stale: bool) -> Mapping[str, Iterable[NamedObject]]:
        """Read the objects of a kind. One response has both IP sets and security groups."""
        if kind == NETWORK:
            return {NETWORK: [_network(item) for item in self._near(self._objects.networks(is_stale=is_stale))]}
        lists: dict[str, list[NamedObject]] = {IP_SET: [], GROUP: []}
        for summary in self._objects.group_summaries(is_stale=is_stale):
            kind = IP_SET if IP_SET_TYPE in (summary.get("typeValue"), summary.get("type")) else GROUP
            refusal = "is created and deleted automatically; list its addresses instead" if is_managed(summary) else ""
            name = str(summary.get("name") or "")
            lists[kind].append(NamedObject(kind, str(summary.get("id")), name, refusal=refusal))
        return lists

    def kind_of_id(self, object_id: str) -> str:
        """Return the kind of the object with a URN."""
        if object_id.startswith(NETWORK_URN):
            return NETWORK
        return GROUP if object_id.startswith(GROUP_URN) and object_id != INTERNAL_URN else ""

    def missing_hint(self, kind: str, name: str) -> str:
        """Return a hint that NSX-T rules cannot name VMs, if the name has no prefix."""
        return "" if kind else "VMs and vApps cannot be named on NSX-T, so name their network or a security group"

    def _near(self, networks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return networks, with those of the edge gateway or VDC group first.

        Another network is left out if a network of the edge gateway or VDC group has the same name.
        """
        listed = list(networks)
        own = [network for network in listed if self._scope in _places(network)]
        names = {network.get("name") for network in own}
        return [*own, *(network for network in listed if network not in own and network.get("name") not in names)]


IP_SET_TYPE = "IP_SET"


def _network(record: Mapping[str, Any]) -> NamedObject:
    router = mapping_of(mapping_of(record.get("connection")).get("routerRef")).get("name")
    owner = mapping_of(record.get("ownerRef")).get("name")
    place = f"edge gateway {router}" if router else str(owner or "")
    return NamedObject(NETWORK, str(record.get("id")), str(record.get("name") or ""), place)


def _places(record: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the URNs of a network's edge gateway and owner."""
    router = mapping_of(mapping_of(record.get("connection")).get("routerRef")).get("id")
    return router, mapping_of(record.get("ownerRef")).get("id")
