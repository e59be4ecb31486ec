"""Read a tenant into the contents of an inventory file, with GET requests only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, TypeVar

from vcloudair_core.cli.recording.metadata import parse_metadata
from vcloudair_core.cli.recording.sections import read_sections
from vcloudair_core.errors import ApiError, NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.dr.model import Replication
    from vcloudair_core.services.query.record import Record

PASSWORD = "recorded-password"  # noqa: S105 - of a simulated user; no password can be read
"""Password of the user in the inventory file."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class TenantRecorder:
    """A recorder for the org of a client.

    ``warn`` is called with a message about each object that cannot be read or recorded.
    """

    def __init__(self, client: Client, warn: Callable[[str], None]) -> None:
        self._client, self._warn = client, warn
        self._workers = max(1, int(client.settings.parallel_calls))

    def read(self) -> dict[str, Any]:
        """Return the contents of an inventory file.

        Raises: ApiError, TransportError, DecodeError, and the errors of a sign-in.
        """
        identity = self._client.session.identity
        vdcs = self._query("orgVdc")
        vdc_trees = self._vdcs(vdcs)
        org: dict[str, Any] = {"name": identity.org_name}
        for record in self._query("organization"):
            if record.name == identity.org_name and record.get("displayName", record.name) != record.name:
                org["full_name"] = record["displayName"]
        org["users"] = [{"name": identity.user.partition("@")[0], "password": PASSWORD}]
        used = {template.get("catalog") for tree in vdc_trees for template in tree.get("templates", ())}
        catalogs = sorted({record.name for record in self._query("catalog")} - used)
        return {"orgs": [org | _filled(catalogs=catalogs, vdcs=vdc_trees)]}

    def _query(self, kind: str) -> list[Record]:
        try:
            return self._client.query.query(kind).all()
        except (NotFoundError, PermissionDeniedError) as exc:
            self._warn(f"Records of type {kind} are left out. {exc}")
            return []

    def _each(self, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        with ThreadPoolExecutor(max_workers=self._workers, thread_name_prefix="vca-record") as pool:
            return list(pool.map(work, items))

    # -- VDCs ----------------------------------------------------------------------------------------------------

    def _vdcs(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        trees = {
            record.id: {
                "name": record.name,
                **_filled(
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
        self._add_templates(trees)
        self._add_replications(trees)
        return sorted(trees.values(), key=_in_order)

    def _add(self, trees: Mapping[str, dict[str, Any]], key: str, items: Iterable[tuple[str, Any]]) -> None:
        """Add items to the list ``key`` of their VDCs.

        The items are sorted by their contents.
        """
        for vdc_id, item in sorted(items, key=lambda pair: _in_order(pair[1])):
            if vdc_id in trees:
                trees[vdc_id].setdefault(key, []).append(item)

    def _add_edges(self, trees: Mapping[str, dict[str, Any]]) -> None:
        edges = self._client.edges.list_edges()
        sections = self._each(lambda edge: read_sections(self._client.session, edge, self._warn), edges)
        items = [
            (
                edge.vdc_id,
                {
                    "name": edge.name,
                    **({"advanced": False} if edge.is_advanced is False else {}),
                    **_filled(sections=contents),
                },
            )
            for edge, contents in zip(edges, sections, strict=True)
        ]
        self._add(trees, "edges", items)

    def _add_networks(self, trees: Mapping[str, dict[str, Any]]) -> None:
        records = self._query("orgVdcNetwork")
        self._add(trees, "networks", [(_end(record.get("vdc")), _network(record)) for record in records])

    def _add_profiles(self, trees: Mapping[str, dict[str, Any]]) -> None:
        records = self._query("orgVdcStorageProfile")
        for record in sorted(records, key=lambda r: (r.get("isDefaultStorageProfile") is not True, r.name)):
            tree = trees.get(_end(record.get("vdc")))
            if tree is not None:
                tree.setdefault("storage_profiles", []).append(record.name)

    # -- VMs -----------------------------------------------------------------------------------------------------

    def _add_vms(self, trees: Mapping[str, dict[str, Any]]) -> None:
        vms = self._client.query.vms.read(nics=True, warn=self._warn)
        metadata = self._each(lambda vm: self._metadata(vm["href"]), vms)
        items = [(vm["vdc_id"], _vm(vm) | _filled(metadata=entries)) for vm, entries in zip(vms, metadata, strict=True)]
        self._add(trees, "vms", items)
        vapps = self._query("vApp")
        metadata = self._each(lambda vapp: self._metadata(vapp.href), vapps)
        self._add(
            trees,
            "vapps",
            [
                (
                    _end(vapp.get("vdc")),
                    {"name": vapp.name, **_filled(created=vapp.raw.get("creationDate"), metadata=entries)},
                )
                for vapp, entries in zip(vapps, metadata, strict=True)
            ],
        )

    def _metadata(self, href: str) -> dict[str, Any]:
        try:
            return parse_metadata(self._client.session.call("GET", f"{href}/metadata").body)
        except ApiError as exc:
            self._warn(f"The metadata of {href} is left out. {exc}")
            return {}

    def _add_templates(self, trees: Mapping[str, dict[str, Any]]) -> None:
        items = [
            (_end(record.get("vdc")), {"name": record.name, **_filled(catalog=record.get("catalogName"))})
            for record in self._query("vAppTemplate")
        ]
        self._add(trees, "templates", items)

    # -- disaster recovery ---------------------------------------------------------------------------------------

    def _add_replications(self, trees: Mapping[str, dict[str, Any]]) -> None:
        """Add replications and recovery flags, if the server supports disaster recovery."""
        recovery = self._client.dr
        try:
            enabled = {_end(vdc.href): vdc for vdc in recovery.enabled_vdcs()}
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
        **_filled(
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
        **_filled(
            guest_os=vm["guest_os"],
            cpus=vm["cpus"],
            memory_mb=vm["memory_mb"],
            storage_profile=vm["storage_profile"],
            more_nics=[{"network": nic["network"], "ip_address": nic["ip_address"]} for nic in nics[1:]],
        ),
    }


def _replication(replication: Replication) -> dict[str, Any]:
    return {"name": replication.name, **_filled(rpo=replication.rpo_minutes, paused=replication.is_paused)}


def _filled(**fields: Any) -> dict[str, Any]:
    """Return the fields that have a value.

    Zero, False and empty strings are left out, because they are the defaults of an inventory file.
    """
    return {name: value for name, value in fields.items() if value}


def _end(href: Any) -> str:
    return str(href or "").rstrip("/")[-36:].lower()


def _in_order(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(item.get("vapp", "")), str(item["name"]), json.dumps(item, sort_keys=True, default=str)
