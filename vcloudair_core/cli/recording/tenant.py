"""Read a tenant with GET requests, for an inventory file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.recording.catalogs import read_catalogs, read_media, read_templates
from vcloudair_core.cli.recording.entities import parse_container, parse_entity
from vcloudair_core.cli.recording.groups import group_tree, network_providers, read_groups, vdc_ids
from vcloudair_core.cli.recording.nsxt_services import NsxtServiceReader
from vcloudair_core.cli.recording.reader import TenantReader, filled, uuid_at_end
from vcloudair_core.cli.recording.sections import read_sections
from vcloudair_core.errors import NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.edge.backend import NSXT

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.dr.model import Replication
    from vcloudair_core.services.query.record import Record

PASSWORD = "recorded-password"  # noqa: S105 - of a simulated user; no password can be read
"""Password of the user in the inventory file."""


class TenantRecorder:
    """Record the org of a client as a simulator inventory file.

    ``warn`` is called with a message about each object that cannot be read or recorded.
    """

    def __init__(self, client: Client, warn: Callable[[str], None]) -> None:
        self._client, self._warn = client, warn
        self._reader = TenantReader(client, warn)
        self._groups: list[dict[str, Any]] = []
        self._nsxt = NsxtServiceReader(client.session, warn)

    def read(self) -> dict[str, Any]:
        """Return the contents of an inventory file.

        Raises: ApiError, TransportError, DecodeError, and the errors of a sign-in.
        """
        identity = self._client.session.identity
        vdcs = self._reader.query("orgVdc")
        self._groups = read_groups(self._reader)
        for group in self._groups:
            if group.get("dfwEnabled"):
                self._warn(f"The distributed firewall of VDC group {group['name']!r} is left out.")
        vdc_trees = self._vdcs(vdcs)
        org: dict[str, Any] = {"name": identity.org_name}
        for record in self._reader.query("organization"):
            if record.name == identity.org_name and record.get("displayName", record.name) != record.name:
                org["full_name"] = record["displayName"]
        org["users"] = [{"name": identity.user.partition("@")[0], "password": PASSWORD}]
        names = {record.id: record.name for record in vdcs}
        edges = self._client.edges.list_edges()
        groups = [group_tree(group, names, edges) for group in self._groups]
        catalogs = read_catalogs(self._reader)
        return {"orgs": [org | filled(catalogs=catalogs, vdc_groups=groups, vdcs=vdc_trees)]}

    # -- VDCs ----------------------------------------------------------------------------------------------------

    def _vdcs(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        trees = {
            record.id: {
                "name": record.name,
                **filled(
                    description=str(record.get("description") or "").strip(),
                    cpu_limit_mhz=record.get("cpuLimitMhz"),
                    memory_limit_mb=record.get("memoryLimitMB"),
                ),
            }
            for record in records
        }
        self._add_edges(trees)
        self._add_networks(trees)
        self._add_profiles(trees)
        self._add_vms(trees)
        self._add(trees, "templates", read_templates(self._reader))
        self._add(trees, "media", read_media(self._reader))
        self._add_replications(trees)
        return sorted(trees.values(), key=_in_order)

    def _add(self, trees: Mapping[str, dict[str, Any]], key: str, items: Iterable[tuple[str, Any]]) -> None:
        """Add each item to the list ``key`` of its VDC.

        The items are sorted by their contents.
        """
        for vdc_id, item in sorted(items, key=lambda pair: _in_order(pair[1])):
            if vdc_id in trees:
                trees[vdc_id].setdefault(key, []).append(item)

    def _add_edges(self, trees: Mapping[str, dict[str, Any]]) -> None:
        edges = self._client.edges.list_edges()
        sections = self._reader.each(lambda edge: read_sections(self._client.session, edge, self._warn), edges)
        details = self._reader.each(lambda edge: self._details(edge.href), edges)
        in_file = sorted(edges, key=lambda edge: (trees.get(self._vdc_of(edge), {}).get("name", ""), edge.name))
        services = self._nsxt.read(edge for edge in in_file if edge.backend == NSXT)
        items = [
            (
                self._vdc_of(edge),
                {
                    "name": edge.name,
                    **({"advanced": False} if edge.is_advanced is False and edge.backend != NSXT else {}),
                    **filled(description=fields.get("description"), sections=contents),
                    **services.get(edge.edge_id, {}),
                },
            )
            for edge, contents, fields in zip(edges, sections, details, strict=True)
        ]
        self._add(trees, "edges", items)
        for group in self._groups:
            for vdc_id, provider in network_providers(group).items():
                if vdc_id in trees:
                    trees[vdc_id]["network_provider"] = provider

    def _details(self, href: str) -> dict[str, Any]:
        return self._reader.document(href, parse_entity) or {}

    def _vdc_of(self, edge: Edge) -> str:
        """Return the UUID of the VDC under which the inventory file lists an edge.

        An edge that a VDC group owns has no VDC. The file lists it under the first VDC of the group.
        """
        owners = {group["id"]: vdc_ids(group) for group in self._groups}
        return edge.vdc_id or next(iter(owners.get(edge.owner_id, ())), "")

    def _add_networks(self, trees: Mapping[str, dict[str, Any]]) -> None:
        """Add networks. Networks of a VDC group are listed under the VDC of their edge."""
        shared = {edge.name: self._vdc_of(edge) for edge in self._client.edges.list_edges() if not edge.vdc_id}
        is_nsxt = any(edge.backend == NSXT for edge in self._client.edges.list_edges())
        interfaces = self._nsxt.service_interfaces if is_nsxt else set()
        records = self._reader.query("orgVdcNetwork")
        details = self._reader.each(lambda record: self._details(record.href), records)
        items = []
        for record, fields in zip(records, details, strict=True):
            tree = _network(record) | filled(description=fields.get("description"))
            tree |= {"connection_type": "NON_DISTRIBUTED"} if record.name in interfaces else {}
            items.append((shared.get(tree.get("edge", ""), uuid_at_end(record.get("vdc"))), tree))
        self._add(trees, "networks", items)

    def _add_profiles(self, trees: Mapping[str, dict[str, Any]]) -> None:
        records = self._reader.query("orgVdcStorageProfile")
        for record in sorted(records, key=lambda r: (r.get("isDefaultStorageProfile") is not True, r.name)):
            tree = trees.get(uuid_at_end(record.get("vdc")))
            if tree is not None:
                tree.setdefault("storage_profiles", []).append(record.name)

    # -- VMs -----------------------------------------------------------------------------------------------------

    def _add_vms(self, trees: Mapping[str, dict[str, Any]]) -> None:
        vms = self._client.query.vms.read(nics=True, warn=self._warn)
        vapps = self._reader.query("vApp")
        documents = self._reader.each(self._vapp, vapps)
        details = {identifier: fields for _, children in documents for identifier, fields in children.items()}
        metadata = self._reader.each(lambda vm: self._reader.metadata(vm["href"]), vms)
        items = [
            (vm["vdc_id"], _vm(vm) | details.get(uuid_at_end(vm["href"]), {}) | filled(metadata=entries))
            for vm, entries in zip(vms, metadata, strict=True)
        ]
        self._add(trees, "vms", items)
        metadata = self._reader.each(lambda vapp: self._reader.metadata(vapp.href), vapps)
        self._add(
            trees,
            "vapps",
            [
                (
                    uuid_at_end(vapp.get("vdc")),
                    {
                        "name": vapp.name,
                        **filled(created=vapp.raw.get("creationDate"), metadata=entries),
                        **filled(description=fields.get("description")),
                    },
                )
                for vapp, entries, (fields, _) in zip(vapps, metadata, documents, strict=True)
            ],
        )

    def _vapp(self, vapp: Record) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        return self._reader.document(vapp.href, parse_container) or ({}, {})

    # -- disaster recovery ---------------------------------------------------------------------------------------

    def _add_replications(self, trees: Mapping[str, dict[str, Any]]) -> None:
        """Add replications and recovery flags, if the server supports disaster recovery."""
        recovery = self._client.dr
        try:
            enabled = {uuid_at_end(vdc.href): vdc for vdc in recovery.enabled_vdcs()}
        except (NotFoundError, PermissionDeniedError):
            return
        for vdc_id, tree in trees.items():
            if vdc_id not in enabled:
                tree["is_recovery_enabled"] = False
                continue
            details = recovery.details_of(enabled[vdc_id])
            flags = {"is_failover_enabled": details.allows_failover, "is_test_failover_enabled": details.allows_test}
            tree.update({name: False for name, flag in flags.items() if flag is False})
            replications = recovery.read(recovery.references_of(enabled[vdc_id]))
            self._add(trees, "replications", [(vdc_id, _replication(item)) for item in replications])


def _network(record: Record) -> dict[str, Any]:
    mask = record.get("netmask")
    return {
        "name": record.name,
        **filled(
            edge=record.get("connectedTo") if record.get("linkType") == 1 else "",
            gateway=record.get("defaultGateway"),
            prefix_length=ip_network(f"0.0.0.0/{mask}").prefixlen if mask else None,
            dns1=str(record.get("dns1") or "").strip(),
            dns2=str(record.get("dns2") or "").strip(),
            is_shared=record.get("isShared"),
        ),
    }


def _vm(vm: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a VM in the inventory file.

    The primary interface is taken from the query record, and the other interfaces are taken from the vApp.
    """
    nics = sorted(vm.get("nics") or (), key=lambda nic: (not nic["is_primary"], nic["index"]))
    return {
        "name": vm["name"],
        "vapp": vm["vapp"],
        "status": vm["status"],
        "network": vm["network"],
        "ip_address": vm["ip_address"],
        **filled(
            guest_os=vm["guest_os"],
            cpus=vm["cpus"],
            memory_mb=vm["memory_mb"],
            storage_profile=vm["storage_profile"],
            more_nics=[{"network": nic["network"], "ip_address": nic["ip_address"]} for nic in nics[1:]],
        ),
    }


def _replication(replication: Replication) -> dict[str, Any]:
    return {"name": replication.name, **filled(rpo=replication.rpo_minutes, paused=replication.is_paused)}


def _in_order(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(item.get("vapp", "")), str(item["name"]), json.dumps(item, sort_keys=True, default=str)
