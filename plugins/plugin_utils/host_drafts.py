# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Drafts and names of hosts for the inventory plugins. Private to the collection.

If a host and a group have the same name, Ansible uses the group. A user who can name VMs could therefore make tasks for
a host run on a whole group. To prevent this, the plugins compute the groups of all hosts first and name the hosts last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible import constants

Record = Mapping[str, Any]
"""Data of a host: ``name``, ``id`` and further keys of the plugin."""

MAX_ROUNDS = 4
"""Maximum number of rounds in which hosts are renamed.

Without a limit, an expression that creates a group from each host name would never end.
"""


class HostName(str):
    """A host name. The type distinguishes host names from group names."""


class HostDraft:
    """A host that is not in the inventory yet.

    A draft has the inventory methods that Ansible's helpers for groups and variables call.
    """

    def __init__(self, name: str, inventory: Any) -> None:
        self.name = HostName(name)
        self.variables: dict[str, Any] = {}
        self.groups: dict[str, None] = {}
        self.links: dict[tuple[str, str], None] = {}
        known = inventory.hosts.get(name)
        self._vars = dict(known.vars) if known is not None else {}
        self._known_groups = [group.name for group in known.get_groups()] if known is not None else []
        self._source = getattr(inventory, "current_source", None)

    def group_names(self) -> list[str]:
        """Return the names of all groups of the host, including parent groups."""
        return [*self.groups, *(name for link in self.links for name in link)]

    # -- methods of an inventory -------------------------------------------------------------------------------------

    def get_host(self, name: str) -> HostDraft:
        """Return this draft."""
        return self

    def get_vars(self) -> dict[str, Any]:
        """Return the variables of the host for expressions."""
        names = sorted({*self.groups, *self._known_groups} - {"all"})
        magic = {
            "inventory_hostname": str(self.name),
            "inventory_hostname_short": self.name.split(".")[0],
            "group_names": names,
        }
        return {"inventory_file": self._source, **self._vars, **self.variables, **magic}

    def set_variable(self, entity: str, name: str, value: Any) -> None:
        """Set a variable of the host."""
        self.variables[name] = value

    def add_group(self, name: str) -> str:
        """Return the name of a group. The group is created when a host is added to it."""
        return name

    def add_host(self, host: str, group: str | None = None, port: int | None = None) -> str:
        """Add the host to a group."""
        if group:
            self.groups[group] = None
        return host

    def add_child(self, group: str, child: str) -> bool:
        """Add the host, or a group, to a group."""
        if isinstance(child, HostName):
            self.add_host(child, group)
        elif group and child:
            self.links[group, child] = None
        return True


def name_hosts(
    records: Sequence[Record],
    names: Sequence[str],
    draft: Callable[[int, str], HostDraft],
    reserved: Iterable[str],
    *,
    qualifiers: Sequence[str],
    is_qualified: bool,
) -> tuple[list[HostDraft], list[tuple[str, str]]]:
    """Return a uniquely named draft for each record, and a list of renamed hosts.

    ``names`` has the preferred host name of each record. ``draft(position, name)`` creates a draft. ``reserved`` has
    names that hosts cannot have, such as group names.

    If several records have the same preferred name, the oldest record keeps it. If ``is_qualified`` is true, the oldest
    record also gets a qualified name. The list of renamed hosts has a pair (preferred name, new name) for each host
    whose preferred name is reserved.
    """
    reserved = set(reserved)
    chosen = _unique_names(records, names, reserved, qualifiers, is_qualified)
    drafts = [draft(position, name) for position, name in enumerate(chosen)]
    for _unused in range(MAX_ROUNDS):
        reserved.update(group for host in drafts for group in host.group_names())
        taken = {str(host.name) for host in drafts}
        clashes = [position for position, host in enumerate(drafts) if host.name in reserved]
        if not clashes:
            break
        for position in clashes:
            name = _qualified(names[position], records[position], qualifiers, taken | reserved)
            taken.add(name)
            drafts[position] = draft(position, name)
    renamed = [
        (preferred, str(host.name)) for preferred, host in zip(names, drafts, strict=True)
        if preferred != host.name and preferred in reserved
    ]  # fmt: skip
    return drafts, renamed


