"""Roles that an inventory file adds to an org or assigns to a user."""

from __future__ import annotations

from typing import Any

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.access.rights import ALL_RIGHTS
from vcloudair_core.simulator.state.entities import ORG_ADMINISTRATOR, Org, Role
from vcloudair_core.simulator.state.world import World


def add_role(world: World, org: Org, tree: dict[str, Any]) -> None:
    """Add the role that ``tree`` describes to an org.

    Raises SpecError if the role has an unknown right.
    """
    unknown = sorted(set(tree["rights"]) - ALL_RIGHTS)
    if unknown:
        hint = f"Use only these rights: {', '.join(sorted(ALL_RIGHTS))}."
        raise SpecError(f"role '{tree['name']}'", f"right '{unknown[0]}' is unknown", hint=hint)
    role_id = world.new_id("role", f"{org.name}/{tree['name']}", world.roles)
    rights = frozenset(tree["rights"])
    world.roles[role_id] = Role(role_id, tree["name"], tree.get("description", ""), org.name, rights)


def role_of(world: World, org: Org, tree: dict[str, Any]) -> str:
    """Return the name of the role of the user or service account in ``tree``.

    The default is Organization Administrator. Raises SpecError for an unknown role.
    """
    role, known = tree.get("role", ORG_ADMINISTRATOR), [role.name for role in world.roles_of(org.name)]
    if role not in known:
        hint = f"Use one of {', '.join(known)}, or add the role to 'roles' of the org."
        raise SpecError(f"user '{tree['name']}'", f"role '{role}' is unknown", hint=hint)
    return str(role)
