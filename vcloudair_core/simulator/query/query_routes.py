"""The query service: paging, filters, sort, fields, three formats. Source: protocol/query.md."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.query.plugin_query_types import find_source, find_type, known_types
from vcloudair_core.simulator.query.query_filter import compile_filter
from vcloudair_core.simulator.query.query_records import Column, QueryRow, urn_of
from vcloudair_core.simulator.query.query_types import QueryType
from vcloudair_core.simulator.state.world import ChangeCounter
from vcloudair_core.simulator.xml_builder import element, link
from vcloudair_core.transport.messages import Response

MEDIA = "application/vnd.vmware.vcloud.query."
FORMATS = ("references", "records", "idrecords")
PACKAGED = {
    "/api/vms/query": "vm",
    "/api/vApps/query": "vApp",
    "/api/vAppTemplates/query": "vAppTemplate",
    "/api/catalogs/query": "catalog",
    "/api/mediaList/query": "media",
    "/api/admin/vdcs/query": "orgVdc",
    "/api/admin/users/query": "user",
    "/api/admin/groups/query": "group",
    "/api/admin/roles/query": "role",
    "/api/admin/orgs/query": "organization",
}
"""Source: protocol/query.md §8; that a tenant is answered below admin, protocol/recorded-responses.md §3."""
METADATA = "Metadata"
_MOST_KEPT = 32
_MOST_PAGES = 1000
"""Orders, and documents of one page each, that are kept until something changes."""
MAX_PAGE_SIZE = 128
"""Largest page size: a larger one is cut down to it. Source: protocol/query.md §1."""


def routes(prefix: str = "") -> SimulatorRoutes:
    """``/api/query``, the packaged queries, and the edge gateways of a VDC."""
    routes = [SimulatorRoute("GET", f"{prefix}/api/query", query)]
    routes += [SimulatorRoute("GET", prefix + path, _packaged(kind)) for path, kind in PACKAGED.items()]
    routes.append(SimulatorRoute("GET", f"{prefix}/api/admin/vdc/{{vdc_id}}/edgeGateways", edges_of_vdc))
    return SimulatorRoutes(f"query{prefix}", "Query service", tuple(routes))


def query(context: Any) -> Response:
    """Records of ``type``; without it the list of types."""
    kind = (context.query.get("type") or [""])[0]
    return answer(context, kind) if kind else query_list(context)


def _packaged(kind: str) -> Callable[[Any], Response]:
    return lambda context: answer(context, kind)


def edges_of_vdc(context: Any) -> Response:
    """The edge gateways of one VDC, as a page of records. Source: protocol/query.md §8."""
    vdc_id = context.path_params["vdc_id"]
    vdc = context.world.vdcs.get(vdc_id)
    if vdc is None or vdc.org != context.user.org:
        return responses.no_access("vdc", vdc_id, context.version)
    return answer(context, "edgeGateway", lambda row: bool(row.subject.vdc_id == vdc_id))


def query_list(context: Any) -> Response:
    """Every type in every format; clients look here for what they may ask. Source: protocol/query.md §8."""
    base = f"{context.root}/api/query"
    links = [
        link("down", f"{base}?type={kind}&format={form}", f"{MEDIA}{form}+xml", name=kind)
        for kind, query_type in known_types(context.simulator).items()
        for form in FORMATS
        if form != "references" or query_type.references
    ]
    attributes = {"type": f"{MEDIA}queryList+xml", "href": base}
    return responses.entity(element("QueryList", attributes, *links), f"{MEDIA}queryList+xml", context.version)


class _BadQueryError(Exception):
    """The query is wrong: 400. Source: protocol/query.md §10 (wording ours: no recorded message exists)."""


@dataclass(frozen=True)
class _Page:
    number: int
    size: int
    offset: int
    form: str


def answer(context: Any, kind: str, is_meant: Callable[[QueryRow], bool] | None = None) -> Response:
    """One page of ``kind``; ``is_meant`` narrows what there is before the client's own filter."""
    if kind.startswith("admin"):
        return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
    query_type = find_type(context.simulator, kind)
    if query_type is None:
        return responses.error(400, "BAD_REQUEST", f"Unknown query type: {kind}", context.version)
    parameters = {name: values[0] for name, values in context.query.items()}
    pages: dict[Any, Response] = context.simulator.kept_pages
    asked = (context.user.org, context.root, context.request.path, context.raw_query, context.version)
    source = find_source(context.simulator, kind)
    is_steady = is_meant is None and source.is_steady and context.simulator.config.record_order == "id"
    is_unchanged = context.simulator.kept_queries.get("changes") == context.simulator.world.changes.count
    if is_steady and is_unchanged and asked in pages:
        return pages[asked]
    try:
        page = _page(parameters, context.simulator.config)
        if page.form == "references" and not query_type.references:
            raise _BadQueryError(f"{kind} has no references")
        columns = source.shown(context.version)
        subjects = _found(context, query_type, parameters, is_meant, columns)
        shown = _shown_columns(query_type, columns, parameters.get("fields", ""))
    except _BadQueryError as exc:
        return responses.error(400, "BAD_REQUEST", str(exc), context.version)
    begin = page.offset + (page.number - 1) * page.size
    rows = [QueryRow(context, subject, shown) for subject in subjects[begin : begin + page.size]]
    made = _document(context, query_type, page, max(0, len(subjects) - page.offset), rows)
    if is_steady:
        if len(pages) > _MOST_PAGES:
            pages.clear()
        pages[asked] = made
    return made


