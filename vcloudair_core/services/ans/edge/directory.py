"""Find and list edge gateways. The records are cached in the session."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.errors import (
    AmbiguousMatchError,
    ApiError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from vcloudair_core.services.ans.edge.backend import BACKENDS_DIFFER_SINCE, NSXV, default_backend, overriding_backend
from vcloudair_core.services.ans.edge.codec import parse_edges, parse_vdc_names, with_vdc_name
from vcloudair_core.services.ans.edge.model import (
    Edge,
    is_in_vdc,
    last_part,
    may_be_in_vdc,
    no_such_vdc,
    pick,
    refuse_plain_edge,
    uuid_in,
)
from vcloudair_core.services.ans.edge.record_pages import read_records
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_log = logging.getLogger(__name__)


@dataclass
class _KnownEdges:
    """The cache of edges and VDCs of a session."""

    edges: list[Edge] | None = None
    has_vdc_names: bool = False
    vdcs: dict[str, str] | None = None
    """Names of VDCs by ID, or None before the names are read."""
    looked_up: dict[str, Edge | None] = field(default_factory=dict)
    """Edges that were looked up by ID. The value is None if no record was found."""


class EdgeDirectory:
    """The edge gateways that the user can see. The list is read once and cached."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known = session.state_of(_KnownEdges)

    def find(self, name: str, vdc: str = "") -> Edge:
        """Find an edge by name, UUID or URN.

        If ``name`` is a UUID, no API call is made, and the result has no backend.

        Raises: NotFoundError; AmbiguousMatchError; ConfigurationError if the edge has no advanced networking.
        """
        edge_id = uuid_in(name)
        if edge_id:
            known = [edge for edge in self._known.edges or () if edge.edge_id == edge_id]
            return known[0] if known else Edge(edge_id)
        is_first_read = self._known.edges is None
        shared = self._shared("name", name, vdc) if is_first_read else None
        if shared is not None:
            self._known.looked_up[shared.edge_id] = shared
            return shared
        try:
            edge = self._pick(name, vdc)
        except NotFoundError:
            if is_first_read:
                if vdc:
                    self.check_vdc(vdc)
                raise
            # The edge may have been created since the last read.
            self.forget()
            edge = self._pick(name, vdc)
        refuse_plain_edge(edge)
        self._share(edge, "name", name, vdc)
        return edge

    def forget(self) -> None:
        """Forget the list of edges, so that the next use reads it again."""
        self._known.edges, self._known.has_vdc_names, self._known.vdcs = None, False, None

    def list_edges(self, vdc: str = "") -> list[Edge]:
        """Return all edges with the names of their VDCs, sorted by name.

        ``vdc`` limits the list to one VDC. Raises: NotFoundError, which names the known VDCs, if ``vdc`` does not
        exist.
        """
        edges = [edge for edge in self._with_vdc_names() if not vdc or may_be_in_vdc(edge, vdc)]
        if vdc and not edges:
            self.check_vdc(vdc)
        return sorted(edges, key=lambda edge: (edge.name, edge.vdc_name))

    def with_backend(self, edge: Edge) -> Edge:
        """Return a copy of the edge with its backend.

        If only the UUID of the edge is known, and the cloud can have edges of several backends, the record of the edge
        is read with one API call. The copy then has all fields of the record. In all other cases, no call is made.
        """
        settings = self._session.settings
        backend = overriding_backend(settings) or edge.backend or self._sole_backend()
        if backend:
            return replace(edge, backend=backend)
        if edge.edge_id not in self._known.looked_up:
            self._known.looked_up[edge.edge_id] = self._look_up(edge.edge_id)
        record = self._known.looked_up[edge.edge_id]
        if record is None:
            return replace(edge, backend=default_backend(settings))
        return record

    def with_known_vdc(self, edge: Edge) -> Edge:
        """Return a copy of the edge with the name of its VDC, if the name is known.

        Makes no API call.
        """
        return with_vdc_name(edge, {**(self._known.vdcs or {}), **self._own_vdc()})

    def vdc_id_of(self, edge_id: str) -> str:
        """Return the UUID of the VDC of an edge.

        Makes a call only if the record of the edge was not read.

        Return an empty string if the record cannot be read.
        """
        known = [edge for edge in self._known.edges or () if edge.edge_id == edge_id]
        if not known and edge_id not in self._known.looked_up:
            self._known.looked_up[edge_id] = self._look_up(edge_id)
        record = known[0] if known else self._known.looked_up[edge_id]
        return record.vdc_id if record is not None else ""

    def _sole_backend(self) -> str:
        """Return the backend of all edges, or an empty string if backends can differ."""
        backend = default_backend(self._session.settings)
        can_differ = backend == NSXV and is_at_least(self._session.identity.api_version, BACKENDS_DIFFER_SINCE)
        return "" if can_differ else backend

    def _look_up(self, edge_id: str) -> Edge | None:
        """Return the record of one edge, or None if it does not exist or cannot be read.

        Source: protocol/query.md §4.1, protocol/nsxt.md §2.
        """
        shared = self._shared("id", edge_id)
        if shared is not None:
            return shared
        urn = quote(f"urn:vcloud:gateway:{edge_id}", safe="")
        try:
            response = self._session.call(
                "GET", "/api/query", query=f"type=edgeGateway&format=records&filter=id=={urn}"
            )
            records = list(parse_edges(response.body).edges)
        except InvalidRequestError:
            records = self._all()  # a server that does not filter by ID
        except (NotFoundError, PermissionDeniedError) as exc:
            _log.debug("looking up edge gateway %s failed: %s", edge_id, exc)
            return None
        edge = next((self._complete(record) for record in records if record.edge_id == edge_id), None)
        if edge is not None:
            self._share(edge, "id", edge_id)
        return edge

    def _shared(self, *key: str) -> Edge | None:
        """Return an edge that another process of the run has looked up, or None.

        The status of the edge is empty.
        """
        cache = self._session.run_cache
        fields = cache.get("edge", *key) if cache is not None else None
        return None if fields is None else Edge(**fields)

    def _share(self, edge: Edge, *key: str) -> None:
        if self._session.run_cache is not None:
            identity = replace(edge, status="", ha_status="", is_busy=None, task_status="")
            self._session.run_cache.put(vars(identity), "edge", *key)

    def _complete(self, edge: Edge) -> Edge:
        """Return a copy of the edge with a backend.

        The backend comes from the settings, the record of the edge, or the default, in this order.
        """
        settings = self._session.settings
        return replace(edge, backend=overriding_backend(settings) or edge.backend or default_backend(settings))

    def _vdc_names(self) -> dict[str, str]:
        if self._known.vdcs is None:
            self._known.vdcs = read_records(self._session, "orgVdc", parse_vdc_names)
        return self._known.vdcs

    def _own_vdc(self) -> dict[str, str]:
        """Return a dict that maps the ID of the session's VDC to its name.

        The dict is empty if the session has no VDC.
        """
        identity = self._session.identity
        vdc_id = uuid_in(identity.vdc_id)
        return {vdc_id: identity.vdc_name} if vdc_id else {}

    def check_vdc(self, vdc: str) -> None:
        """Raise NotFoundError if a VDC does not exist.

        Skip the check if the user is not allowed to list VDCs.
        """
        try:
            names = dict(self._vdc_names())
        except ApiError:
            return
        names |= self._own_vdc()
        if names and not any(is_in_vdc(Edge("", vdc_id=known, vdc_name=name), vdc) for known, name in names.items()):
            raise no_such_vdc(vdc, names.values())

    def _pick(self, name: str, vdc: str) -> Edge:
        edges = self._with_vdc_names() if vdc and not uuid_in(last_part(vdc)) else self._all()
        try:
            return pick(edges, name, vdc)
        except AmbiguousMatchError:
            return pick(self._with_vdc_names(), name, vdc)  # raises the error again, with the names of the VDCs

    def _all(self) -> list[Edge]:
        """Return all edges. Source: protocol/ans.md §1.4."""
        if self._known.edges is None:

            def read(body: bytes) -> tuple[dict[str, Edge], str, int | None]:
                page = parse_edges(body)
                return {edge.edge_id: self._complete(edge) for edge in page.edges}, page.next_href, page.total

            self._known.edges = list(read_records(self._session, "edgeGateway", read).values())
        return self._known.edges

    def _with_vdc_names(self) -> list[Edge]:
        edges = self._all()
        if self._known.has_vdc_names:
            return edges
        names = self._own_vdc()
        if any(not edge.vdc_name and edge.vdc_id and edge.vdc_id not in names for edge in edges):
            # Older servers send only the link of the VDC. Source: protocol/recorded-responses.md §3.
            names |= self._vdc_names()
        self._known.edges = [with_vdc_name(edge, names) for edge in edges]
        self._known.has_vdc_names = True
        return self._known.edges


def target_edge(session: Session, target: Mapping[str, Any]) -> Edge:
    """Return the edge that ``target`` or the settings select, with its backend.

    Shape of ``target``: ``{"edge": str, "vdc": str}``. The target of a staged change also has ``{"edge_name": str,
    "edge_backend": str, "edge_owner": str}``, so that no call is necessary.

    Raises: ConfigurationError if no edge is named; NotFoundError, AmbiguousMatchError.
    """
    name = str(target.get("edge") or session.settings.edge or "").strip()
    if not name:
        raise ConfigurationError("No edge gateway is selected.", hint="Set edge to a name or UUID, or set VCA_EDGE.")
    vdc = str(target.get("vdc") or session.settings.vdc or "").strip()
    directory = EdgeDirectory(session)
    edge = directory.find(name, vdc)
    if not edge.name:
        edge_name, backend, owner_id = (
            str(target.get(key) or "") for key in ("edge_name", "edge_backend", "edge_owner")
        )
        edge = replace(edge, name=edge_name, backend=backend, owner_id=owner_id)
    return directory.with_backend(edge)
