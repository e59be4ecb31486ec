# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Hosts before they are in the inventory, and the names that they may have. Private to this collection.

Whoever may name a VM must not get at groups by it: where a host and a group share a name, Ansible takes the group. So
the groups of all hosts are worked out first, and hosts are named last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible import constants

Record = Mapping[str, Any]
"""What becomes a host: ``name``, ``id`` and whatever else the plugin knows."""

ROUNDS = 4
"""So many times hosts are renamed. An expression that makes a group of each host's own name would never end."""


class HostName(str):
    """The name of a host, which no group of the same name is mistaken for."""


class HostDraft:
    """One host: what Ansible's helpers for groups and variables take for an inventory."""

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
        """Return the names of all groups that it needs, parents included."""
        return [*self.groups, *(name for link in self.links for name in link)]

    # -- the part of an inventory that Ansible's helpers use ---------------------------------------------------------

    def get_host(self, name: str) -> HostDraft:
        """Return the host, which is this one."""
        return self

    def get_vars(self) -> dict[str, Any]:
        """Return the variables as an expression sees them."""
        names = sorted({*self.groups, *self._known_groups} - {"all"})
        magic = {
            "inventory_hostname": str(self.name),
            "inventory_hostname_short": self.name.split(".")[0],
            "group_names": names,
        }
        return {"inventory_file": self._source, **self._vars, **self.variables, **magic}

    def set_variable(self, entity: str, name: str, value: Any) -> None:
        """Set a variable."""
        self.variables[name] = value

    def add_group(self, name: str) -> str:
        """Accept a group; it is made once a host is in it."""
        return name

    def add_host(self, host: str, group: str | None = None, port: int | None = None) -> str:
        """Put the host into a group."""
        if group:
            self.groups[group] = None
        return host

    def add_child(self, group: str, child: str) -> bool:
        """Put the host, or a group, into a group."""
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
    """Draft every host under a name of its own that is no group's.

    ``names``: the name that each record would have. ``draft(position, name)`` makes a draft. ``reserved``: names that
    are groups already, or otherwise taken. ``is_qualified``: of records that share a name, not even the oldest keeps
    it. Returns the drafts, and (name, name in its place) of those that could not have theirs because of a group.
    """
    reserved = set(reserved)
    chosen = _told_apart(records, names, reserved, qualifiers, is_qualified)
    drafts = [draft(position, name) for position, name in enumerate(chosen)]
    for _unused in range(ROUNDS):
        reserved.update(group for one in drafts for group in one.group_names())
        taken = {str(one.name) for one in drafts}
        clashes = [position for position, one in enumerate(drafts) if one.name in reserved]
        if not clashes:
            break
        for position in clashes:
            name = _free(names[position], records[position], qualifiers, taken | reserved)
            taken.add(name)
            drafts[position] = draft(position, name)
    moved = [
        (wanted, str(one.name)) for wanted, one in zip(names, drafts, strict=True)
        if wanted != one.name and wanted in reserved
    ]  # fmt: skip
    return drafts, moved


def _told_apart(
    records: Sequence[Record], names: Sequence[str], reserved: set[str], qualifiers: Sequence[str], is_qualified: bool
) -> list[str]:
    """Return a name for each record. The oldest of those that share one keeps it, if it is known which that is."""
    sharing: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        sharing.setdefault(name, []).append(position)
    chosen, displaced = {}, []
    for name, positions in sharing.items():
        positions.sort(key=lambda position: _age(records[position]))
        # Without a date, a newer record might take over the name of an older one, and the plays that are made for it.
        is_kept = len(positions) == 1 or (not is_qualified and records[positions[0]].get("created"))
        if is_kept and name not in reserved:
            chosen[positions.pop(0)] = name
        displaced.append((name, positions, bool(is_kept)))
    taken = {*chosen.values(), *reserved}
    for name, positions, is_ordered in displaced:
        crowd = [] if is_ordered else [records[position] for position in positions]
        for position in positions:
            chosen[position] = _free(name, records[position], qualifiers, taken, crowd)
            taken.add(chosen[position])
    return [chosen[position] for position in range(len(names))]


def _age(record: Record) -> tuple[bool, str, str]:
    return (not record.get("created"), record.get("created") or "", record["id"])


def _free(name: str, record: Record, qualifiers: Sequence[str], taken: set[str], crowd: Sequence[Record] = ()) -> str:
    """Return the name with as many qualifiers as it takes. ``crowd``: records that may not be told apart by order."""
    for key in qualifiers:
        if not record[key]:
            continue
        is_shared = sum(1 for other in crowd if other[key] == record[key]) > 1
        name = f"{name}_{record[key]}"
        if name not in taken and not is_shared:
            return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def taken_names(inventory: Any, records: Sequence[Record], names: Sequence[str], prefix: str) -> set[str]:
    """Return the names that no host of ours may have: of groups, of localhost, and of another cloud's hosts.

    A host of another source is added to, as Ansible does, unless it is another VM, or has another address.
    """
    ours = {(name, *_identity(record.get)) for name, record in zip(names, records, strict=True)}
    addresses: dict[str, set[Any]] = {}
    for name, record in zip(names, records, strict=True):
        addresses.setdefault(name, set()).update([record.get("ip_address"), *(record.get("ip_addresses") or ())])
    taken = {"all", "ungrouped", *constants.LOCALHOST, *inventory.groups}
    for name, host in inventory.hosts.items():
        known = _identity({key: host.vars.get(prefix + key) for key in ("id", "org")}.get)
        address = host.vars.get("ansible_host")
        is_other = (name, *known) not in ours if known[0] else address and str(address) not in addresses.get(name, ())
        if is_other:
            taken.add(name)
    return taken


def _identity(get: Callable[[str], Any]) -> tuple[str, str]:
    return str(get("id") or ""), str(get("org") or "")


def put(drafts: Sequence[HostDraft], inventory: Any, warn: Callable[[str], None]) -> None:
    """Put the drafts into the inventory. A group that cannot be another's child is told of, and stays where it is."""
    for group in dict.fromkeys(name for one in drafts for name in one.group_names()):
        if group in inventory.hosts:
            warn(f"group {group} has the name of a host of another inventory source; the name means the group.")
            _keep_ungrouped(inventory, inventory.hosts[group])
        inventory.add_group(group)
    for one in drafts:
        name = inventory.add_host(str(one.name))
        host = inventory.hosts[name]
        for key, value in one.variables.items():
            host.set_variable(key, value)
        for group in one.groups:
            if name in inventory.groups:
                inventory.groups[group].add_host(host)
            else:
                inventory.add_child(group, name)
    for parent, child in dict.fromkeys(link for one in drafts for link in one.links):
        try:
            inventory.add_child(parent, child)
        except Exception as exc:  # noqa: BLE001 - Ansible raises just that for a group in itself
            warn(f"group {parent} cannot be the parent of {child}: {exc}")


def _keep_ungrouped(inventory: Any, host: Any) -> None:
    """Settle where a host belongs that Ansible would put into a group by name, and so put the group there."""
    if {group.name for group in host.get_groups()} <= {"all"}:
        inventory.groups["ungrouped"].add_host(host)