def _found(
    context: Any,
    query_type: QueryType,
    parameters: dict[str, str],
    is_meant: Callable[[QueryRow], bool] | None,
    columns: Mapping[str, Column],
) -> Sequence[Any]:
    """All objects that are meant, in order; worked out once for all pages, as long as nothing changes."""
    expression = _raw(context.raw_query, "filter")
    asked = (expression, parameters.get("filterEncoded"), parameters.get("sortAsc"), parameters.get("sortDesc"))
    source = find_source(context.simulator, query_type.name)
    key = (context.user.org, context.root, query_type.name, context.version, *asked)
    kept: dict[Any, Any] = context.simulator.kept_queries
    changes: ChangeCounter = context.simulator.world.changes
    if is_meant is None and kept.get("changes") == changes.count and key in kept:
        return list(kept[key]) if context.simulator.config.record_order == "random" else kept[key]
    rows = [QueryRow(context, subject, columns) for subject in source.objects(context)]
    if is_meant is not None:
        rows = [row for row in rows if is_meant(row)]
    subjects = [row.subject for row in _selected(rows, query_type.attributes, parameters, expression)]
    if context.simulator.config.record_order == "random" and not (
        parameters.get("sortAsc") or parameters.get("sortDesc")
    ):
        random.shuffle(subjects)
    elif is_meant is None and source.is_steady:
        if kept.get("changes") != changes.count or len(kept) > _MOST_KEPT:
            kept.clear()
            context.simulator.kept_pages.clear()
        kept["changes"], kept[key] = changes.count, subjects
    return subjects


def _shown_columns(query_type: QueryType, columns: Mapping[str, Column], fields: str) -> Mapping[str, Column]:
    """Those asked for; href stays, asked for or not. Source: protocol/query.md §5. Raises _BadQueryError."""
    if not fields:
        return columns
    asked = {name.strip() for name in unquote_plus(fields).split(",") if name.strip()}
    plain = {name for name in asked if not name.startswith("metadata")}
    unknown = sorted(plain - query_type.attributes)
    if unknown:
        raise _BadQueryError(f"Unknown field: {', '.join(unknown)}")
    shown = {name: column for name, column in columns.items() if name in plain or name == "href"}
    keys = tuple(name.partition(":")[2] for name in asked if name.startswith("metadata"))
    return {**shown, METADATA: lambda context, subject: _metadata(subject, keys)} if keys else shown


def _metadata(subject: Any, keys: tuple[str, ...]) -> dict[str, Any] | None:
    held: dict[str, Any] = getattr(subject, "metadata", {})
    return {key: held[key] for key in keys if key in held} or None


def _page(parameters: dict[str, str], config: Any) -> _Page:
    numbers = []
    for name, default in (("page", "1"), ("pageSize", "25"), ("offset", "0")):
        text = parameters.get(name, default)
        if not text.isdecimal() or (int(text) < 1 and name != "offset"):
            raise _BadQueryError(f"validation error on field '{name}': {text!r} is not a positive number")
        numbers.append(int(text))
    form = parameters.get("format", "records")
    if form not in FORMATS:
        raise _BadQueryError(f"Unknown format: {form}")
    if numbers[1] > MAX_PAGE_SIZE and config.page_size_over == "400":
        raise _BadQueryError(f"pageSize must not be larger than {MAX_PAGE_SIZE}")
    return _Page(numbers[0], min(numbers[1], MAX_PAGE_SIZE), numbers[2], form)


