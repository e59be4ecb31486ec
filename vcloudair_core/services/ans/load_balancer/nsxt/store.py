"""The store of the load balancer of NSX-T edge gateways.

Source: protocol/nsxt.md §9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import DecodeError, InvalidRequestError, NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.ipsec.nsxt.certificates import CertificateLibrary
from vcloudair_core.services.ans.load_balancer.nsxt.codec import CONFIG, POOLS, SECTION_KEY, SERVICES
from vcloudair_core.services.ans.load_balancer.nsxt.pool_options import GROUP
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.store import NsxtStore, SingleWrites, changed_records
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of
from vcloudair_core.services.ans.section.store import StageableSectionStore

_ROOT = "/1.0.0/loadBalancer"
_SUMMARIES = {POOLS: "poolSummaries", SERVICES: "virtualServiceSummaries"}


class NsxtLoadBalancerStore(NsxtStore, StageableSectionStore):
    """The pools and virtual services of an NSX-T edge gateway.

    A read makes three calls, and one more for each pool and each virtual service. If a virtual service has a
    certificate, the certificate library is read once for each store. If a spec has a member group, the list of firewall
    groups is read once. A write makes one call for each changed object.
    If a new virtual service refers to a new pool, the pools are listed once more, because the server does not return
    the ID of a new pool. A new virtual service without a service engine group takes one more call.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.certificates = CertificateLibrary(self.api)

    @property
    def is_written_whole(self) -> bool:
        """False, because each object is written in its own request."""
        return False

    def read_tree(self) -> dict[str, Any]:
        """Return the settings, pools and virtual services.

        A disabled load balancer has no objects (inferred).
        """
        config = self.api.get(gateway_path(self.edge.edge_id, "loadBalancer"))
        is_enabled = mapping_of(config).get("enabled")
        if not isinstance(is_enabled, bool):
            raise DecodeError(f"Reading the load balancer of {self.target} failed. The response contains no settings.")
        lists = {kind: self._objects(kind) if is_enabled else [] for kind in (POOLS, SERVICES)}
        return {SECTION_KEY: {CONFIG: config, **lists}}

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return an empty list.

        Pools and virtual services do not need firewall groups or port profiles.
        """
        return []

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write pools first, then virtual services, and delete unused pools last."""
        deleted_pools, changed_pools, new_pools = changed_records(_list(base, POOLS), _list(document, POOLS))
        deleted, changed, new = changed_records(_list(base, SERVICES), _list(document, SERVICES))
        writes = SingleWrites(self.api)
        for pool in changed_pools:
            writes.write("PUT", _path(POOLS, str(pool["id"])), self._pool_to_send(pool))
        for pool in new_pools:
            body = {**self._pool_to_send(pool), "enabled": True, "gatewayRef": self._gateway()}
            writes.write("POST", _path(POOLS), body)
        for identifier in deleted:
            self._delete(writes, SERVICES, identifier)
        pool_ids = {str(pool.get("name")): str(pool["id"]) for pool in _list(document, POOLS) if pool.get("id")}
        if new_pools and (changed or new):
            pool_ids = {str(item.get("name")): str(item.get("id")) for item in self._summaries(POOLS)}
        for service in changed:
            writes.write("PUT", _path(SERVICES, str(service["id"])), self._to_send(service, pool_ids))
        for service in new:
            body = {**self._to_send(service, pool_ids), "gatewayRef": self._gateway()}
            writes.write("POST", _path(SERVICES), body)
        for identifier in deleted_pools:
            self._delete(writes, POOLS, identifier)

    # -- reading -------------------------------------------------------------------------------------------------

    def _summaries(self, kind: str) -> list[dict[str, Any]]:
        values = self.api.pages(gateway_path(self.edge.edge_id, f"loadBalancer/{_SUMMARIES[kind]}"))
        return [value for value in values if isinstance(value, dict)]

    def _objects(self, kind: str) -> list[dict[str, Any]]:
        """Return the objects of a list.

        Objects that another client deletes during the read are left out.
        """
        objects = []
        for summary in self._summaries(kind):
            identifier = str(summary.get("id"))
            try:
                item = dict(mapping_of(self.api.get(_path(kind, identifier))))
            except (NotFoundError, PermissionDeniedError):
                if any(listed.get("id") == identifier for listed in self._summaries(kind)):
                    raise
                continue
            if item.get("id") != identifier:
                raise DecodeError(
                    f"Reading the load balancer of {self.target} failed. The response does not contain {identifier}."
                )
            objects.append(self.certificates.described(item))
        return objects

    # -- writing -------------------------------------------------------------------------------------------------

    def _gateway(self) -> dict[str, str]:
        return {"id": f"urn:vcloud:gateway:{self.edge.edge_id}", "name": self.edge.name}

    def _pool_to_send(self, pool: dict[str, Any]) -> dict[str, Any]:
        """Return a pool for a write, with the ID of its member group.

        Raises: NotFoundError if the group no longer exists.
        """
        group = mapping_of(pool.get(GROUP))
        if not group or group.get("id"):
            return pool
        name = str(group.get("name"))
        ids = self.objects.group_ids(name)
        if not ids:
            raise NotFoundError(f"Writing pool {pool.get('name')!r} failed. The group {name!r} no longer exists.")
        return {**pool, GROUP: {"name": name, "id": ids[0]}}

    def _to_send(self, service: Mapping[str, Any], pool_ids: Mapping[str, str]) -> dict[str, Any]:
        """Return a virtual service for a write, with the IDs of all referenced objects."""
        body = dict(service)
        pool = mapping_of(body.get("loadBalancerPoolRef"))
        if pool and not pool.get("id"):
            body["loadBalancerPoolRef"] = {**pool, "id": pool_ids.get(str(pool.get("name")), "")}
        certificate = mapping_of(body.get("certificateRef"))
        if certificate:
            body["certificateRef"] = self.certificates.reference_to_send(certificate)
        if not mapping_of(body.get("serviceEngineGroupRef")).get("id"):
            body["serviceEngineGroupRef"] = self._engine_group(mapping_of(body.get("serviceEngineGroupRef")))
        return body

    def _engine_group(self, reference: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reference to a service engine group, with its ID.

        If ``reference`` has no name, return the only group that is assigned to the edge gateway.

        Raises: InvalidRequestError if the named group is not assigned, or if there is no name and not just one group.
        """
        text = f"gatewayRef.id=={self._gateway()['id']}"
        assignments = self.api.pages(f"{_ROOT}/serviceEngineGroups/assignments", filter_text=text)
        groups = [dict(mapping_of(mapping_of(item).get("serviceEngineGroupRef"))) for item in assignments]
        name = reference.get("name")
        matches = [group for group in groups if name in (None, group.get("name"))]
        if len(matches) == 1:
            return matches[0]
        names = ", ".join(repr(group.get("name")) for group in groups) or "none"
        problem = f"The service engine group {name!r} is not assigned" if name else "Select a service engine group"
        raise InvalidRequestError(
            f"Writing a virtual server of {self.target} failed. {problem}. Assigned groups: {names}.",
            hint="Set service_engine_group to one of the assigned groups.",
        )

    def _delete(self, writes: SingleWrites, kind: str, identifier: str) -> None:
        """Delete an object. An object that another client has deleted counts as deleted."""
        try:
            writes.write("DELETE", _path(kind, identifier))
        except (NotFoundError, PermissionDeniedError):
            if any(item.get("id") == identifier for item in self._summaries(kind)):
                raise


def _list(document: Document, kind: str) -> list[dict[str, Any]]:
    items = items_of(mapping_of(document.tree.get(SECTION_KEY)).get(kind))
    return [item for item in items if isinstance(item, dict)]


def _path(kind: str, identifier: str = "") -> str:
    return f"{_ROOT}/{kind}/{quote(identifier, safe=':')}" if identifier else f"{_ROOT}/{kind}"
