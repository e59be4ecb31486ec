"""The store of the DHCP services of the networks of an NSX-T edge gateway.

Source: protocol/nsxt.md §10.1.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vcloudair_core.engine.canonical import address_range
from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import ConflictError, DecodeError, NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.dhcp.nsxt.document import (
    BINDING,
    BINDINGS,
    DHCP,
    NETWORKS,
    POOL,
    POOLS,
    described,
    is_used_by,
    networks_of,
    record_values,
    records_of,
    shared_values,
)
from vcloudair_core.services.ans.nsxt.store import NsxtStore, SingleWrites
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of
from vcloudair_core.services.ans.section.store import StageableSectionStore

_PATH = "/1.0.0/orgVdcNetworks"


class NsxtDhcpStore(NsxtStore, StageableSectionStore):
    """The DHCP services of the networks of an NSX-T edge gateway.

    A read takes one call for the networks, one for the DHCP service of each network, and one for the static bindings of
    each network with a DHCP service. A narrowed store reads the services of some networks only. A write sends the DHCP
    service of each changed network as a whole, and each changed static binding in a separate request.
    """

    _networks: dict[str, dict[str, Any]] | None = None
    _has_read = False
    _specs: Sequence[Any] | None = None

    @property
    def is_written_whole(self) -> bool:
        """False, because each network and static binding is written in its own request."""
        return False

    # -- reading -------------------------------------------------------------------------------------------------

    def narrowed(self, specs: Sequence[Any]) -> NsxtDhcpStore:
        """Return a store that reads only the DHCP services that specs use.

        These are the services of the networks that specs name, or that contain their addresses. Return this store in
        check mode after other tasks, whose changes can affect any network.
        """
        if getattr(self.session, "check_run", None) is not None:
            return self
        store = copy.copy(self)
        store._specs = specs
        return store

    def networks(self) -> dict[str, dict[str, Any]]:
        """Return the networks of the edge gateway, by URN.

        Makes no call after a read of the document, and the first such read uses the same networks.
        """
        return self._read_networks() if self._networks is None else self._networks

    def _read_networks(self) -> dict[str, dict[str, Any]]:
        """Return the networks that are connected to the edge gateway.

        Makes one call for every 128 networks.
        """
        urn = f"urn:vcloud:gateway:{self.edge.edge_id}"
        listed = self.api.pages(_PATH, filter_text=f"connection.routerRef.id=={urn}")
        self._networks = described([network for network in listed if isinstance(network, dict)])
        return self._networks

    def read_tree(self) -> dict[str, Any]:
        """Return the DHCP services and the static bindings of the networks.

        Networks that a narrowed store does not read have an empty DHCP service.
        """
        networks: dict[str, dict[str, Any]] = {}
        pools: list[dict[str, Any]] = []
        bindings: list[dict[str, Any]] = []
        listed = self._read_networks() if self._has_read else self.networks()
        self._has_read = True
        for urn, network in listed.items():
            networks[urn] = {**network, "config": {}}
            if self._specs is not None and not any(is_used_by(spec, urn, network) for spec in self._specs):
                continue
            config = self._config(urn)
            values = record_values(urn, network)
            networks[urn]["config"] = without_pools(config)
            pools += [{**values, **shared_values(config), POOL: pool} for pool in pools_in(config)]
            if config.get("enabled") or config.get("mode") or pools_in(config):
                bindings += [{**values, BINDING: binding} for binding in self._bindings(urn)]
        return {DHCP: {NETWORKS: networks, POOLS: pools, BINDINGS: bindings}}

    def _config(self, urn: str) -> dict[str, Any]:
        config = self.api.get(_dhcp_path(urn))
        if not isinstance(config, dict) or "enabled" not in config:
            raise DecodeError(
                f"Reading the DHCP services of {self.target} failed. The response for the network {urn!r} has no value "
                "for 'enabled'."
            )
        return config

    def _bindings(self, urn: str) -> list[dict[str, Any]]:
        return [item for item in self.api.pages(_binding_path(urn)) if isinstance(item, dict)]

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return an empty list, because DHCP needs no groups or port profiles."""
        return []

    # -- writing -------------------------------------------------------------------------------------------------

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write the changed static bindings and DHCP services, in a safe order.

        Deleted static bindings come first, and new ones last. A changed static binding is written before the DHCP
        services if DHCP is already enabled in its network, and its new address is in no earlier pool. It is deleted and
        created again if it moves to another network, if another one had its new address, or if a new pool contains its
        old address and it cannot be written earlier.
        """
        writes = SingleWrites(self.api)
        known = _bindings_by_id(base)
        kept = _bindings_by_id(document)
        changed = [record for key, record in kept.items() if known[key] != record]
        new = [record for record in records_of(document.tree, BINDINGS) if not _id_of(record)]
        taken = {_address_of(record) for record in known.values()}
        pools, new_pools = records_of(base.tree, POOLS), records_of(document.tree, POOLS)
        early = [
            record
            for record in changed
            if mapping_of(networks_of(base.tree)[record["networkId"]].get("config")).get("enabled")
            and not _is_in_pool(record, pools)
        ]
        replaced = [
            record
            for record in changed
            if _is_replaced(record, known[_id_of(record)], taken)
            or (record not in early and _is_in_pool(known[_id_of(record)], new_pools))
        ]
        for record in (*(known[key] for key in known if key not in kept), *replaced):
            self._delete(writes, str(known[_id_of(record)]["networkId"]), _id_of(record))
        updated = [record for record in changed if record not in replaced]
        for record in updated:
            if record in early:
                self._update(writes, record)
        for urn in networks_of(document.tree):
            self._write_config(writes, urn, base, document)
        for record in updated:
            if record not in early:
                self._update(writes, record)
        for record in (*replaced, *new):
            binding = {key: value for key, value in record[BINDING].items() if key not in ("id", "version")}
            writes.write("POST", _binding_path(record["networkId"]), binding)

    def _write_config(self, writes: SingleWrites, urn: str, base: Document, document: Document) -> None:
        """Write or delete the DHCP service of a network, if it differs.

        The service has no version, so it is read again directly before the write.

        Raises: ConflictError if another client has changed the service.
        """
        current, desired = (config_in(item.tree, urn) for item in (base, document))
        if current == desired:
            return
        live = self._config(urn)
        if {**without_pools(live), "dhcpPools": pools_in(live)} != current:
            name = networks_of(base.tree)[urn]["name"]
            conflict = ConflictError(
                f"Conflict on {self.target}: another client has changed the DHCP service of the network {name!r}.",
                hint="Run the task again.",
            )
            conflict.written = writes.has_written
            raise conflict
        if desired is None:
            writes.write("DELETE", _dhcp_path(urn))
        else:
            writes.write("PUT", _dhcp_path(urn), desired)

    def _update(self, writes: SingleWrites, record: Mapping[str, Any]) -> None:
        writes.write("PUT", _binding_path(record["networkId"], _id_of(record)), record[BINDING])

    def _delete(self, writes: SingleWrites, urn: str, identifier: str) -> None:
        """Delete a static binding.

        A static binding that another client has deleted counts as deleted.
        """
        try:
            writes.write("DELETE", _binding_path(urn, identifier))
        except (NotFoundError, PermissionDeniedError):
            if any(binding.get("id") == identifier for binding in self._bindings(urn)):
                raise


def pools_in(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pools of the DHCP service of a network."""
    return [pool for pool in items_of(config.get("dhcpPools")) if isinstance(pool, dict)]


