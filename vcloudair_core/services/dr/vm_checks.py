"""Check the recovered VM of a replication. Source: protocol/dr.md §4.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vcloudair_core.services.dr.model import CLEANUP, Replication

POWERED_ON = "POWERED_ON"


@dataclass(frozen=True)
class VmRecord:
    """A VM record of the query service.

    ``vapp_href`` is the link of the vApp. Values that the record does not have are empty.
    """

    id: str
    name: str
    status: str
    vapp_href: str
    href: str = ""
    vapp_name: str = ""
    vdc_href: str = ""
    vdc_name: str = ""
    address: str = ""


def vms_of(
    records: Sequence[VmRecord], group: Replication, before: frozenset[str] | None
) -> tuple[list[VmRecord], list[VmRecord]]:
    """Return the VMs of a replication, and the VMs in its placeholder vApp.

    Both lists have only VMs with the name of the replication. If the placeholder vApp contains such VMs, both lists are
    equal. Otherwise, the second list is empty, and the first list has the VMs that did not exist before the action: the
    VMs whose IDs are not in ``before``, or all VMs if ``before`` is None. The API documentation does not say whether
    recovered VMs stay in the placeholder vApp.

    If the DR API identifies recovered VMs by ID, both lists have only the VM whose ID the replication contains. If it
    contains no VM ID, as after a cleanup, both lists have the VMs whose IDs are in ``before``.
    """
    if group.names_vm:
        ids = {group.vm_id} if group.vm_id else before or frozenset()
        own = [vm for vm in records if vm.id.casefold() in ids]
        return own, own
    same_name = [vm for vm in records if vm.name == group.name]
    in_vapp = [vm for vm in same_name if group.placeholder_vapp_id and group.placeholder_vapp_id[-36:] in vm.vapp_href]
    return in_vapp or [vm for vm in same_name if before is None or vm.id not in before], in_vapp


def vm_problem(
    records: Sequence[VmRecord],
    group: Replication,
    action: str,
    *,
    must_be_on: bool,
    before: frozenset[str] | None,
) -> str:
    """Return the reason why a VM does not show the result of an action.

    Return an empty string if the VM is as expected.
    """
    vms, in_vapp = vms_of(records, group, before)
    if action == CLEANUP:
        running = [vm for vm in in_vapp if vm.status == POWERED_ON]
        return f"the VM {group.name!r} of the test is still {POWERED_ON}" if running else ""
    if not vms and group.names_vm:
        shown = f"the VM {group.vm_id}" if group.vm_id else "the recovered VM"
        return f"the query service does not return {shown} of {group.name!r}"
    if not vms:
        if any(vm.name == group.name for vm in records):
            return f"no VM {group.name!r} was created, and the VM with this name existed before the action"
        return f"no VM {group.name!r} exists"
    if must_be_on and all(vm.status != POWERED_ON for vm in vms):
        return f"the VM {group.name!r} is {vms[0].status}, not {POWERED_ON}"
    return ""
