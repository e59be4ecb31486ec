"""The URLs of edges and their sections; nothing else here knows any."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import (
    AmbiguousMatchError,
    ApiError,
    ConfigurationError,
    NotFoundError,
    TaskFailedError,
    TaskTimeoutError,
)
from vcloudair_core.http import origin_of
from vcloudair_core.services.ans.codecs import firewall_codec, nat_codec
from vcloudair_core.services.ans.edge_codec import named, parse_edges, parse_job, parse_vdc_names
from vcloudair_core.services.ans.edges import Edge, last_part, pick, refuse_plain_edge, same_vdc, uuid_in

if TYPE_CHECKING:
    from vcloudair_core.session.clock import Clock
    from vcloudair_core.session.session import Session

JSON = "application/json"
XML = "application/xml"
_PAGE = (("format", "records"), ("pageSize", "128"))
"""128 is the most that every version allows. Source: api/query.md §1."""

_MOST_PAGES = 1000
_JOB_TIMEOUT_S = 600.0
_JOB_POLL_S = (1.0, 2.0, 3.0, 5.0)

_SECTION_PATHS = {
    "hybridity": "/hybridity/api/gateways/{edge}/{section}/config",
    "network_xml": "/network/edges/{edge}/{section}/config",
    "network_json": "/network/edges/{edge}/{section}/config",
}
"""Source: api/ans.md §1.1."""


def dialect_of(session: Session) -> str:
    """The wire form that the settings ask for; by itself, vCloud Air speaks ``hybridity`` and a Director XML."""
    wanted = session.settings.edge_api
    if wanted and wanted != "auto":
        return str(wanted)
    return "network_xml" if session.settings.service_type == "vcd" else "hybridity"


# -- edges -------------------------------------------------------------------------------------------------------


@dataclass
class _Known:
    """What a session was told of its edges."""

    edges: list[Edge] | None = None
    has_vdc_names: bool = False


# By session and without a link back to it, so that it goes when its session goes.
_known_by_session: weakref.WeakKeyDictionary[Any, _Known] = weakref.WeakKeyDictionary()


class EdgeDirectory:
    """The edge gateways that a session sees: asked for once per session, then remembered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known = _known_by_session.setdefault(session, _Known())

    def find(self, wanted: str, vdc: str = "") -> Edge:
        """The edge of that name, UUID or URN; a UUID costs no call.

        Raises: NotFoundError, AmbiguousMatchError, ConfigurationError for an edge without advanced networking.
        """
        edge_id = uuid_in(wanted)
        if edge_id:
            known = [edge for edge in self._known.edges or () if edge.edge_id == edge_id]
            return known[0] if known else Edge(edge_id)
        fresh = self._known.edges is None
        try:
            edge = self._pick(wanted, vdc)
        except NotFoundError:
            if fresh:
                raise
            self._known.edges, self._known.has_vdc_names = None, False  # it may have been made since
            edge = self._pick(wanted, vdc)
        refuse_plain_edge(edge)
        return edge

    def list_edges(self, vdc: str = "") -> list[Edge]:
        """All edges with the names of their VDCs, by name; only those of ``vdc`` if given."""
        edges = self._with_vdc_names()
        return sorted(
            (edge for edge in edges if not vdc or same_vdc(edge, vdc)), key=lambda edge: (edge.name, edge.vdc_name)
        )

    def _pick(self, wanted: str, vdc: str) -> Edge:
        edges = self._with_vdc_names() if vdc and not uuid_in(last_part(vdc)) else self._all()
        try:
            return pick(edges, wanted, vdc)
        except AmbiguousMatchError:
            return pick(self._with_vdc_names(), wanted, vdc)  # raises again, and now names the VDCs

    def _all(self) -> list[Edge]:
        """Source: api/ans.md §1.4, api/query.md §2: follow links, stop at one seen before, drop doubles."""
        if self._known.edges is None:
            found: dict[str, Edge] = {}
            for body in self._pages("edgeGateway", lambda body: parse_edges(body).next_href):
                found.update((edge.edge_id, edge) for edge in parse_edges(body).edges)
            self._known.edges = list(found.values())
        return self._known.edges

    def _pages(self, record_type: str, next_of: Callable[[bytes], str]) -> list[bytes]:
        response = self._session.call("GET", "/api/query", query=(("type", record_type), *_PAGE))
        bodies = [response.body]
        seen = {""}
        href = next_of(response.body)
        while href not in seen and len(bodies) < _MOST_PAGES:
            seen.add(href)
            response = self._session.call("GET", href)
            bodies.append(response.body)
            href = next_of(response.body)
        return bodies

    def _with_vdc_names(self) -> list[Edge]:
        edges = self._all()
        if self._known.has_vdc_names:
            return edges
        identity = self._session.identity
        names = {uuid_in(identity.vdc_id): identity.vdc_name} if uuid_in(identity.vdc_id) else {}
        if any(not edge.vdc_name and edge.vdc_id not in names for edge in edges):
            # Older servers give only the link of the VDC. Source: api/real-world-notes.md §3.
            for body in self._pages("orgVdc", lambda body: parse_vdc_names(body)[1]):
                names |= parse_vdc_names(body)[0]
        self._known.edges = [named(edge, names) for edge in edges]
        self._known.has_vdc_names = True
        return self._known.edges