def without_pools(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the DHCP service of a network without its pools."""
    return {key: value for key, value in config.items() if key != "dhcpPools"}


def config_in(tree: Mapping[str, Any], urn: str) -> dict[str, Any] | None:
    """Return the DHCP service of a network with its pools.

    Return None if the service is to be deleted.
    """
    config = networks_of(tree)[urn].get("config")
    if config is None:
        return None
    pools = [record[POOL] for record in records_of(tree, POOLS) if record.get("networkId") == urn]
    return {**config, "dhcpPools": pools}


def _id_of(record: Mapping[str, Any]) -> str:
    return str(mapping_of(record.get(BINDING)).get("id") or "")


def _address_of(record: Mapping[str, Any]) -> tuple[Any, Any]:
    return record.get("networkId"), mapping_of(record.get(BINDING)).get("ipAddress")


def _bindings_by_id(document: Document) -> dict[str, dict[str, Any]]:
    return {_id_of(record): record for record in records_of(document.tree, BINDINGS) if _id_of(record)}


def _is_replaced(record: Mapping[str, Any], known: Mapping[str, Any], taken: set[tuple[Any, Any]]) -> bool:
    """Return True if a static binding must be deleted and created again.

    It moves to another network, or gets an address that another static binding had.
    """
    is_moved = record.get("networkId") != known.get("networkId")
    return is_moved or (_address_of(record) != _address_of(known) and _address_of(record) in taken)


def _is_in_pool(record: Mapping[str, Any], pools: Sequence[Mapping[str, Any]]) -> bool:
    """Return True if a pool of its network contains the address of a static binding."""
    address = address_range(str(mapping_of(record.get(BINDING)).get("ipAddress") or ""))
    own = [mapping_of(pool.get(POOL)) for pool in pools if pool.get("networkId") == record.get("networkId")]
    ends = [mapping_of(pool.get("ipRange")) for pool in own]
    spans = [address_range(f"{pair.get('startAddress')}-{pair.get('endAddress')}") for pair in ends]
    return address is not None and any(
        span is not None and span[0] == address[0] and span[1] <= address[1] <= span[2] for span in spans
    )


def _dhcp_path(urn: str) -> str:
    return f"{_PATH}/{quote(urn, safe=':')}/dhcp"


def _binding_path(urn: str, identifier: str = "") -> str:
    bindings = f"{_dhcp_path(urn)}/bindings"
    return f"{bindings}/{quote(identifier, safe=':')}" if identifier else bindings
