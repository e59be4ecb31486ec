"""The query service: paging, filters, sort, fields, three formats. Source: api/query.md."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from vcloudair_core.http import Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRoute
from vcloudair_core.simulator import answers
from vcloudair_core.simulator.query_filter import compile_filter
from vcloudair_core.simulator.query_records import TYPES, QueryType, Record, urn_of
from vcloudair_core.simulator.xmlbuild import element, link

MEDIA = "application/vnd.vmware.vcloud.query."
FORMATS = ("references", "records", "idrecords")
PACKAGED = {"/api/vms/query": "vm", "/api/vApps/query": "vApp", "/api/admin/vdcs/query": "orgVdc"}
"""Source: api/query.md §8; that a tenant is answered at the last one, api/real-world-notes.md §3."""
MAX_PAGE_SIZE = 128
"""What a client asks for beyond it is cut down to it. Source: api/query.md §1."""


def area(prefix: str = "") -> SimulatorArea:
    """``/api/query``, the packaged queries, and the edge gateways of a VDC."""
    routes = [SimulatorRoute("GET", f"{prefix}/api/query", query)]
    routes += [SimulatorRoute("GET", prefix + path, _packaged(kind)) for path, kind in PACKAGED.items()]
    routes.append(SimulatorRoute("GET", f"{prefix}/api/admin/vdc/{{vdc_id}}/edgeGateways", edges_of_vdc))
    return SimulatorArea(f"query{prefix}", "Query service", tuple(routes))


def query(context: Any) -> Response:
    """Records of ``type``; without it the list of types."""
    kind = (context.query.get("type") or [""])[0]
    return answer(context, kind) if kind else query_list(context)


def _packaged(kind: str) -> Callable[[Any], Response]:
    return lambda context: answer(context, kind)


def edges_of_vdc(context: Any) -> Response:
    """The edge gateways of one VDC, as a page of records. Source: api/query.md §8."""
    wanted = context.path_params["vdc_id"]
    vdc = context.world.vdcs.get(wanted)
    if vdc is None or vdc.org != context.user.org:
        return answers.no_access("vdc", wanted, context.version)
    return answer(context, "edgeGateway", lambda record: str(record["vdc"]).endswith(wanted))


def query_list(context: Any) -> Response:
    """Every type in every format; clients look here for what they may ask. Source: api/query.md §8."""
    base = f"{context.root}/api/query"
    links = [
        link("down", f"{base}?type={kind}&format={form}", f"{MEDIA}{form}+xml", name=kind)
        for kind in TYPES
        for form in FORMATS
    ]
    attributes = {"type": f"{MEDIA}queryList+xml", "href": base}
    return answers.entity(element("QueryList", attributes, *links), f"{MEDIA}queryList+xml", context.version)


class _BadQueryError(Exception):
    """The query is wrong: 400. Source: api/query.md §10 (wording ours: no recorded message exists)."""


@dataclass(frozen=True)
class _Page:
    number: int
    size: int
    offset: int
    form: str


def answer(context: Any, kind: str, is_meant: Callable[[Record], bool] = lambda record: True) -> Response:
    """One page of ``kind``; ``is_meant`` narrows what there is before the client's own filter."""
    if kind.startswith("admin"):
        return answers.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
    if kind not in TYPES:
        return answers.error(400, "BAD_REQUEST", f"Unknown query type: {kind}", context.version)
    given = {name: values[0] for name, values in context.query.items()}
    try:
        page = _page(given)
        rows = [record for record in TYPES[kind].records(context) if is_meant(record)]
        found = _selected(rows, TYPES[kind].attributes(rows), given, _raw(context.raw_query, "filter"))
    except _BadQueryError as exc:
        return answers.error(400, "BAD_REQUEST", str(exc), context.version)
    return _document(context, kind, page, found[page.offset :])


def _page(given: dict[str, str]) -> _Page:
    numbers = []
    for name, default in (("page", "1"), ("pageSize", "25"), ("offset", "0")):
        text = given.get(name, default)
        if not text.isdecimal() or (int(text) < 1 and name != "offset"):
            raise _BadQueryError(f"validation error on field '{name}': {text!r} is not a positive number")
        numbers.append(int(text))
    form = given.get("format", "records")
    if form not in FORMATS:
        raise _BadQueryError(f"Unknown format: {form}")
    return _Page(numbers[0], min(numbers[1], MAX_PAGE_SIZE), numbers[2], form)


