"""What of the VMs found belongs to a replication, and what is wrong with it. Source: protocol/dr.md §4.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vcloudair_core.services.dr.model import CLEANUP, Replication

POWERED_ON = "POWERED_ON"


@dataclass(frozen=True)
class VmRecord:
    """A VM as the query service shows it. ``vapp_href``: the vApp that it is in. What is not shown is empty."""

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
    found: Sequence[VmRecord], group: Replication, before: frozenset[str] | None
) -> tuple[list[VmRecord], list[VmRecord]]:
    """Return the VMs that belong to a replication, and those of them that are in its placeholder's vApp."""
    named = [one for one in found if one.name == group.name]
    own = [one for one in named if group.placeholder_vapp_id and group.placeholder_vapp_id[-36:] in one.vapp_href]
    return own or [one for one in named if before is None or one.id not in before], own


def fault_of_vm(
    found: Sequence[VmRecord],
    group: Replication,
    action: str,
    *,
    is_on_wanted: bool,
    before: frozenset[str] | None,
) -> str:
    """What is wrong with the VM of a replication, in words, or nothing.

    A VM in the placeholder's vApp is meant; without one, a VM of that name that was not there before the
    action (``before``: ids, None when nobody looked). Whether a recovered VM stays in that vApp, no source tells.
    """
    meant, own = vms_of(found, group, before)
    if action == CLEANUP:
        running = [one for one in own if one.status == POWERED_ON]
        return f"the VM {group.name!r} of the test is still {POWERED_ON}" if running else ""
    if not meant:
        is_named = any(one.name == group.name for one in found)
        strangers = " of its own; one of that name was there before" if is_named else ""
        return f"there is no VM {group.name!r}{strangers}"
    if is_on_wanted and all(one.status != POWERED_ON for one in meant):
        return f"the VM {group.name!r} is {meant[0].status}, not {POWERED_ON}"
    return ""
