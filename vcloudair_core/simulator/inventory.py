"""Create the initial objects of a simulated cloud.

The options state the number of objects. An inventory file replaces these numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.access.inventory_roles import add_role, role_of
from vcloudair_core.simulator.access.rights import SYSTEM_ADMINISTRATOR
from vcloudair_core.simulator.config import API_TOKEN, ORG, PASSWORD, PROVIDER_USER, USER, SimulatorConfig
from vcloudair_core.simulator.inventory_file import read_inventory
from vcloudair_core.simulator.inventory_objects.catalog_objects import add_catalog, add_media, add_template
from vcloudair_core.simulator.inventory_objects.network_objects import (
    add_edge,
    add_network,
    add_vdc_group,
    default_networks,
)
from vcloudair_core.simulator.nsxt.edges import NSXT, SECOND_PROVIDER
from vcloudair_core.simulator.nsxt.firewall.system_profiles import add_system_profiles
from vcloudair_core.simulator.state.api_tokens import ApiToken, ServiceAccount
from vcloudair_core.simulator.state.capacity import DISK_OF_A_VM_MB
from vcloudair_core.simulator.state.entities import (
    PROVIDER_ORG,
    STORAGE_PROFILE,
    ExternalNetwork,
    Org,
    SimulatedReplication,
    Snapshot,
    StorageProfile,
    User,
    VApp,
    Vdc,
    Vm,
)
from vcloudair_core.simulator.state.world import World
from vcloudair_core.simulator.vcda.vcda_inventory import counted_replications, counted_source, fill_vcda, has_vcda


def build_world(config: SimulatorConfig) -> World:
    """Return a world with the objects that the options or the inventory file describe.

    Raises ConfigurationError if the inventory file cannot be read, and SpecError if its contents are invalid.
    """
    world = World(config.seed)
    tree = read_inventory(config.inventory_file) if config.inventory_file else _counted(config)
    external = ExternalNetwork(world.make_id("external-network", "external-net"))
    world.external_networks[external.network_id] = external
    _fill(world, tree, config)
    if has_vcda(tree, config):
        fill_vcda(world, tree, config)
    add_system_profiles(world, _network_providers(world, config))
    if world.port_profiles:
        # Most clouds have no NSX-T, and these modules need time to load.
        from vcloudair_core.simulator.nsxt.inventory_services import fill_nsxt_services

        fill_nsxt_services(world, tree, config)
    _add_provider(world)
    return world


def _network_providers(world: World, config: SimulatorConfig) -> list[str]:
    """Return the names of the NSX-T managers, sorted. A cloud without NSX-T has none."""
    names = {vdc.network_provider for vdc in world.vdcs.values()} - {""}
    return sorted(names | ({SECOND_PROVIDER} if names and config.second_provider else set()))


def _fill(world: World, tree: dict[str, Any], config: SimulatorConfig) -> None:
    for org in tree["orgs"]:
        new_org = Org(world.make_id("org", org["name"]), org["name"], org.get("full_name", org["name"]))
        world.orgs[new_org.name] = new_org
        for role in org.get("roles", ()):
            add_role(world, new_org, role)
        for user in org.get("users", ()):
            _add_user(world, new_org, user)
        for account in org.get("service_accounts", ()):
            _add_service_account(world, new_org, account)
        for catalog in org.get("catalogs", ()):
            add_catalog(world, new_org.name, catalog)
        vdcs = [(_add_vdc(world, new_org, vdc, config), vdc) for vdc in org.get("vdcs", ())]
        for group in org.get("vdc_groups", ()):
            add_vdc_group(world, new_org, group)
        for vdc, tree in vdcs:
            _fill_vdc(world, vdc, tree, config)


def _add_user(world: World, org: Org, tree: dict[str, Any]) -> None:
    """Add the user that ``tree`` describes, with API tokens.

    The ID of the user is computed from the names of the org and the user.
    """
    user = User(
        tree["name"],
        str(tree["password"]),
        org.name,
        world.new_id("user", f"{org.name}/{tree['name']}", {user.user_id: user for user in world.users}),
        role_of(world, org, tree),
    )
    world.users.append(user)
    for number, secret in enumerate(tree.get("api_tokens", ()), 1):
        client_id = world.make_id("api-token", f"{org.name}/{user.name}/{number}")
        world.tokens.api_tokens[client_id] = ApiToken(client_id, f"token-{number}", org.name, user.name, str(secret))


def _add_service_account(world: World, org: Org, tree: dict[str, Any]) -> None:
    client_id = world.make_id("service-account", f"{org.name}/{tree['name']}")
    account = ServiceAccount(client_id, tree["name"], org.name, role_of(world, org, tree))
    if "token" in tree:
        account.status, account.secret = "ACTIVE", str(tree["token"])
    world.tokens.service_accounts[client_id] = account


def _add_provider(world: World) -> None:
    """Add the provider's org after all tenants, so that the first org is a tenant."""
    provider = Org(world.make_id("org", PROVIDER_ORG), PROVIDER_ORG, "Provider")
    world.orgs[provider.name] = provider
    name = PROVIDER_USER
    world.users.append(
        User(name, PASSWORD, provider.name, world.make_id("user", f"{PROVIDER_ORG}/{name}"), SYSTEM_ADMINISTRATOR)
    )