def _raw(raw_query: str, name: str) -> str:
    return next(
        (parameter.split("=", 1)[1] for parameter in raw_query.split("&") if parameter.startswith(f"{name}=")), ""
    )


def _selected(
    rows: list[QueryRow], known: Collection[str], parameters: dict[str, str], expression: str
) -> list[QueryRow]:
    """Filtered and sorted. Raises _BadQueryError for attributes that there are not."""
    if expression:
        try:
            test = compile_filter(expression, known, is_encoded=parameters.get("filterEncoded") == "true")
        except ValueError as exc:
            raise _BadQueryError(f"The filter is not valid: {exc}") from exc
        rows = [row for row in rows if test(row)]
    for order in ("sortAsc", "sortDesc"):
        name = parameters.get(order)
        if name:
            if name not in known:
                raise _BadQueryError(f"Unknown attribute to sort by: {name}")
            column = "href" if name == "id" else name
            rows = sorted(rows, key=lambda row: _sortable(row.get(column)), reverse=order == "sortDesc")
    return rows


def _sortable(value: Any) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, (int, float)) else (1, 0.0, str(value or ""))


def _document(context: Any, query_type: QueryType, page: _Page, total: int, rows: Sequence[QueryRow]) -> Response:
    last = max(1, math.ceil(total / page.size))
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
        if form != page.form and (form != "references" or query_type.references)
    ]
    envelope = {
        "name": query_type.name,
        "page": page.number,
        "pageSize": page.size,
        "total": total,
        "href": _href(context, page.number, page.size, page.form),
        "type": f"{MEDIA}{page.form}+xml",
    }
    children = [_row(query_type, row.as_dict(), page.form) for row in rows]
    root = query_type.references if page.form == "references" else "QueryResultRecords"
    return responses.entity(element(root, envelope, *links, *children), f"{MEDIA}{page.form}+xml", context.version)


def _href(context: Any, number: int, size: int, form: str) -> str:
    """The path that was used, page, pageSize, format, then what else was asked.

    Source: protocol/recorded-responses.md §3.
    """
    path = context.request.path.rstrip("/")
    parts = [parameter for parameter in context.raw_query.split("&") if parameter]
    kept = [
        parameter for parameter in parts if parameter.split("=", 1)[0] not in ("type", "page", "pageSize", "format")
    ]
    typed = [parameter for parameter in parts if parameter.startswith("type=")]
    return f"{context.base_url}{path}?" + "&".join(
        [*typed, f"page={number}", f"pageSize={size}", f"format={form}", *kept]
    )


def _row(query_type: QueryType, record: dict[str, Any], form: str) -> Any:
    metadata = record.pop(METADATA, None)
    if form == "references":
        # ReferenceType: a name may be missing when fields left it out. Source: protocol/query.md §3.
        names = {"name": record.get("name"), "id": urn_of(record["href"]), "href": record["href"]}
        return element(query_type.references.removesuffix("s"), {"type": query_type.media_type, **names})
    if form == "idrecords":
        record = {"id" if name == "href" else name: _as_urn(value) for name, value in record.items()}
    return element(query_type.record, record, *([_metadata_element(metadata)] if metadata else []))


_VALUE_TYPES = ((bool, "MetadataBooleanValue"), ((int, float), "MetadataNumberValue"), (str, "MetadataStringValue"))


def _metadata_element(held: dict[str, Any]) -> Any:
    """Source: protocol/query.md §4.3."""
    entries = []
    for key, value in held.items():
        kind = next(name for types, name in _VALUE_TYPES if isinstance(value, types))
        typed = element("TypedValue", None, element("Value", None, value))
        typed.set("{http://www.w3.org/2001/XMLSchema-instance}type", kind)
        entries.append(element("MetadataEntry", None, element("Key", None, key), typed))
    return element("Metadata", None, *entries)


def _as_urn(value: Any) -> Any:
    return urn_of(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else value
