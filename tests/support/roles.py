"""A simulated cloud with one user for each role."""

from __future__ import annotations

from pathlib import Path

import yaml

from vcloudair_core.simulator import SimulatorConfig

PASSWORD = "sesame-1"
USERS = {
    "admin": "Organization Administrator",
    "network": "Network Administrator",
    "auditor": "Auditor",
    "user": "vApp User",
    "console": "Console Access Only",
    "nat": "NAT only",
}
"""Role of each user, by user name."""
CUSTOM = {"name": "NAT only", "rights": ["ORG_VDC_GATEWAY_VIEW", "ORG_VDC_GATEWAY_VIEW_NAT"]}


def roles_config(folder: Path, profile: str = "vcd") -> SimulatorConfig:
    """Return options with an inventory of one org ``acme`` and the users."""
    users = [{"name": name, "password": PASSWORD, "role": role} for name, role in USERS.items()]
    shared = {"name": "gold-vapp1", "is_shared": True}
    vdc = {"name": "gold", "edges": [{"name": "web"}], "vapps": [shared], "vms": [{"name": "vm1"}]}
    vdc["replications"] = [{"name": "db1"}]
    file = folder / "roles.yml"
    org = {"name": "acme", "roles": [CUSTOM], "users": users, "vdcs": [vdc]}
    file.write_text(yaml.safe_dump({"orgs": [org]}), encoding="utf-8")
    return SimulatorConfig(profile=profile, inventory_file=str(file))