def _raw(raw_query: str, name: str) -> str:
    return next((part.split("=", 1)[1] for part in raw_query.split("&") if part.startswith(f"{name}=")), "")


def _selected(rows: list[Record], known: set[str], given: dict[str, str], expression: str) -> list[Record]:
    """Filtered, sorted, and cut to the fields asked for. Raises _BadQueryError for attributes that there are not."""
    if expression:
        try:
            test = compile_filter(expression, known, is_encoded=given.get("filterEncoded") == "true")
        except ValueError as exc:
            raise _BadQueryError(f"The filter is not valid: {exc}") from exc
        rows = [row for row in rows if test(row)]
    for order in ("sortAsc", "sortDesc"):
        name = given.get(order)
        if name:
            if name not in known:
                raise _BadQueryError(f"Unknown attribute to sort by: {name}")
            rows = sorted(rows, key=lambda row: _sortable(row.get(name)), reverse=order == "sortDesc")
    if not given.get("fields"):
        return rows
    fields = {name.strip() for name in unquote_plus(given["fields"]).split(",") if name.strip()}
    unknown = sorted(name for name in fields - known if not name.startswith("metadata"))
    if unknown:
        raise _BadQueryError(f"Unknown field: {', '.join(unknown)}")
    # href stays, asked for or not. Source: api/query.md §5.
    return [{name: value for name, value in row.items() if name in fields | {"href"}} for row in rows]


def _sortable(value: Any) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, (int, float)) else (1, 0.0, str(value or ""))


def _document(context: Any, kind: str, page: _Page, found: list[Record]) -> Response:
    last = max(1, math.ceil(len(found) / page.size))
    links = [
        link(rel, _href(context, number, page.size, page.form), f"{MEDIA}{page.form}+xml")
        for rel, number, is_there in (
            ("firstPage", 1, page.number > 1),
            ("previousPage", page.number - 1, page.number > 1),
            ("nextPage", page.number + 1, page.number < last),
            ("lastPage", last, page.number < last),
        )
        if is_there
    ]
    links += [
        link("alternate", _href(context, page.number, page.size, form), f"{MEDIA}{form}+xml")
        for form in FORMATS
        if form != page.form
    ]
    envelope = {
        "name": kind,
        "page": page.number,
        "pageSize": page.size,
        "total": len(found),
        "href": _href(context, page.number, page.size, page.form),
        "type": f"{MEDIA}{page.form}+xml",
    }
    shown = found[(page.number - 1) * page.size : page.number * page.size]
    children = [_row(TYPES[kind], record, page.form) for record in shown]
    root = TYPES[kind].references if page.form == "references" else "QueryResultRecords"
    return answers.entity(element(root, envelope, *links, *children), f"{MEDIA}{page.form}+xml", context.version)


def _href(context: Any, number: int, size: int, form: str) -> str:
    """The path that was used, page, pageSize, format, then what else was asked. Source: api/real-world-notes.md §3."""
    path = context.request.path.rstrip("/")
    parts = [part for part in context.raw_query.split("&") if part]
    kept = [part for part in parts if part.split("=", 1)[0] not in ("type", "page", "pageSize", "format")]
    typed = [part for part in parts if part.startswith("type=")]
    return f"{context.base_url}{path}?" + "&".join(
        [*typed, f"page={number}", f"pageSize={size}", f"format={form}", *kept]
    )


def _row(query_type: QueryType, record: Record, form: str) -> Any:
    if form == "references":
        # ReferenceType: a name may be missing when fields left it out. Source: api/query.md §3.
        names = {"name": record.get("name"), "id": urn_of(record["href"]), "href": record["href"]}
        tag = query_type.record.replace("Record", "Reference")
        return element(tag, {"type": query_type.media_type, **names})
    if form == "idrecords":
        record = {"id" if name == "href" else name: _as_urn(value) for name, value in record.items()}
    return element(query_type.record, record)


def _as_urn(value: Any) -> Any:
    return urn_of(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else value
