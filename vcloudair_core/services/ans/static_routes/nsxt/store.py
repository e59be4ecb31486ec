"""The store of static routes of NSX-T edge gateways. Source: protocol/nsxt.md §10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.store import NsxtStore, SingleWrites, changed_records
from vcloudair_core.services.ans.section.json_values import bool_of, items_of, mapping_of
from vcloudair_core.services.ans.section.store import StageableSectionStore


class NsxtStaticRoutesStore(NsxtStore, StageableSectionStore):
    """The static routes of an NSX-T edge gateway.

    Only changed routes are sent, each in a separate request, so unchanged routes of other clients are not overwritten.
    System routes are never sent.
    """

    @property
    def is_written_whole(self) -> bool:
        """False, because each route is written in its own request."""
        return False

    def read_tree(self) -> dict[str, Any]:
        """Return the static routes. Makes one call for each page."""
        listed = self.api.cursor_pages(self._route_path())
        return {"static_routes": {"values": [record for record in listed if isinstance(record, dict)]}}

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw routes of a document, without system routes."""
        records = mapping_of(document.tree.get("static_routes")).get("values") or ()
        return [record for record in records if not bool_of(record.get("systemOwned"), False)]

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write the changed routes, then the new routes, and delete routes last.

        In this order, traffic keeps its route while a new route replaces an old route.
        """
        deleted, changed, new = changed_records(before, records)
        bodies = [self._with_network_ids(record) for record in (*changed, *new)]
        writes = SingleWrites(self.api)
        for body in bodies[: len(changed)]:
            self._write_existing(writes, "PUT", str(body["id"]), body)
        for body in bodies[len(changed) :]:
            writes.write("POST", self._route_path(), body)
        for route_id in deleted:
            self._write_existing(writes, "DELETE", route_id)

    def _with_network_ids(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a route in which the network of each next hop has an ID."""
        return {**record, "nextHops": [self._with_network_id(hop) for hop in items_of(record.get("nextHops"))]}

    def _with_network_id(self, hop: Mapping[str, Any]) -> dict[str, Any]:
        scope = mapping_of(hop.get("scope"))
        if not scope or scope.get("id"):
            return dict(hop)
        return {**hop, "scope": {**scope, "id": self.objects.network_id(str(scope.get("name")))}}

    def _write_existing(
        self, writes: SingleWrites, method: str, route_id: str, body: Mapping[str, Any] | None = None
    ) -> None:
        """Change or delete a route.

        The server answers with status 403 or 404 if another client has deleted the route. Source: protocol/nsxt.md
        §1.3.

        Raises: NotFoundError if the route to change does not exist; the errors of :meth:`CloudApi.write`.
        """
        try:
            writes.write(method, self._route_path(route_id), body)
        except (NotFoundError, PermissionDeniedError) as exc:
            if any(record.get("id") == route_id for record in self.api.cursor_pages(self._route_path())):
                raise
            if method == "DELETE":
                return
            message = f"The static route {route_id} of {self.target} no longer exists."
            missing = NotFoundError(message, status=exc.status)
            missing.written = exc.written
            raise missing from exc

    def _route_path(self, route_id: str = "") -> str:
        route = f"/{quote(route_id, safe='')}" if route_id else ""
        return gateway_path(self.edge.edge_id, f"routing/staticRoutes{route}")
