"""The edge gateways that a session can see, and the one that a target or the settings name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from vcloudair_core.errors import (
    AmbiguousMatchError,
    ApiError,
    ConfigurationError,
    IncompleteResultError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from vcloudair_core.services.ans.edge.backend import BACKENDS_DIFFER_SINCE, NSXV, default_backend, overriding_backend
from vcloudair_core.services.ans.edge.codec import named, parse_edges, parse_vdc_names
from vcloudair_core.services.ans.edge.model import (
    Edge,
    last_part,
    no_such_vdc,
    pick,
    refuse_plain_edge,
    same_vdc,
    uuid_in,
)
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

T = TypeVar("T")

_log = logging.getLogger(__name__)

_PAGE = (("format", "records"), ("pageSize", "128"))
"""128 is the most that every version allows. Source: protocol/query.md §1."""

_MOST_PAGES = 1000


@dataclass
class _KnownEdges:
    """Edges and VDCs that a session has read."""

    edges: list[Edge] | None = None
    has_vdc_names: bool = False
    vdcs: dict[str, str] | None = None
    """Names of VDCs by id, once they were asked for."""
    looked_up: dict[str, Edge | None] = field(default_factory=dict)
    """Records of edges that were looked up by id; None for an edge without one."""


_MOST_READINGS = 3
"""So many times a list is read that changes while it is read."""


class EdgeDirectory:
    """The edge gateways that a session sees: asked for once per session, then remembered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known = session.state_of(_KnownEdges)

    def find(self, name: str, vdc: str = "") -> Edge:
        """The edge of that name, UUID or URN; a UUID costs no call, and its backend may be unknown.

        Raises: NotFoundError, AmbiguousMatchError, ConfigurationError for an edge without advanced networking.
        """
        edge_id = uuid_in(name)
        if edge_id:
            known = [edge for edge in self._known.edges or () if edge.edge_id == edge_id]
            return known[0] if known else Edge(edge_id)
        fresh = self._known.edges is None
        try:
            edge = self._pick(name, vdc)
        except NotFoundError:
            if fresh:
                if vdc:
                    self._check_vdc(vdc)
                raise
            # It may have been made since.
            self._known.edges, self._known.has_vdc_names, self._known.vdcs = None, False, None
            edge = self._pick(name, vdc)
        refuse_plain_edge(edge)
        return edge

    def list_edges(self, vdc: str = "") -> list[Edge]:
        """All edges with the names of their VDCs, by name; only those of ``vdc`` if given.

        Raises NotFoundError, with the VDCs that there are, when ``vdc`` is none of them.
        """
        edges = [edge for edge in self._with_vdc_names() if not vdc or same_vdc(edge, vdc)]
        if vdc and not edges:
            self._check_vdc(vdc)
        return sorted(edges, key=lambda edge: (edge.name, edge.vdc_name))

    def with_backend(self, edge: Edge) -> Edge:
        """Return an edge with its backend, and with its owner where that had to be looked up as well.

        Costs one call for an edge that is known by its UUID only, in a cloud that can have edges of several backends,
        and none otherwise.
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
        return replace(edge, backend=record.backend, owner_id=record.owner_id, deployment_mode=record.deployment_mode)

    def _sole_backend(self) -> str:
        """Return the backend of all edges of this cloud; an empty string where each edge has its own."""
        backend = default_backend(self._session.settings)
        can_differ = backend == NSXV and is_at_least(self._session.identity.api_version, BACKENDS_DIFFER_SINCE)
        return "" if can_differ else backend

    def _look_up(self, edge_id: str) -> Edge | None:
        """Return the record of one edge; None where this user or server does not show it.

        Source: protocol/query.md §4.1, protocol/nsxt.md §2.
        """
        urn = quote(f"urn:vcloud:gateway:{edge_id}", safe="")
        try:
            response = self._session.call(
                "GET", "/api/query", query=f"type=edgeGateway&format=records&filter=id=={urn}"
            )
            records = list(parse_edges(response.body).edges)
        except InvalidRequestError:
            records = self._all()  # a server that does not filter by id
        except (NotFoundError, PermissionDeniedError) as exc:
            _log.debug("edge gateway %s cannot be looked up: %s", edge_id, exc)
            return None
        return next((self._complete(record) for record in records if record.edge_id == edge_id), None)

    def _complete(self, edge: Edge) -> Edge:
        """Return an edge with the backend that the settings, else its record, else the kind of cloud say."""
        settings = self._session.settings
        return replace(edge, backend=overriding_backend(settings) or edge.backend or default_backend(settings))

    def _vdc_names(self) -> dict[str, str]:
        if self._known.vdcs is None:
            self._known.vdcs = self._whole("orgVdc", parse_vdc_names)
        return self._known.vdcs

    def _check_vdc(self, vdc: str) -> None:
        """Raise NotFoundError for a VDC that is not there. Users who may not list VDCs are not told."""
        identity = self._session.identity
        try:
            names = dict(self._vdc_names())
        except ApiError:
            return
        names |= {uuid_in(identity.vdc_id): identity.vdc_name} if uuid_in(identity.vdc_id) else {}
        if names and not any(same_vdc(Edge("", vdc_id=known, vdc_name=name), vdc) for known, name in names.items()):
            raise no_such_vdc(vdc, names.values())

    def _pick(self, name: str, vdc: str) -> Edge:
        edges = self._with_vdc_names() if vdc and not uuid_in(last_part(vdc)) else self._all()
        try:
            return pick(edges, name, vdc)
        except AmbiguousMatchError:
            return pick(self._with_vdc_names(), name, vdc)  # raises again, and now names the VDCs

    def _all(self) -> list[Edge]:
        """Source: protocol/ans.md §1.4."""
        if self._known.edges is None:

            def read(body: bytes) -> tuple[dict[str, Edge], str, int | None]:
                page = parse_edges(body)
                return {edge.edge_id: self._complete(edge) for edge in page.edges}, page.next_href, page.total

            self._known.edges = list(self._whole("edgeGateway", read).values())
        return self._known.edges

    def _whole(self, record_type: str, read: Callable[[bytes], tuple[dict[str, T], str, int | None]]) -> dict[str, T]:
        """Read every record by id: links are followed until there are as many as the server says, doubles are dropped.

        A list that changes while it is read is read again, and records that went away meanwhile are left out. One that
        goes on changing gives all that was seen, and a warning.

        Raises IncompleteResultError for pages that come to no end, or to one before that. Source: protocol/query.md §2.
        """
        everything: dict[str, T] = {}
        for _ in range(_MOST_READINGS):
            records, totals = self._one_reading(record_type, read)
            if len(set(totals)) == 1:
                return records
            everything |= records
        _log.warning(
            "The list of %s went on changing while it was read. What came or went meanwhile may be missing.",
            record_type,
        )
        return everything

    def _one_reading(
        self, record_type: str, read: Callable[[bytes], tuple[dict[str, T], str, int | None]]
    ) -> tuple[dict[str, T], list[int | None]]:
        response = self._session.call("GET", "/api/query", query=(("type", record_type), *_PAGE))
        records, href, total = read(response.body)
        totals, seen, received = [total], {""}, len(records)
        while href not in seen and len(seen) < _MOST_PAGES and (total is None or len(records) < total):
            seen.add(href)
            more, href, total = read(self._session.call("GET", href).body)
            totals.append(total)
            records.update(more)
            received += len(more)
        # In a list that changes, doubles make up for records that moved: the last page still ends where its total is.
        is_short = (len(records) if len(set(totals)) == 1 else received) < (total or 0)
        if is_short or len(seen) >= _MOST_PAGES:
            raise IncompleteResultError(
                f"The list of {record_type} names {total} and ends after {len(records)}.",
                hint="Try again: it may have changed while it was read.",
            )
        return records, totals

    def _with_vdc_names(self) -> list[Edge]:
        edges = self._all()
        if self._known.has_vdc_names:
            return edges
        identity = self._session.identity
        names = {uuid_in(identity.vdc_id): identity.vdc_name} if uuid_in(identity.vdc_id) else {}
        if any(not edge.vdc_name and edge.vdc_id and edge.vdc_id not in names for edge in edges):
            # Older servers give only the link of the VDC. Source: protocol/recorded-responses.md §3.
            names |= self._vdc_names()
        self._known.edges = [named(edge, names) for edge in edges]
        self._known.has_vdc_names = True
        return self._known.edges


def target_edge(session: Session, target: Mapping[str, Any]) -> Edge:
    """The edge that a target or the settings name, with its backend.

    Shape: ``{"edge": str, "vdc": str}``, and what a stage remembers to spare look-ups: ``{"edge_name": str,
    "edge_backend": str, "edge_owner": str}``.

    Raises: ConfigurationError when no edge is named; NotFoundError, AmbiguousMatchError.
    """
    name = str(target.get("edge") or session.settings.edge or "").strip()
    if not name:
        raise ConfigurationError("No edge gateway was named.", hint="Give edge (name or UUID), or set VCA_EDGE.")
    vdc = str(target.get("vdc") or session.settings.vdc or "").strip()
    directory = EdgeDirectory(session)
    edge = directory.find(name, vdc)
    if not edge.name:
        edge_name, backend, owner_id = (
            str(target.get(key) or "") for key in ("edge_name", "edge_backend", "edge_owner")
        )
        edge = replace(edge, name=edge_name, backend=backend, owner_id=owner_id)
    return directory.with_backend(edge)