def _counted(config: SimulatorConfig) -> dict[str, Any]:
    vdc = f"{ORG}-vdc1"
    contents = {
        "name": vdc,
        "edges": [{"name": f"{vdc}-edge{n}"} for n in range(1, config.edges + 1)],
        "vms": [_counted_vm(vdc, n, config) for n in range(1, config.vms + 1)],
        "templates": [{"name": f"template-{n}"} for n in range(1, config.templates + 1)],
        "replications": [{"name": f"replicated-{n:04}"} for n in range(1, config.replications + 1)],
        **counted_replications(config),
    }
    vdcs = [contents, *_counted_nsxt(config), *counted_source(config)]
    user = {"name": USER, "password": PASSWORD, "api_tokens": [API_TOKEN], "role": config.user_role}
    return {"orgs": [{"name": ORG, "users": [user], "vdcs": vdcs}]}


def _counted_nsxt(config: SimulatorConfig) -> list[dict[str, Any]]:
    """Return a list with the description of one VDC for all NSX-T edge gateways.

    The VDC is separate because a VDC has either NSX-V or NSX-T networks. The list is empty if the options ask for no
    NSX-T edge gateways, or for a vCloud Air profile, which has no NSX-T.
    """
    if not config.nsxt_edges or config.profile not in ("vcd", "all"):
        return []
    edges = [{"name": f"nsxt-edge{n}", "backend": NSXT} for n in range(1, config.nsxt_edges + 1)]
    return [{"name": f"{ORG}-vdc2", "edges": edges}]


def _counted_vm(vdc: str, number: int, config: SimulatorConfig) -> dict[str, Any]:
    address = f"192.168.{10 + number // 250 % 200}.{1 + number % 250}"
    vapp = f"{vdc}-vapp{1 + (number - 1) // config.vms_per_vapp}"
    return {"name": f"vm-{number:04}", "vapp": vapp, "ip_address": address}


_VM_FIELDS = (
    "status",
    "guest_os",
    "cpus",
    "memory_mb",
    "network",
    "ip_address",
    "more_nics",
    "storage_profile",
    "is_busy",
    "metadata",
    "created",
    "is_deleted",
    "description",
)


RECOVERY_FLAGS = (
    "is_recovery_enabled",
    "is_planned_migration_enabled",
    "is_failover_enabled",
    "is_test_failover_enabled",
)


def _add_vdc(world: World, org: Org, tree: dict[str, Any], config: SimulatorConfig) -> Vdc:
    """Add a VDC with its edges and networks."""
    limits = (
        tree.get("cpu_limit_mhz", config.vdc_cpu_limit_mhz),
        tree.get("memory_limit_mb", config.vdc_memory_limit_mb),
    )
    enabled: dict[str, Any] = {flag: bool(tree[flag]) for flag in RECOVERY_FLAGS if flag in tree}
    vdc_id = world.new_id("vdc", f"{org.name}/{tree['name']}", world.vdcs)
    vdc = Vdc(vdc_id, tree["name"], org.name, *limits, **enabled, description=tree.get("description", ""))
    vdc.network_provider = tree.get("network_provider", "")
    world.vdcs[vdc_id] = vdc
    edges = [add_edge(world, vdc, edge, config) for edge in tree.get("edges", ())]
    for network in tree.get("networks") or default_networks(edges):
        add_network(world, vdc, network)
    return vdc


