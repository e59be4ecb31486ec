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
from vcloudair_core.simulator.state.api_tokens import ApiToken, ServiceAccount
from vcloudair_core.simulator.state.entities import (
    DEFAULT_NETWORK,
    PROVIDER_ORG,
    STORAGE_PROFILE,
    Catalog,
    ExternalNetwork,
    Org,
    OrgVdcNetwork,
    SimulatedEdge,
    SimulatedReplication,
    StorageProfile,
    Template,
    User,
    VApp,
    Vdc,
    Vm,
)
from vcloudair_core.simulator.state.world import World


def build_world(config: SimulatorConfig) -> World:
    """Return a world with the objects that the options or the inventory file describe.

    Raises ConfigurationError if the inventory file cannot be read, and SpecError if its contents are invalid.
    """
    world = World(config.seed)
    tree = read_inventory(config.inventory_file) if config.inventory_file else _counted(config)
    external = ExternalNetwork(world.make_id("external-network", "external-net"))
    world.external_networks[external.network_id] = external
    _fill(world, tree, config)
    _add_provider(world)
    return world


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
            _catalog(world, new_org.name, catalog)
        for vdc in org.get("vdcs", ()):
            _add_vdc(world, new_org, vdc, config)


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
    }
    user = {"name": USER, "password": PASSWORD, "api_tokens": [API_TOKEN], "role": config.user_role}
    return {"orgs": [{"name": ORG, "users": [user], "vdcs": [contents]}]}


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
)


def _add_template(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    name, path = tree["name"], f"{vdc.org}/{vdc.vdc_id}/{tree['name']}"
    catalog = _catalog(world, vdc.org, tree.get("catalog", "templates"))
    identifier = world.new_id("template", path, world.templates)
    item_id = world.make_id("item", identifier)
    world.templates[identifier] = Template(identifier, name, catalog.catalog_id, vdc.vdc_id, item_id)
    vm_id = world.make_id("template-vm", identifier)
    vm = Vm(vm_id, f"{name}-vm", identifier, vdc.vdc_id, "POWERED_OFF", is_template=True)
    vm.network = ""
    world.template_vms[vm_id] = vm


def _catalog(world: World, org: str, name: str) -> Catalog:
    """Return the catalog ``name`` of an org. Create the catalog if it does not exist."""
    identifier = world.make_id("catalog", f"{org}/{name}")
    if identifier not in world.catalogs:
        world.catalogs[identifier] = Catalog(identifier, name, org)
    return world.catalogs[identifier]


RECOVERY_FLAGS = (
    "is_recovery_enabled",
    "is_planned_migration_enabled",
    "is_failover_enabled",
    "is_test_failover_enabled",
)


def _add_vdc(world: World, org: Org, tree: dict[str, Any], config: SimulatorConfig) -> None:
    limits = (
        tree.get("cpu_limit_mhz", config.vdc_cpu_limit_mhz),
        tree.get("memory_limit_mb", config.vdc_memory_limit_mb),
    )
    enabled: dict[str, Any] = {flag: bool(tree[flag]) for flag in RECOVERY_FLAGS if flag in tree}
    vdc_id = world.new_id("vdc", f"{org.name}/{tree['name']}", world.vdcs)
    vdc = Vdc(vdc_id, tree["name"], org.name, *limits, **enabled)
    world.vdcs[vdc_id] = vdc
    edges = [_add_edge(world, vdc, edge, config) for edge in tree.get("edges", ())]
    for network in tree.get("networks") or _default_networks(edges):
        _add_network(world, vdc, network)
    for vapp in tree.get("vapps", ()):
        _add_vapp(world, vdc, vapp)
    _add_vms(world, vdc, tree.get("vms", ()), next(iter(tree.get("storage_profiles", ())), STORAGE_PROFILE))
    _add_storage_profiles(world, vdc, tree)
    for template in tree.get("templates", ()):
        _add_template(world, vdc, template)
    for replication in tree.get("replications", ()):
        _add_replication(world, vdc, replication, config)


def _default_networks(edges: Sequence[SimulatedEdge]) -> list[dict[str, Any]]:
    """Return the default networks of a VDC.

    Each edge gateway routes two networks. A VDC without edge gateways has one isolated network. The defaults apply if
    the inventory lists no networks for the VDC.
    """
    networks: list[dict[str, Any]] = [] if edges else [{"name": DEFAULT_NETWORK}]
    for number, edge in enumerate(edges):
        names = (DEFAULT_NETWORK, "dmz") if number == 0 else (f"{edge.name}-net1", f"{edge.name}-net2")
        subnets = zip(names, ("192.168.10.1", "192.168.20.1"), strict=True)
        networks += [{"name": name, "gateway": gateway, "edge": edge.name} for name, gateway in subnets]
    return networks


def _add_network(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    identifier = world.new_id("network", f"{vdc.org}/{vdc.vdc_id}/{tree['name']}", world.networks)
    edge_name = tree.get("edge", "")
    edge = next((edge for edge in world.in_vdc(vdc.vdc_id, world.edges) if edge.name == edge_name), None)
    if edge_name and edge is None:
        reason = f"edge gateway '{edge_name}' is not in VDC '{vdc.name}'"
        raise SpecError(f"network '{tree['name']}'", reason, hint=f"Use an edge gateway of VDC '{vdc.name}'.")
    network = OrgVdcNetwork(identifier, tree["name"], vdc.vdc_id, edge.edge_id if edge else "")
    for field in ("gateway", "prefix_length", "dns1", "dns2", "is_shared", "description"):
        if field in tree:
            setattr(network, field, tree[field])
    world.networks[identifier] = network


def _add_vapp(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    vapp_id = world.make_id("vapp", f"{vdc.org}/{vdc.vdc_id}/{tree['name']}")
    fields = {name: tree[name] for name in ("created", "description", "metadata") if name in tree}
    world.vapps[vapp_id] = VApp(vapp_id, tree["name"], vdc.vdc_id, **fields)


def _add_vms(world: World, vdc: Vdc, trees: Sequence[dict[str, Any]], default_profile: str) -> None:
    """Add the VMs that ``trees`` describe, and their vApps.

    If a VM names an unknown network, an isolated network with that name is added.
    """
    networks = {network.name for network in world.in_vdc(vdc.vdc_id, world.networks)}
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

    By default, the ID has the same length and structure as real IDs. The middle of real IDs is a text of unknown
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


def _add_edge(world: World, vdc: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> SimulatedEdge:
    from vcloudair_core.simulator.edge.firewall_section import append, factory
    from vcloudair_core.simulator.replay.recorded_sections import fill_sections

    number = 1 + len(world.edges)
    address, is_advanced = f"203.0.113.{number}", tree.get("advanced", True)
    edge_id = world.new_id("edge", f"{vdc.org}/{vdc.vdc_id}/{tree['name']}", world.edges)
    edge = SimulatedEdge(edge_id, tree["name"], vdc.vdc_id, number, address, is_advanced)
    established = config.established_timeout_s or (3600 if config.profile in ("vca", "vchs") else 21600)
    edge.firewall = factory(edge, established)
    if tree.get("firewall"):
        append(edge, tree["firewall"], None)
    fill_sections(edge, tree.get("sections", {}), config, established)
    world.edges[edge.edge_id] = edge
    return edge
