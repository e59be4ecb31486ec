"""Rights of the predefined roles.

Source: protocol/vm-writes.md §5. Rights have the names that error messages show. Most of the names are inferred.
"""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core.simulator.state.entities import ORG_ADMINISTRATOR, PROVIDER_ORG, Role
from vcloudair_core.simulator.state.world import World

SYSTEM_ADMINISTRATOR = "System Administrator"
POWER, SNAPSHOT, EDIT_VAPP, VIEW_METRICS = (
    "VAPP_POWER_OPS", "VAPP_SNAPSHOT_OPS", "VAPP_EDIT_PROPERTIES", "VAPP_VIEW_VM_METRICS",
)  # fmt: skip
EDIT_TEMPLATE, EDIT_CATALOG = "VAPP_TEMPLATE_EDIT", "CATALOG_EDIT_PROPERTIES"
EDIT_ORG, EDIT_VDC = "ORG_EDIT", "ORG_VDC_EDIT"
VIEW_NETWORK, EDIT_NETWORK = "ORG_VDC_NETWORK_VIEW", "ORG_VDC_NETWORK_EDIT"
VIEW_GATEWAY = "ORG_VDC_GATEWAY_VIEW"
VIEW_ADMIN = "GENERAL_ADMINISTRATOR_VIEW"
VIEW_REPLICATION, MANAGE_REPLICATION = "VR_VIEW", "VR_MANAGE"
VIEW_GROUP_FIREWALL, CONFIGURE_GROUP_FIREWALL = (
    "ORG_VDC_DISTRIBUTED_FIREWALL_VIEW_RULES", "ORG_VDC_DISTRIBUTED_FIREWALL_CONFIGURE_RULES",
)  # fmt: skip
MANAGE_CERTIFICATE = "CERTIFICATE_LIBRARY_MANAGE"
MANAGE_TOKEN, MANAGE_ACCOUNT = "TOKEN_MANAGE", "SERVICE_ACCOUNT_MANAGE"
_CATEGORIES = {"VAPP": "vApp", "CATALOG": "Catalog", "ORG": "Organization", "TOKEN": "Token", "VR": "Replication"}
SECTIONS = ("FIREWALL", "NAT", "IPSEC_VPN", "DHCP", "DNS", "ROUTING", "LOAD_BALANCER", "L2_VPN", "SSL_VPN", "SERVICES")
"""Services of an edge gateway.

Each service has a right to view it and a right to configure it.
"""


def view_section(section: str) -> str:
    """Return the right to view a service of an edge gateway."""
    return f"{VIEW_GATEWAY}_{section}"


def configure_section(section: str) -> str:
    """Return the right to configure a service of an edge gateway."""
    return f"ORG_VDC_GATEWAY_CONFIGURE_{section}"


_GATEWAY_VIEWS = frozenset({VIEW_GATEWAY, VIEW_NETWORK, VIEW_GROUP_FIREWALL, *map(view_section, SECTIONS)})
_AUDIT = _GATEWAY_VIEWS | {VIEW_ADMIN, VIEW_METRICS, VIEW_REPLICATION}
_GATEWAY_CHANGES = frozenset({CONFIGURE_GROUP_FIREWALL, *map(configure_section, SECTIONS)})
_NETWORK = _GATEWAY_VIEWS | _GATEWAY_CHANGES | {EDIT_NETWORK, VIEW_METRICS, MANAGE_TOKEN, MANAGE_CERTIFICATE}
_USE = frozenset({POWER, SNAPSHOT, EDIT_VAPP, VIEW_METRICS, MANAGE_TOKEN})
ALL_RIGHTS = (
    _AUDIT | _NETWORK | _USE | {EDIT_TEMPLATE, EDIT_CATALOG, EDIT_ORG, EDIT_VDC, MANAGE_REPLICATION, MANAGE_ACCOUNT}
)
ROLES: dict[str, frozenset[str]] = {
    ORG_ADMINISTRATOR: ALL_RIGHTS,
    "Network Administrator": _NETWORK,
    "Auditor": _AUDIT,
    "vApp Author": _USE | {EDIT_TEMPLATE},
    "vApp User": _USE,
    "Console Access Only": frozenset(),
}
"""Rights of the predefined roles, which all orgs have.

Network Administrator is a role of vCloud Air. Auditor is a custom role.
"""


@dataclass(frozen=True)
class RightEntity:
    """A right as an object with an ID.

    ``category`` is a group of rights, such as ``vApp`` for rights to VMs and vApps (inferred).
    """

    right_id: str
    name: str
    category: str


def right_entity(world: World, name: str) -> RightEntity:
    """Return the right with this name as an object with an ID."""
    return RightEntity(world.make_id("right", name), name, _CATEGORIES.get(name.partition("_")[0], "General"))


def rights_of_role(role: Role) -> frozenset[str]:
    """Return the rights of a role."""
    return role.rights if role.org else ROLES.get(role.name, frozenset())


def rights_of(world: World, user: str, org: str) -> frozenset[str]:
    """Return the rights of a user.

    A user of the provider has all rights. A user with an unknown role has no rights.
    """
    if org == PROVIDER_ORG:
        return ALL_RIGHTS
    role = world.role_named(world.user_named(user, org).role, org)
    return frozenset() if role is None else rights_of_role(role)