def _unique_names(
    records: Sequence[Record], names: Sequence[str], reserved: set[str], qualifiers: Sequence[str], is_qualified: bool
) -> list[str]:
    """Return a unique name for each record.

    If several records have the same name, the oldest record keeps the name, unless its age is unknown.
    """
    sharing: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        sharing.setdefault(name, []).append(position)
    chosen, displaced = {}, []
    for name, positions in sharing.items():
        positions.sort(key=lambda position: _age(records[position]))
        # Without a date, a newer record might get the name of an older one, and the plays that are written for it.
        is_kept = len(positions) == 1 or (not is_qualified and records[positions[0]].get("created"))
        if is_kept and name not in reserved:
            chosen[positions.pop(0)] = name
        displaced.append((name, positions, bool(is_kept)))
    taken = {*chosen.values(), *reserved}
    for name, positions, is_ordered in displaced:
        equals = [] if is_ordered else [records[position] for position in positions]
        for position in positions:
            chosen[position] = _qualified(name, records[position], qualifiers, taken, equals)
            taken.add(chosen[position])
    return [chosen[position] for position in range(len(names))]


def _age(record: Record) -> tuple[bool, str, str]:
    return (not record.get("created"), record.get("created") or "", record["id"])


def _qualified(
    name: str, record: Record, qualifiers: Sequence[str], taken: set[str], equals: Sequence[Record] = ()
) -> str:
    """Return the name with as many qualifiers as needed to make it unique.

    ``equals`` has the records with the same name, if none of them can keep the name. If several of these records have
    the same value for a qualifier, each of them also gets the next qualifier.
    """
    for key in qualifiers:
        if not record[key]:
            continue
        is_shared = sum(1 for other in equals if other[key] == record[key]) > 1
        name = f"{name}_{record[key]}"
        if name not in taken and not is_shared:
            return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def taken_names(inventory: Any, records: Sequence[Record], names: Sequence[str], prefix: str) -> set[str]:
    """Return the names that hosts of this plugin cannot have.

    The result has the names of all groups, the name of localhost, and names of hosts from other inventory sources. The
    name of such a host is included if the host is a different VM or has a different address, because Ansible would
    merge the variables of both hosts.
    """
    own = {(name, *_identity(record.get)) for name, record in zip(names, records, strict=True)}
    addresses: dict[str, set[Any]] = {}
    for name, record in zip(names, records, strict=True):
        addresses.setdefault(name, set()).update([record.get("ip_address"), *(record.get("ip_addresses") or ())])
    taken = {"all", "ungrouped", *constants.LOCALHOST, *inventory.groups}
    for name, host in inventory.hosts.items():
        known = _identity({key: host.vars.get(prefix + key) for key in ("id", "org")}.get)
        address = host.vars.get("ansible_host")
        is_other = (name, *known) not in own if known[0] else address and str(address) not in addresses.get(name, ())
        if is_other:
            taken.add(name)
    return taken


def _identity(get: Callable[[str], Any]) -> tuple[str, str]:
    return str(get("id") or ""), str(get("org") or "")


def put(drafts: Sequence[HostDraft], inventory: Any, warn: Callable[[str], None]) -> None:
    """Add the drafts to the inventory.

    If Ansible rejects a parent of a group, show a warning and add the group without this parent.
    """
    for group in dict.fromkeys(name for draft in drafts for name in draft.group_names()):
        if group in inventory.hosts:
            warn(f"group {group} and a host of another inventory source have the same name. Ansible uses the group.")
            _keep_ungrouped(inventory, inventory.hosts[group])
        inventory.add_group(group)
    for draft in drafts:
        name = inventory.add_host(str(draft.name))
        host = inventory.hosts[name]
        for key, value in draft.variables.items():
            host.set_variable(key, value)
        for group in draft.groups:
            if name in inventory.groups:
                inventory.groups[group].add_host(host)
            else:
                inventory.add_child(group, name)
    for parent, child in dict.fromkeys(link for draft in drafts for link in draft.links):
        try:
            inventory.add_child(parent, child)
        except Exception as exc:  # noqa: BLE001 - Ansible raises Exception for a group that contains itself
            warn(f"group {parent} cannot be the parent of {child}: {exc}")


def _keep_ungrouped(inventory: Any, host: Any) -> None:
    """Add a host without groups to the group ``ungrouped``.

    Otherwise, Ansible would later add the host by its name, which refers to the group with the same name.
    """
    if {group.name for group in host.get_groups()} <= {"all"}:
        inventory.groups["ungrouped"].add_host(host)
