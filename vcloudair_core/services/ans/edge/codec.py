"""Parse the query records and the job status of edge gateways."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import NSXT, NSXV
from vcloudair_core.services.ans.edge.model import VDC, VDC_GROUP, Edge, last_part, uuid_in
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element


_BACKENDS = {"NSXV_BACKED": NSXV, "NSXT_BACKED": NSXT, "NSXT_IMPORTED": NSXT}
"""Backend by value of ``edgeGatewayType``. Source: protocol/nsxt.md §2."""


@dataclass(frozen=True)
class EdgePage:
    """One page of edge records.

    ``next_href`` is the link to the next page, or an empty string on the last page. ``total`` is the number of records
    on all pages, or None if the server does not send the number.
    """

    edges: tuple[Edge, ...]
    next_href: str = ""
    total: int | None = None


def parse_edges(body: bytes) -> EdgePage:
    """Parse a page of EdgeGatewayRecord elements.

    Source: protocol/query.md §2, protocol/recorded-responses.md §3. Raises: DecodeError.
    """
    root = xml.parse(body, what="the list of edge gateways")
    return EdgePage(
        tuple(_edge(child) for child in _records(root, "EdgeGatewayRecord")),
        _next(root),
        _total(root),
    )


def parse_vdc_names(body: bytes) -> tuple[dict[str, str], str, int | None]:
    """Parse a page of VDC records.

    Returns: ``{VDC ID: VDC name}``, the link to the next page, and the total number of VDCs.

    Source: protocol/query.md §2. Raises: DecodeError.
    """
    root = xml.parse(body, what="the list of VDCs")
    records = [*_records(root, "OrgVdcRecord"), *_records(root, "AdminVdcRecord")]
    return (
        {_id_of(record.get("href") or ""): _attribute(record, "name") for record in records},
        _next(root),
        _total(root),
    )


def with_vdc_name(edge: Edge, names: dict[str, str]) -> Edge:
    """Return a copy of the edge with the name of its VDC, if ``names`` contains it."""
    return replace(edge, vdc_name=edge.vdc_name or names.get(edge.vdc_id, ""))


def _records(root: _Element, name: str) -> list[_Element]:
    if xml.local(root) != "QueryResultRecords":
        raise DecodeError(f"Reading the query response failed. QueryResultRecords was expected, not {xml.local(root)}.")
    return [child for child in root if xml.local(child) == name]


def _next(root: _Element) -> str:
    links = [child for child in root if xml.local(child) == "Link" and child.get("rel") == "nextPage"]
    return (links[0].get("href") or "") if links else ""


def _total(root: _Element) -> int | None:
    return xml.count(root.get("total"))


def _edge(record: _Element) -> Edge:
    href = record.get("href") or ""
    vdc_id = _id_of(record.get("vdc") or "")
    group_id = _id_of(record.get("vdcGroupId") or "")
    return Edge(
        edge_id=_id_of(href or record.get("id") or ""),
        name=_attribute(record, "name"),
        href=href,
        vdc_id=vdc_id,
        vdc_name=_attribute(record, "orgVdcName"),
        status=_attribute(record, "gatewayStatus"),
        ha_status=_attribute(record, "haStatus"),
        is_busy=_flag(record, "isBusy"),
        is_advanced=_flag(record, "advancedNetworkingEnabled"),
        task_status=_attribute(record, "taskStatus"),
        backend=_BACKENDS.get(_attribute(record, "edgeGatewayType").upper(), ""),
        owner_id=f"{VDC_GROUP}{group_id}" if group_id else f"{VDC}{vdc_id}" if vdc_id else "",
        owner_name=_attribute(record, "vdcGroupName"),
        deployment_mode=_attribute(record, "deploymentMode"),
    )


def _id_of(href: str) -> str:
    """Return the ID at the end of a link, or an empty string for a blank link.

    Some servers send a blank string for a missing value. Source: protocol/recorded-responses.md §3.
    """
    tail = last_part(href.strip())
    return uuid_in(tail) or tail


def _attribute(record: _Element, name: str) -> str:
    return (record.get(name) or "").strip()


def _flag(record: _Element, name: str) -> bool | None:
    word = _attribute(record, name).lower()
    return word == "true" if word in ("true", "false") else None


# -- jobs --------------------------------------------------------------------------------------------------------

_DONE = {"COMPLETED", "SUCCESS"}
_FAILED = {"FAILED", "ROLLBACK", "ABORTED", "CANCELED", "CANCELLED"}


@dataclass(frozen=True)
class EdgeJob:
    """The state of a job that changes an edge. Source: protocol/ans.md §7."""

    job_id: str
    status: str
    message: str = ""

    @property
    def is_done(self) -> bool:
        """True if the job succeeded."""
        return self.status.upper() in _DONE

    @property
    def is_failed(self) -> bool:
        """True if the job failed or was canceled."""
        return self.status.upper() in _FAILED


def parse_job(body: bytes) -> EdgeJob:
    """Parse a job in JSON or XML. Source: protocol/ans.md §7. Raises: DecodeError."""
    if body.lstrip()[:1] == b"{":
        tree = xml.parse_json(body, what="the edge job")
        return EdgeJob(*(str(tree.get(name) or "") for name in ("jobId", "status", "message")))
    root = xml.parse(body, what="the edge job")
    texts = {xml.local(child): (child.text or "").strip() for child in root}
    return EdgeJob(texts.get("jobId", ""), texts.get("status", ""), texts.get("message", ""))
