"""The inventory of a simulated cloud.

Objects have deterministic IDs.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import TypeVar

from vcloudair_core.simulator.edge_services.entities import GroupingObject
from vcloudair_core.simulator.nsxt.entities import FirewallGroup, PortProfile, VdcGroup
from vcloudair_core.simulator.state.api_tokens import TokenRegister
from vcloudair_core.simulator.state.catalog_entities import Catalog, CatalogItem, Media, Template
from vcloudair_core.simulator.state.entities import (
    ROLE_NAMES,
    ExternalNetwork,
    Org,
    OrgVdcNetwork,
    Role,
    SimulatedEdge,
    SimulatedReplication,
    StorageProfile,
    User,
    VApp,
    Vdc,
    Vm,
)
from vcloudair_core.simulator.state.registry import ChangeCounter, Registry
from vcloudair_core.simulator.vcda.entities import (
    SimulatedVappReplication,
    SimulatedVcdaTask,
    SimulatedVmReplication,
)

_InVdc = TypeVar("_InVdc", Vm, VApp, OrgVdcNetwork, SimulatedEdge, StorageProfile, Template, Media, CatalogItem)


class World:
    """The inventory of a simulated cloud: all objects by ID.

    IDs are UUIDs that are computed from the seed and the path of the object, such as org, VDC and name. Simulators with
    the same seed therefore have the same IDs. Objects with the same name in different orgs or VDCs have different IDs.
    """

    def __init__(self, seed: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_DNS, seed)
        self.changes = ChangeCounter()
        self.orgs: dict[str, Org] = Registry(self.changes)
        self.vdcs: dict[str, Vdc] = Registry(self.changes)
        self.vdc_groups: dict[str, VdcGroup] = Registry(self.changes)
        self.firewall_groups: dict[str, FirewallGroup] = Registry(self.changes)
        self.port_profiles: dict[str, PortProfile] = Registry(self.changes)
        self.grouping_objects: dict[str, GroupingObject] = Registry(self.changes)
        self.edges: dict[str, SimulatedEdge] = Registry(self.changes)
        self.vapps: dict[str, VApp] = Registry(self.changes)
        self.vms: dict[str, Vm] = Registry(self.changes)
        self.networks: dict[str, OrgVdcNetwork] = Registry(self.changes)
        self.external_networks: dict[str, ExternalNetwork] = Registry(self.changes)
        self.storage_profiles: dict[str, StorageProfile] = Registry(self.changes)
        self.catalogs: dict[str, Catalog] = Registry(self.changes)
        self.catalog_items: dict[str, CatalogItem] = Registry(self.changes)
        self.templates: dict[str, Template] = Registry(self.changes)
        self.media: dict[str, Media] = Registry(self.changes)
        self.template_vms: dict[str, Vm] = Registry(self.changes)
        self.replications: dict[str, SimulatedReplication] = {}
        self.vm_replications: dict[str, SimulatedVmReplication] = {}
        self.vapp_replications: dict[str, SimulatedVappReplication] = {}
        self.vcda_tasks: dict[str, SimulatedVcdaTask] = {}
        self.vdc_sites: dict[str, str] = {}
        """Site of VMware Cloud Director Availability, by ID of the VDC.

        A cloud without this product has no sites.
        """
        self.users: list[User] = []
        self.roles = {role.role_id: role for role in map(self._role, ROLE_NAMES)}
        self._by_vapp: tuple[int, dict[str, list[Vm]]] = (-1, {})
        self._vapp_statuses: tuple[int, dict[str, str]] = (-1, {})
        """VMs by vApp, with the number of changes for which the mapping is valid."""
        self.tokens = TokenRegister()

    def make_id(self, kind: str, name: str) -> str:
        """Return the UUID that belongs to a kind of object and a name.

        The same seed always gives the same UUID.
        """
        # uuid.uuid5 returns the same UUID, but takes twice as long.
        digest = bytearray(hashlib.sha1(self._space.bytes + f"{kind}:{name}".encode(), usedforsecurity=False).digest())
        digest[6], digest[8] = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
        text = digest[:16].hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def new_id(self, kind: str, path: str, taken: Mapping[str, object]) -> str:
        """Return an ID for a new object.

        ``taken`` contains the existing objects of the same kind. If the path is already used, a number makes the ID
        unique.
        """
        identifier, number = self.make_id(kind, path), 1
        while identifier in taken:
            number += 1
            identifier = self.make_id(kind, f"{path}#{number}")
        return identifier

    def org(self, name: str) -> Org | None:
        """Return the org ``name``, or None. The name is not case-sensitive.

        Source: protocol/sessions.md §4.3.
        """
        return next((org for org in self.orgs.values() if org.name.lower() == name.lower()), None)

    def vdcs_of(self, org: str) -> list[Vdc]:
        """Return the VDCs of an org."""
        return [vdc for vdc in self.vdcs.values() if vdc.org == org]

    def in_vdcs_of(self, org: str, objects: Mapping[str, _InVdc]) -> list[_InVdc]:
        """Return the items of ``objects`` that are in any VDC of an org."""
        known = {vdc.vdc_id for vdc in self.vdcs_of(org)}
        return [item for item in objects.values() if item.vdc_id in known]

    def in_vdc(self, vdc_id: str, objects: Mapping[str, _InVdc]) -> list[_InVdc]:
        """Return the items of ``objects`` that are in the VDC ``vdc_id``."""
        return [item for item in objects.values() if item.vdc_id == vdc_id]

    def network_named(self, vdc_id: str, name: str) -> OrgVdcNetwork | None:
        """Return the network with this name that VMs of a VDC can use, or None.

        A network of the VDC itself takes precedence.
        """
        own = next((network for network in self.in_vdc(vdc_id, self.networks) if network.name == name), None)
        usable = (network for network in self.networks_for(self.vdcs[vdc_id]) if network.name == name)
        return own or next(usable, None)

    def networks_of(self, edge: SimulatedEdge) -> list[OrgVdcNetwork]:
        """Return the networks that an edge routes, in the order of its interfaces."""
        return [network for network in self.networks.values() if network.edge_id == edge.edge_id]

    def vms_of_vapp(self, vapp_id: str) -> list[Vm]:
        """Return the VMs of a vApp."""
        if self._by_vapp[0] != self.changes.count:
            index: dict[str, list[Vm]] = {}
            for vm in self.vms.values():
                index.setdefault(vm.vapp_id, []).append(vm)
            self._by_vapp = self.changes.count, index
        return list(self._by_vapp[1].get(vapp_id, ()))

    def vms_of_template(self, template_id: str) -> list[Vm]:
        """Return the VMs of a vApp template."""
        return [vm for vm in self.template_vms.values() if vm.vapp_id == template_id]

    def items_of(self, catalog: Catalog) -> list[CatalogItem]:
        """Return the items of a catalog."""
        return [item for item in self.catalog_items.values() if item.catalog_id == catalog.catalog_id]

    def groups_of(self, vdc_id: str) -> list[VdcGroup]:
        """Return the VDC groups in which a VDC participates."""
        return [group for group in self.vdc_groups.values() if vdc_id in group.vdc_ids]

    def group_of_network(self, network: OrgVdcNetwork) -> VdcGroup | None:
        """Return the VDC group that owns a network, or None.

        The owner of a routed network is the owner of its edge (inferred). Source: protocol/nsxt.md §2.
        """
        edge = self.edges.get(network.edge_id)
        return self.vdc_groups.get(edge.group_id) if edge else None

    def networks_for(self, vdc: Vdc) -> list[OrgVdcNetwork]:
        """Return the networks that VMs in a VDC can use.

        These are the VDC's own networks, the networks of its VDC groups, and the shared networks of its org.
        """
        groups = self.groups_of(vdc.vdc_id)
        return [
            network
            for network in self.in_vdcs_of(vdc.org, self.networks)
            if network.vdc_id == vdc.vdc_id or network.is_shared or self.group_of_network(network) in groups
        ]

    def owner(self, org: str) -> User | None:
        """Return the default owner of objects of an org, or None.

        The default owner is the first user of the org.
        """
        return next((user for user in self.users if user.org == org), None)

    def owner_of(self, item: object, org: str) -> User | None:
        """Return the owner of an object of an org, or None.

        The owner of a VM is the owner of its vApp. The default owner is the first user of the org.
        """
        vapp = self.vapps.get(item.vapp_id) if isinstance(item, Vm) else item
        if isinstance(vapp, VApp) and vapp.owner:
            return next((user for user in self.users if (user.name, user.org) == (vapp.owner, org)), None)
        return self.owner(org)

    def roles_of(self, org: str) -> list[Role]:
        """Return the roles that users of an org can have."""
        return [role for role in self.roles.values() if role.org in ("", org)]

    def role_named(self, name: str, org: str) -> Role | None:
        """Return the role ``name`` that users of an org can have, or None."""
        return next((role for role in self.roles_of(org) if role.name == name), None)

    def _role(self, name: str) -> Role:
        return Role(self.make_id("role", name), name)

    def vapp_status(self, vapp_id: str) -> str:
        """Return the status of a vApp.

        If all VMs have the same status, the vApp has this status. Otherwise, the status is MIXED. A vApp without VMs
        has the status RESOLVED. Source: protocol/query.md §11, protocol/recorded-responses.md §5.
        """
        if self._vapp_statuses[0] != self.changes.count:
            self._vapp_statuses = self.changes.count, {}
        known = self._vapp_statuses[1]
        if vapp_id not in known:
            statuses = {vm.status for vm in self.vms_of_vapp(vapp_id)}
            known[vapp_id] = statuses.pop() if len(statuses) == 1 else "MIXED" if statuses else "RESOLVED"
        return known[vapp_id]

    def container_name(self, vm: Vm) -> str:
        """Return the name of the vApp or template that contains a VM."""
        return (self.templates if vm.is_template else self.vapps)[vm.vapp_id].name

    def recovered_vm(self, replication: SimulatedReplication, status: str, network: str) -> Vm:
        """Return a new VM for a replication: a placeholder, test VM or recovered VM.

        The ID is the same in all three cases (inferred). Source: protocol/dr.md §4.
        """
        vm_id = self.make_id("recovered", replication.replication_id)
        location = replication.placeholder_vapp_id, replication.vdc_id
        return Vm(vm_id, replication.name, *location, status, network=network)

    def add_recovered(self, vm: Vm) -> None:
        """Add the VM of a replication to the inventory.

        Its vApp and its network are created if they do not exist.
        """
        if vm.vapp_id not in self.vapps:
            self.vapps[vm.vapp_id] = VApp(vm.vapp_id, f"{vm.name}-vapp", vm.vdc_id)
        self.ensure_network(vm.vdc_id, vm.network)
        self.vms[vm.vm_id] = vm

    def remove_recovered(self, vm_id: str, *, keeps_vapp: bool = False) -> None:
        """Remove the VM of a replication from the inventory.

        If its vApp is then empty, the vApp is also removed, unless ``keeps_vapp`` is true.
        """
        vm = self.vms.pop(vm_id, None)
        if vm is not None and not keeps_vapp and not self.vms_of_vapp(vm.vapp_id):
            self.vapps.pop(vm.vapp_id, None)

    def ensure_network(self, vdc_id: str, name: str) -> None:
        """Add an isolated network to a VDC if no network in the VDC has this name."""
        if name and name != "none" and self.network_named(vdc_id, name) is None:
            vdc = self.vdcs[vdc_id]
            identifier = self.new_id("network", f"{vdc.org}/{vdc.vdc_id}/{name}", self.networks)
            self.networks[identifier] = OrgVdcNetwork(identifier, name, vdc_id)

    def user(self, name: str, password: str, org: str = "") -> User | None:
        """Return the user ``name`` if the password is correct, or None.

        If ``org`` is empty, all orgs are searched.
        """
        for user in self.users:
            if user.name == name and user.password == password and (not org or user.org.lower() == org.lower()):
                return user
        return None

    def user_named(self, name: str, org: str) -> User:
        """Return the user ``name`` of an org.

        For a service account, return a user with the name and role of the account.
        """
        for user in self.users:
            if (user.name, user.org) == (name, org):
                return user
        accounts = (account for account in self.tokens.service_accounts.values() if account.org == org)
        role = next((account.role for account in accounts if account.name == name), "")
        return User(name, "", org, self.make_id("service-account", f"{org}/{name}"), role)
