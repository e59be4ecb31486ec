"""The initial objects of a simulated cloud, from counts or from an inventory file."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from vcloudair_core.simulator.config import API_TOKEN, ORG, PASSWORD, PROVIDER_USER, USER, SimulatorConfig
from vcloudair_core.simulator.inventory_file import read_inventory
from vcloudair_core.simulator.state.api_tokens import ApiToken, ServiceAccount
from vcloudair_core.simulator.state.world import (
    ORG_ADMINISTRATOR,
    PROVIDER_ORG,
    Org,
    SimulatedEdge,
    SimulatedReplication,
    Template,
    User,
    Vdc,
    Vm,
    World,
)


def build_world(config: SimulatorConfig) -> World:
    """Return the objects that the counts or the inventory file describe.

    Raises ConfigurationError if the file cannot be read, and SpecError if its contents are invalid.
    """
    world = World(config.seed)
    tree = read_inventory(config.inventory_file) if config.inventory_file else _counted(config)
    _fill(world, tree, config)
    _add_provider(world)
    return world


def _fill(world: World, tree: dict[str, Any], config: SimulatorConfig) -> None:
    for org in tree["orgs"]:
        new_org = Org(world.make_id("org", org["name"]), org["name"], org.get("full_name", org["name"]))
        world.orgs[new_org.name] = new_org
        for user in org.get("users", ()):
            _add_user(world, new_org, user)
        for account in org.get("service_accounts", ()):
            _add_service_account(world, new_org, account)
        for vdc in org.get("vdcs", ()):
            _add_vdc(world, new_org, vdc, config)


def _add_user(world: World, org: Org, tree: dict[str, Any]) -> None:
    """Add a user with the API tokens of the inventory; ``user@org`` makes the ID."""
    user = User(tree["name"], str(tree["password"]), org.name, world.make_id("user", tree["name"]))
    world.users.append(user)
    for number, secret in enumerate(tree.get("api_tokens", ()), 1):
        client_id = world.make_id("api-token", f"{org.name}/{user.name}/{number}")
        world.tokens.api_tokens[client_id] = ApiToken(client_id, f"token-{number}", org.name, user.name, str(secret))


def _add_service_account(world: World, org: Org, tree: dict[str, Any]) -> None:
    client_id = world.make_id("service-account", f"{org.name}/{tree['name']}")
    account = ServiceAccount(client_id, tree["name"], org.name, tree.get("role", ORG_ADMINISTRATOR))
    if "token" in tree:
        account.status, account.secret = "ACTIVE", str(tree["token"])
    world.tokens.service_accounts[client_id] = account


def _add_provider(world: World) -> None:
    """Add the provider's org last, so that the first org is a tenant."""
    provider = Org(world.make_id("org", PROVIDER_ORG), PROVIDER_ORG, "Provider")
    world.orgs[provider.name] = provider
    name = PROVIDER_USER
    world.users.append(User(name, PASSWORD, provider.name, world.make_id("user", name), "System Administrator"))


def _counted(config: SimulatorConfig) -> dict[str, Any]:
    vdc = f"{ORG}-vdc1"
    contents = {
        "name": vdc,
        "edges": [{"name": f"{vdc}-edge{n}"} for n in range(1, config.edges + 1)],
        "vms": [_counted_vm(vdc, n, config) for n in range(1, config.vms + 1)],
        "templates": [{"name": f"template-{n}"} for n in range(1, config.templates + 1)],
        "replications": [{"name": f"replicated-{n:04}"} for n in range(1, config.replications + 1)],
    }
    user = {"name": USER, "password": PASSWORD, "api_tokens": [API_TOKEN]}
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
    identifier, catalog = world.make_id("template", tree["name"]), tree.get("catalog", "templates")
    world.templates[identifier] = Template(identifier, tree["name"], catalog, vdc.vdc_id)
    vm_id = world.make_id("template-vm", tree["name"])
    vm = Vm(vm_id, f"{tree['name']}-vm", identifier, tree["name"], vdc.vdc_id, "POWERED_OFF", True)
    vm.catalog, vm.network = catalog, ""
    world.template_vms[vm_id] = vm


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
    enabled = {flag: bool(tree[flag]) for flag in RECOVERY_FLAGS if flag in tree}
    vdc = Vdc(world.make_id("vdc", tree["name"]), tree["name"], org.name, *limits, **enabled)
    world.vdcs[vdc.vdc_id] = vdc
    for edge in tree.get("edges", ()):
        _add_edge(world, vdc, edge, config)
    for vm in tree.get("vms", ()):
        vapp = vm.get("vapp", f"{vdc.name}-vapp1")
        ids = world.make_id("vm", vm["name"]), world.make_id("vapp", vapp)
        if ids[0] in world.vms:  # VM names are not unique.
            ids = world.make_id("vm", f"{vdc.name}/{vapp}/{vm['name']}"), ids[1]
        # Each VM is created one second after the previous one.
        created = datetime(2015, 11, 8, 11, tzinfo=timezone.utc) + timedelta(seconds=len(world.vms))
        properties: dict[str, Any] = {"created": created.isoformat(timespec="milliseconds")}
        properties |= {name: vm[name] for name in _VM_FIELDS if name in vm}
        world.vms[ids[0]] = Vm(ids[0], vm["name"], ids[1], vapp, vdc.vdc_id, **properties)
    for template in tree.get("templates", ()):
        _add_template(world, vdc, template)
    for replication in tree.get("replications", ()):
        _add_replication(world, vdc, replication, config)


_REPLICATION_FIELDS = ("trouble", "paused", "lag_minutes", "is_seeded")


def _add_replication(world: World, vdc: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> None:
    """Add a replication.

    Its ID is as long as real IDs, but no source explains the text in its middle. Source: protocol/dr.md §2.
    """
    name, rpo = tree["name"], int(tree.get("rpo", 240))
    unique = name + str(tree.get("id", ""))  # VM names are not unique.
    identifier = world.make_id("replication", unique)
    if config.id_form != "bare-uuid":
        identifier = f"{world.make_id('source', name)}-vm01a-{identifier}"
    properties = {field: tree[field] for field in _REPLICATION_FIELDS if field in tree}
    placeholder = world.make_id("placeholder", unique)
    new_replication = SimulatedReplication(identifier, name, vdc.vdc_id, placeholder, rpo, **properties)
    world.replications[identifier] = new_replication
    if config.placeholders == "visible":
        vm = world.recovered_vm(new_replication, "POWERED_OFF", config.recovery_network)
        world.vms[vm.vm_id] = vm


def _add_edge(world: World, vdc: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> None:
    from vcloudair_core.simulator.edge.firewall_section import append, factory

    number = 1 + len(world.edges)
    address, is_advanced = f"203.0.113.{number}", tree.get("advanced", True)
    edge = SimulatedEdge(world.make_id("edge", tree["name"]), tree["name"], vdc.vdc_id, number, address, is_advanced)
    established = config.established_timeout_s or (3600 if config.profile in ("vca", "vchs") else 21600)
    edge.firewall = factory(edge, established)
    if tree.get("firewall"):
        append(edge, tree["firewall"], None)
    world.edges[edge.edge_id] = edge
