"""Build the SnapshotSection of VMs and vApps.

Source: protocol/vm-writes.md §2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.xml_builder import element

OVF = "http://schemas.dmtf.org/ovf/envelope/1"
MEDIA = "application/vnd.vmware.vcloud.snapshotSection+xml"
MB = 1024 * 1024
SINCE = (5, 1)


def snapshot_section(href: str, vms: Sequence[Vm]) -> Any:
    """Return the SnapshotSection of the VM or vApp at the URL ``href``.

    ``vms`` contains the VM itself, or the VMs of the vApp. A vApp shows one snapshot, with the oldest creation time and
    the total size of the snapshots of the VMs. No source confirms the format for vApps.
    """
    snapshots = [vm.snapshot for vm in vms if vm.snapshot is not None]
    attributes = {"type": MEDIA, "href": f"{href}/snapshotSection", f"{{{OVF}}}required": False}
    snapshot = None
    if snapshots:
        values = {
            "created": min(snapshot.created for snapshot in snapshots),
            "poweredOn": any(snapshot.is_powered_on for snapshot in snapshots),
            "size": MB * sum(snapshot.size_mb for snapshot in snapshots),
        }
        snapshot = element("Snapshot", values)
    info = element("Info", None, "Snapshot information section", namespace=OVF, prefixes={"ovf": OVF})
    return element("SnapshotSection", attributes, info, snapshot)
