"""The directory of objects that rules of NSX-V edge gateways can name.

Source: protocol/ans.md §1.1, §1.4, §2.5, §5, protocol/query.md §4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.edge.interfaces import read_interfaces
from vcloudair_core.services.ans.edge.model import VDC, uuid_in
from vcloudair_core.services.ans.names.directory import ObjectDirectory
from vcloudair_core.services.ans.names.objects import (
    APPLICATION,
    APPLICATION_GROUP,
    GROUP,
    IP_SET,
    NETWORK,
    NOUNS,
    VAPP,
    VM,
    NamedObject,
    names_of,
)
from vcloudair_core.services.ans.names.vm_records import VM_URN, named_vapps, named_vms, read_vms
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_NETWORK_URN = "urn:vcloud:network:"
_SERVICES = {IP_SET: "ipset", GROUP: "securitygroup", APPLICATION: "application", APPLICATION_GROUP: "applicationgroup"}
"""The service that lists each kind of object, below ``/network/services``.

Source: protocol/ans.md §1.1.
"""

_NUMBERED = re.compile(r"(?:[0-9a-f-]{36}:)?(ipset|securitygroup|application|applicationgroup)-\d+\Z", re.IGNORECASE)
_KINDS = {service: kind for kind, service in _SERVICES.items()}
_UPLINK = "uplink"


class NsxvDirectory(ObjectDirectory):
    """The objects that rules of an NSX-V edge gateway can name.

    Rules can name the networks of the edge gateway, and all other objects of its VDC. A vApp is replaced by its VMs,
    because rules cannot contain vApps.
    """

    member_kinds = (NETWORK, IP_SET, GROUP, VM, VAPP)
    service_kinds = (APPLICATION, APPLICATION_GROUP)

    def __init__(self, session: Session, edge: Edge) -> None:
        super().__init__(names_of(session, f"edge/{edge.edge_id}"))
        self._session = session
        self._edge = edge

    def read_lists(self, kind: str, *, is_stale: bool) -> Mapping[str, Iterable[NamedObject]]:
        """Read the objects of a kind.

        One response has both VMs and vApps. Applications and application groups are read together, because a name
        without a prefix must be unique in both lists.
        """
        if kind == NETWORK:
            return {NETWORK: self._networks()}
        if kind in (VM, VAPP):
            vms = read_vms(self._session, self._vdc_id)
            return {VM: named_vms(vms), VAPP: named_vapps(vms)}
        kinds = self.service_kinds if kind in self.service_kinds else (kind,)
        return {listed: self._grouping_objects(listed) for listed in kinds}

    def kind_of_id(self, object_id: str) -> str:
        """Return the kind of the object with an ID of NSX-V or vCloud Director."""
        folded = object_id.casefold()
        if folded.startswith(_NETWORK_URN):
            return NETWORK
        if folded.startswith(VM_URN):
            return VM
        match = _NUMBERED.match(object_id)
        return _KINDS[match.group(1).casefold()] if match else ""

    def missing_hint(self, kind: str, name: str) -> str:
        """Return a hint about empty vApps."""
        return "a vApp without VMs cannot be used in rules" if kind == VAPP else ""

    def _grouping_objects(self, kind: str) -> list[NamedObject]:
        path = f"/network/services/{_SERVICES[kind]}/scope/{quote(self._vdc_id, safe='')}"
        root = xml.parse(self._session.call("GET", path).body, what=f"the response of {path}")
        if xml.local(root) != "list":
            raise DecodeError(f"Reading the list of {NOUNS[kind]}s failed. list was expected, not {xml.local(root)}.")
        return [item for child in root for item in _grouping_object(kind, child)]

    def _networks(self) -> list[NamedObject]:
        """Return the networks that are connected to the edge gateway.

        External networks have ``refusal`` set, because rules can refer only to the interface of an external network.
        """
        networks: dict[str, NamedObject] = {}
        for interface in read_interfaces(self._session, self._edge):
            network_id = uuid_in(interface.network_id)
            if network_id:
                refusal = f"is an external network; write external or vnic-{interface.vnic}"
                networks[network_id] = NamedObject(
                    NETWORK,
                    f"{_NETWORK_URN}{network_id}",
                    interface.network_name,
                    f"vnic-{interface.vnic}",
                    refusal=refusal if interface.type == _UPLINK else "",
                    alias=next((name for name in interface.names if name != interface.network_name), ""),
                )
        return list(networks.values())

    @property
    def _vdc_id(self) -> str:
        """The UUID of the VDC. It is read if only the UUID of the edge gateway is known."""
        edge = self._edge
        owner = uuid_in(edge.owner_id) if edge.owner_id.startswith(VDC) else ""
        return edge.vdc_id or owner or EdgeDirectory(self._session).vdc_id_of(edge.edge_id)


def _grouping_object(kind: str, element: _Element) -> Iterable[NamedObject]:
    texts = {xml.local(child): (child.text or "").strip() for child in element}
    if texts.get("objectId"):
        yield NamedObject(kind, texts["objectId"], texts.get("name") or "")