# -- sections ----------------------------------------------------------------------------------------------------


class SectionCodec(Protocol):
    """What a store needs of a section's codec."""

    def parse(self, body: bytes) -> Document:
        """Raises DecodeError."""
        ...

    def encode(self, document: Document) -> bytes:
        """What goes on the wire."""
        ...


class SectionStore:
    """One section of one edge: the whole of it in one read and one write. Source: api/ans.md §1."""

    def __init__(self, session: Session, edge: Edge, dialect: str, section: str, codec: SectionCodec) -> None:
        self.session = session
        self.edge = edge
        self.dialect = dialect
        self.section = section
        self._codec = codec
        self.clock = session.clock

    @property
    def target(self) -> str:
        """``edge gateway web-edge``."""
        return f"edge gateway {self.edge.name or self.edge.edge_id}"

    @property
    def lock_key(self) -> str:
        """``https://host:443/edge/<uuid>``: the same in every process and dialect."""
        return f"{origin_of(self.session.identity.base_url)}/edge/{self.edge.edge_id}"

    @property
    def path(self) -> str:
        """The section's path below the API's base."""
        return _SECTION_PATHS[self.dialect].format(edge=quote(self.edge.edge_id, safe=""), section=self.section)

    def read(self) -> Document:
        """Raises: NotFoundError when there is no such edge or it has no such section; ApiError, DecodeError."""
        try:
            response = self.session.call("GET", self.path, accept=self._accept())
        except NotFoundError as exc:
            raise self._explained(exc) from exc
        return self._codec.parse(response.body)

    def commit(self, document: Document) -> None:
        """Write the whole section; 200, 201 and 204 are done, 202 is a job to wait for. Source: api/ans.md §1.5, §7.

        Raises: ConflictError, BusyError and other ApiErrors, TransportError, TaskFailedError, TaskTimeoutError.
        """
        content_type = XML if self.dialect == "network_xml" else JSON
        response = self.session.call(
            "PUT", self.path, accept=self._accept(), content_type=content_type, body=self._codec.encode(document)
        )
        if response.status == 202 and "Location" in response.headers:
            wait_for_job(self.session, last_part(response.headers["Location"]), self.target, self.clock)

    def _accept(self) -> str | None:
        # None: the session's own XML type with the version. Source: api/ans.md §1.2.
        return None if self.dialect == "network_xml" else JSON

    def _explained(self, exc: ApiError) -> NotFoundError:
        return NotFoundError(
            f"{self.target[:1].upper()}{self.target[1:]} does not exist, or has no {self.section} of this kind.",
            status=exc.status,
            code=exc.code,
            request_id=exc.request_id,
            method=exc.method,
            path=exc.path,
            hint="Check the name or UUID, that it is an advanced gateway, and the setting edge_api.",
        )


def wait_for_job(session: Session, job_id: str, target: str, clock: Clock) -> None:
    """Poll an edge job until it ends. Source: api/ans.md §7. Raises: TaskFailedError, TaskTimeoutError."""
    deadline = clock.now() + _JOB_TIMEOUT_S
    polls = 0
    while True:
        job = parse_job(session.call("GET", f"/network/edges/jobs/{quote(job_id, safe='')}").body)
        shown = {"job_id": job_id, "status": job.status, "message": job.message}
        if job.is_done:
            return
        if job.is_failed:
            raise TaskFailedError(
                f"Job {job_id} on {target} ended as {job.status}: {job.message or 'no message'}.", task=shown
            )
        if clock.now() >= deadline:
            raise TaskTimeoutError(
                f"Job {job_id} on {target} is {job.status or 'unknown'} after {_JOB_TIMEOUT_S:.0f} seconds.", task=shown
            )
        clock.sleep(_JOB_POLL_S[min(polls, len(_JOB_POLL_S) - 1)])
        polls += 1


def firewall_store(session: Session, edge: Edge, dialect: str) -> SectionStore:
    """The firewall section of an edge. Source: api/ans.md §2."""
    return SectionStore(session, edge, dialect, "firewall", firewall_codec(dialect))


def open_firewall(session: Session, target: Mapping[str, Any]) -> SectionStore:
    """The firewall of the edge that a target or the settings name: see :func:`target_edge`."""
    return firewall_store(session, target_edge(session, target), dialect_of(session))


def nat_store(session: Session, edge: Edge, dialect: str) -> SectionStore:
    """The NAT section of an edge. Source: api/ans.md §3."""
    return SectionStore(session, edge, dialect, "nat", nat_codec(dialect))


def open_nat(session: Session, target: Mapping[str, Any]) -> SectionStore:
    """The NAT section of the edge that a target or the settings name: see :func:`target_edge`."""
    return nat_store(session, target_edge(session, target), dialect_of(session))


def target_edge(session: Session, target: Mapping[str, Any]) -> Edge:
    """The edge that a target or the settings name. Shape: ``{"edge": str, "vdc": str}``.

    Raises: ConfigurationError when no edge is named; NotFoundError, AmbiguousMatchError.
    """
    wanted = str(target.get("edge") or session.settings.edge or "").strip()
    if not wanted:
        raise ConfigurationError("No edge gateway was named.", hint="Give edge (name or UUID), or set VCA_EDGE.")
    vdc = str(target.get("vdc") or session.settings.vdc or "").strip()
    return EdgeDirectory(session).find(wanted, vdc)
