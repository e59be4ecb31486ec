"""Links of VMs and vApps to the actions that are possible now.

Source: protocol/recorded-responses.md §5, protocol/vm-writes.md §1, §2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.simulator.documents import snapshot_section
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.state.power_states import ACTIONS, allowed_actions
from vcloudair_core.simulator.xml_builder import link

T = "application/vnd.vmware.vcloud."


def action_links(context: Any, href: str, media_type: str, vms: Sequence[Vm]) -> list[Any]:
    """Return the links of an entity for power, snapshots, metadata and edits.

    Args:
        context: The context of the request.
        href: Address of the entity.
        media_type: Type of the entity.
        vms: The VM itself, or the VMs of the vApp.
    """
    return [
        *_power_links(href, vms),
        *(_snapshot_links(href, vms) if is_at_least(context.version, snapshot_section.SINCE) else ()),
        link("down", f"{href}/metadata", f"{T}metadata+xml"),
        link("edit", href, media_type),
    ]


def _power_links(href: str, vms: Sequence[Vm]) -> list[Any]:
    """Return a link for each possible action. Links without parameters have no type."""
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
