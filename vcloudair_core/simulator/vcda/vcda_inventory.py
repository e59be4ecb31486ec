"""Create the sites and replications of VMware Cloud Director Availability.

Both sites are VDCs of the same simulated cloud. Source: protocol/vcda.md §8.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.config import ORG, SimulatorConfig
from vcloudair_core.simulator.state.entities import Vdc, Vm
from vcloudair_core.simulator.state.world import World
from vcloudair_core.simulator.vcda.entities import (
    ReplicationEnd,
    SimulatedVappReplication,
    SimulatedVmReplication,
)
from vcloudair_core.simulator.vcda.operations.recovered_vms import read_source

_VMS_OF_A_VAPP = 2
_PROFILES = ("vcd", "all")
_FIELDS = {
    "rpo": "rpo_minutes",
    "lag_minutes": "lag_minutes",
    "trouble": "trouble",
    "paused": "is_paused",
    "is_migration": "is_migration",
    "is_peer_down": "is_peer_down",
    "description": "description",
}
"""Keys of a replication in an inventory file, and the fields that they set."""


def counted_source(config: SimulatorConfig) -> list[dict[str, Any]]:
    """Return a list with the inventory entry of the source VDC.

    The VDC contains the VMs of the option ``vcda_replications``. The list is empty if this option creates no
    replications.
    """
    if not has_counted(config):
        return []
    vms = [
        {
            "name": f"protected-{number:04}",
            "vapp": f"protected-vapp{1 + (number - 1) // _VMS_OF_A_VAPP}",
            "ip_address": _address(number),
        }
        for number in range(1, config.vcda_replications + 1)
    ]
    return [{"name": f"{ORG}-{config.vcda_peer_site}", "site": config.vcda_peer_site, "vms": vms}]


def _address(number: int) -> str:
    """Return the address of a source VM.

    The first addresses are in the subnet of the destination too, but no VM at the destination uses them.
    """
    return f"192.168.{10 + (number - 1) // 150 % 200}.{101 + (number - 1) % 150}"


def counted_replications(config: SimulatorConfig) -> dict[str, Any]:
    """Return inventory keys for the destination VDC of ``vcda_replications``."""
    if not has_counted(config):
        return {}
    source = f"{ORG}-{config.vcda_peer_site}"
    names = [f"protected-{number:04}" for number in range(1, config.vcda_replications + 1)]
    return {
        "site": config.vcda_site,
        "vcda_replications": [{"name": name, "source_vdc": source} for name in names],
    }


def has_counted(config: SimulatorConfig) -> bool:
    """Return True if ``vcda_replications`` creates replications.

    vCloud Air has no VCDA.
    """
    return bool(config.vcda_replications) and config.profile in _PROFILES


def fill_vcda(world: World, tree: dict[str, Any], config: SimulatorConfig) -> None:
    """Add the sites and replications that an inventory describes.

    VDCs without a site belong to the site of the option ``vcda_site``. Raises SpecError for an unknown VDC, VM or site.
    """
    for org in tree["orgs"]:
        for vdc_tree in org.get("vdcs", ()):
            vdc = _vdc(world, org["name"], vdc_tree["name"])
            site = vdc_tree.get("site", config.vcda_site)
            if site not in (config.vcda_site, config.vcda_peer_site):
                hint = f"Use '{config.vcda_site}' or '{config.vcda_peer_site}', or set vcda_peer_site."
                raise SpecError(f"VDC '{vdc.name}'", f"site '{site}' is unknown", hint=hint)
            world.vdc_sites[vdc.vdc_id] = site
    for org in tree["orgs"]:
        for vdc_tree in org.get("vdcs", ()):
            destination = _vdc(world, org["name"], vdc_tree["name"])
            for replication in vdc_tree.get("vcda_replications", ()):
                _add_replication(world, destination, replication, config)


def has_vcda(tree: dict[str, Any], config: SimulatorConfig) -> bool:
    """Return True if an inventory contains VCDA replications or sites.

    vCloud Air has no VCDA.
    """
    if config.profile not in _PROFILES:
        return False
    vdcs = [vdc for org in tree["orgs"] for vdc in org.get("vdcs", ())]
    return any(vdc.get("vcda_replications") or vdc.get("site") for vdc in vdcs)


def _vdc(world: World, org: str, name: str) -> Vdc:
    return next(vdc for vdc in world.vdcs.values() if (vdc.org, vdc.name) == (org, name))


def _add_replication(world: World, destination: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> None:
    vm = _source_vm(world, destination, tree)
    source_vdc, vapp = world.vdcs[vm.vdc_id], world.vapps[vm.vapp_id]
    is_standalone = bool(tree.get("standalone", False))
    name = vm.name if is_standalone else vapp.name
    path = f"{source_vdc.vdc_id}/{vm.vm_id if is_standalone else vapp.vapp_id}"
    vapp_replication_id = f"C4VAPP-{world.make_id('vcda-vapp-replication', path)}"
    source_site = world.vdc_sites[source_vdc.vdc_id]
    if vapp_replication_id not in world.vapp_replications:
        world.vapp_replications[vapp_replication_id] = SimulatedVappReplication(
            vapp_replication_id, name, f"{source_vdc.org}@{source_site}", is_standalone=is_standalone
        )
    replication = SimulatedVmReplication(
        f"C4-{world.make_id('vcda-vm-replication', vm.vm_id)}",
        vapp_replication_id,
        vm.name,
        vm.vm_id,
        ReplicationEnd(source_site, source_vdc.org, source_vdc.vdc_id, vapp.vapp_id, "" if is_standalone else name),
        ReplicationEnd(world.vdc_sites[destination.vdc_id], destination.org, destination.vdc_id),
        **{_FIELDS[key]: value for key, value in tree.items() if key in _FIELDS},
    )
    read_source(world, replication)
    world.vm_replications[replication.replication_id] = replication
    for vdc in (source_vdc, destination):
        world.ensure_network(vdc.vdc_id, config.test_network)
        world.ensure_network(vdc.vdc_id, config.recovery_network)


def _source_vm(world: World, destination: Vdc, tree: dict[str, Any]) -> Vm:
    """Return the source VM of a replication. Raises SpecError if there is no such VM."""
    name, vapp, vdc_name = tree["name"], tree.get("vapp", ""), tree["source_vdc"]
    for vm in world.vms.values():
        vdc = world.vdcs[vm.vdc_id]
        is_in_vdc = vdc.name == vdc_name and world.vdc_sites[vdc.vdc_id] != world.vdc_sites[destination.vdc_id]
        if is_in_vdc and vm.name == name and vapp in ("", world.vapps[vm.vapp_id].name):
            return vm
    reason = f"VM '{name}' is not in VDC '{vdc_name}' of another site"
    hint = "Add the VM to 'vms' of the source VDC, and set 'site' of this VDC."
    raise SpecError(f"vcda_replications of VDC '{destination.name}'", reason, hint=hint)
