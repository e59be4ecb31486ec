"""Read the VMs and vApps that rules of NSX-V edge gateways can name.

Source: protocol/query.md §2, §4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.model import last_part, uuid_in
from vcloudair_core.services.ans.edge.record_pages import read_records
from vcloudair_core.services.ans.names.objects import VAPP, VM, NamedObject
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.session.session import Session

VM_URN = "urn:vcloud:vm:"
_RECORDS = ("VMRecord", "AdminVMRecord")


@dataclass(frozen=True)
class NamedVm:
    """A VM with the vApp and the VDC that contain it. Empty strings mean unknown."""

    vm_id: str
    name: str
    vapp_id: str
    vapp_name: str
    vdc_id: str

    @property
    def urn(self) -> str:
        """The ID that rules contain."""
        return f"{VM_URN}{self.vm_id}"


def read_vms(session: Session, vdc_id: str) -> list[NamedVm]:
    """Return the VMs of a VDC.

    Raises: ApiError, TransportError, DecodeError, IncompleteResultError.
    """
    records = read_records(session, "vm", _parse_page, filter_text="isVAppTemplate==false")
    return [vm for vm in records.values() if vm is not None and (not vm.vdc_id or vm.vdc_id == vdc_id)]


def named_vms(vms: Iterable[NamedVm]) -> list[NamedObject]:
    """Return VMs as objects that rules can name."""
    return [NamedObject(VM, vm.urn, vm.name, f"vApp {vm.vapp_name}" if vm.vapp_name else "") for vm in vms]


def named_vapps(vms: Iterable[NamedVm]) -> list[NamedObject]:
    """Return vApps as objects that rules can name.

    A vApp without VMs is left out.
    """
    members: dict[tuple[str, str], list[str]] = {}
    for vm in vms:
        if vm.vapp_name:
            members.setdefault((vm.vapp_id, vm.vapp_name), []).append(vm.urn)
    return [
        NamedObject(VAPP, vapp_id or name, name, f"{len(urns)} VMs", tuple(urns))
        for (vapp_id, name), urns in members.items()
    ]


def _parse_page(body: bytes) -> tuple[dict[str, NamedVm | None], str, int | None]:
    root = xml.parse(body, what="the list of VMs")
    if xml.local(root) != "QueryResultRecords":
        raise DecodeError(f"Reading the list of VMs failed. QueryResultRecords was expected, not {xml.local(root)}.")
    next_links = [child for child in root if xml.local(child) == "Link" and child.get("rel") == "nextPage"]
    records = {str(child.get("href")): _record(child) for child in root if xml.local(child) in _RECORDS}
    return records, (next_links[0].get("href") or "") if next_links else "", xml.count(root.get("total"))


def _record(record: _Element) -> NamedVm | None:
    """Return the VM of a record, or None for a VM of a template."""
    vm_id = _id_of(record.get("href"))
    if not vm_id or record.get("isVAppTemplate") == "true":
        return None
    return NamedVm(
        vm_id,
        record.get("name") or "",
        _id_of(record.get("container")),
        record.get("containerName") or "",
        _id_of(record.get("vdc")),
    )


def _id_of(href: str | None) -> str:
    """Return the UUID in a link such as ``https://host/api/vApp/vm-<uuid>``."""
    return uuid_in(last_part(href or "").removeprefix("vm-").removeprefix("vapp-"))