def _fill_vdc(world: World, vdc: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> None:
    """Add the vApps, VMs and other contents of a VDC.

    The networks of the VDC and of its VDC groups must exist, because VMs can use both.
    """
    for vapp in tree.get("vapps", ()):
        _add_vapp(world, vdc, vapp)
    _add_vms(world, vdc, tree.get("vms", ()), next(iter(tree.get("storage_profiles", ())), STORAGE_PROFILE))
    _add_storage_profiles(world, vdc, tree)
    for template in tree.get("templates", ()):
        add_template(world, vdc, template)
    for media in tree.get("media", ()):
        add_media(world, vdc, media)
    for replication in tree.get("replications", ()):
        _add_replication(world, vdc, replication, config)


_SNAPSHOT = {"is_powered_on": False, "has_memory": False, "size_mb": DISK_OF_A_VM_MB}


def _add_vapp(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    vapp_id = world.make_id("vapp", f"{vdc.org}/{vdc.vdc_id}/{tree['name']}")
    fields = {name: tree[name] for name in ("created", "description", "metadata", "owner", "is_shared") if name in tree}
    users = [user.name for user in world.users if user.org == vdc.org]
    for name in (*tree.get("shared_with", ()), *([tree["owner"]] if "owner" in tree else ())):
        if name not in users:
            hint = f"Use one of {', '.join(users)}, or add the user to 'users' of the org."
            raise SpecError(f"vApp '{tree['name']}'", f"user '{name}' is unknown", hint=hint)
    vapp = VApp(vapp_id, tree["name"], vdc.vdc_id, **fields, shared_with=tuple(tree.get("shared_with", ())))
    world.vapps[vapp_id] = vapp


def _add_vms(world: World, vdc: Vdc, trees: Sequence[dict[str, Any]], default_profile: str) -> None:
    """Add the VMs that ``trees`` describe, and their vApps.

    If a VM names an unknown network, an isolated network with that name is added.
    """
    networks = {network.name for network in world.networks_for(vdc)}
    vapp_ids: dict[str, str] = {}
    for tree in trees:
        vapp_name = tree.get("vapp", f"{vdc.name}-vapp1")
        path = f"{vdc.org}/{vdc.vdc_id}/{vapp_name}"
        vapp_id = vapp_ids.get(vapp_name) or vapp_ids.setdefault(vapp_name, world.make_id("vapp", path))
        # Creation times of VMs differ by one second.
        moment = datetime(2015, 11, 8, 11, tzinfo=timezone.utc) + timedelta(seconds=len(world.vms))
        properties: dict[str, Any] = {"created": moment.isoformat(timespec="milliseconds")}
        properties |= {"storage_profile": default_profile, "more_nics": [], "metadata": {}}
        properties |= {name: tree[name] for name in _VM_FIELDS if name in tree}
        vm_id = world.new_id("vm", f"{path}/{tree['name']}", world.vms)
        if "snapshot" in tree:
            properties["snapshot"] = Snapshot(**{**_SNAPSHOT, "created": properties["created"], **tree["snapshot"]})
        vm = Vm.create(vm_id=vm_id, name=tree["name"], vapp_id=vapp_id, vdc_id=vdc.vdc_id, **properties)
        if vapp_id not in world.vapps:
            world.vapps[vapp_id] = VApp(vapp_id, vapp_name, vdc.vdc_id, vm.created)
        world.vms[vm_id] = vm
        for name in {vm.network, *(nic.get("network", "") for nic in vm.more_nics)} - networks:
            world.ensure_network(vdc.vdc_id, name)
            networks.add(name)


def _add_storage_profiles(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    """Add the storage profiles that the inventory names for a VDC or its VMs.

    The first profile is the default.
    """
    names = [*tree.get("storage_profiles", (STORAGE_PROFILE,))]
    names += [vm["storage_profile"] for vm in tree.get("vms", ()) if "storage_profile" in vm]
    for name in dict.fromkeys(names):
        identifier = world.make_id("storage-profile", f"{vdc.vdc_id}/{name}")
        world.storage_profiles[identifier] = StorageProfile(identifier, name, vdc.vdc_id, is_default=name == names[0])


_REPLICATION_FIELDS = ("trouble", "paused", "lag_minutes", "is_seeded")


def _add_replication(world: World, vdc: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> None:
    """Add the replication that ``tree`` describes.

    By default, the ID has the same length and structure as real IDs. The middle of real IDs is a string of unknown
    meaning. Source: protocol/dr.md §2.
    """
    name, rpo = tree["name"], int(tree.get("rpo", 240))
    unique = f"{vdc.org}/{vdc.vdc_id}/{name}{tree.get('id', '')}"  # Several VMs can have the same name.
    identifier = world.make_id("replication", unique)
    if config.id_form != "bare-uuid":
        identifier = f"{world.make_id('source', unique)}-vm01a-{identifier}"
    properties = {field: tree[field] for field in _REPLICATION_FIELDS if field in tree}
    placeholder = world.make_id("placeholder", unique)
    new_replication = SimulatedReplication(identifier, name, vdc.vdc_id, placeholder, rpo, **properties)
    world.replications[identifier] = new_replication
    if config.placeholders == "visible":
        world.add_recovered(world.recovered_vm(new_replication, "POWERED_OFF", config.recovery_network))
