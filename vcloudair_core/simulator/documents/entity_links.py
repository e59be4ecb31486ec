"""Build links to the actions that a VM or vApp allows.

Source: protocol/recorded-responses.md §5, protocol/vm-writes.md §1, §2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.simulator.access import rights
from vcloudair_core.simulator.documents import snapshot_section
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.writes.power_states import ACTIONS, allowed_actions
from vcloudair_core.simulator.xml_builder import link

T = "application/vnd.vmware.vcloud."


def action_links(context: Any, href: str, media_type: str, vms: Sequence[Vm]) -> list[Any]:
    """Return links to the actions that the user can perform on a VM or vApp.

    The actions change power, snapshots, metadata, or the VM or vApp itself.

    Args:
        context: The context of the request.
        href: URL of the VM or vApp.
        media_type: Media type of the VM or vApp.
        vms: The VM itself, or the VMs of the vApp.
    """
    has_snapshots = is_at_least(context.version, snapshot_section.SINCE) and context.may(rights.SNAPSHOT)
    return [
        *(_power_links(href, vms) if context.may(rights.POWER) else ()),
        *(_snapshot_links(href, vms) if has_snapshots else ()),
        link("down", f"{href}/metadata", f"{T}metadata+xml"),
        edit_link(context, href, media_type),
    ]


def edit_link(context: Any, href: str, media_type: str) -> Any:
    """Return the link to edit an entity or section, or None if the user cannot edit."""
    return link("edit", href, media_type) if context.may(rights.EDIT_VAPP) else None


def _power_links(href: str, vms: Sequence[Vm]) -> list[Any]:
    """Return a link for each power action that the state of the VMs allows.

    Only links to actions with parameters have a type.
    """
    powers = [ACTIONS[action] for action in allowed_actions(vms)]
    return [
        link(power.rel, f"{href}/{power.path}", f"{T}{power.params}+xml" if power.params else None) for power in powers
    ]


def _snapshot_links(href: str, vms: Sequence[Vm]) -> list[Any]:
    links = [link("snapshot:create", f"{href}/action/createSnapshot", f"{T}createSnapshotParams+xml")]
    if any(vm.snapshot for vm in vms):
        links.append(link("snapshot:revertToCurrent", f"{href}/action/revertToCurrentSnapshot"))
        links.append(link("snapshot:removeAll", f"{href}/action/removeAllSnapshots"))
    return links
