"""Routes of the query service: pages, filters, sort order and three formats.

Source: protocol/query.md.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.required_rights import QUERY_RIGHTS, refuse
from vcloudair_core.simulator.access.visibility import is_provider, is_provider_user, view_of
from vcloudair_core.simulator.api.own_objects import own_vdc
from vcloudair_core.simulator.documents.addresses import urn_of
from vcloudair_core.simulator.query.plugin_query_types import TENANT_ONLY, find_source, find_type, known_types
from vcloudair_core.simulator.query.query_columns import Column, QueryRow
from vcloudair_core.simulator.query.query_filter import compile_filter
from vcloudair_core.simulator.query.query_types import ADMIN_TYPES, QueryType
from vcloudair_core.simulator.state.registry import ChangeCounter
from vcloudair_core.simulator.writes import metadata_values
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
"""Query type of each typed query, by path of the query.

Source: protocol/query.md §8, protocol/recorded-responses.md §3 (paths below ``admin``).
"""
_PACKAGED_OF_PROVIDER = {"vm": "adminVM", "orgVdc": "adminOrgVdc"}
"""Query types of typed queries by a provider (inferred from the paths).

Source: protocol/query.md §8.
"""
_OF_VDC = {"edgeGateways": "edgeGateway", "networks": "orgVdcNetwork"}
METADATA = "Metadata"
_MAX_QUERIES = 32
_MAX_PAGES = 1000
"""Maximum number of cached queries and pages.

A change of the inventory clears the caches.
"""
MAX_PAGE_SIZE = 128
"""Maximum page size. By default, a larger page size is reduced to the maximum.

Source: protocol/query.md §1.
"""


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes of generic queries, typed queries, and queries of one VDC."""
    routes = [SimulatorRoute("GET", f"{prefix}/api/query", query)]
    routes += [SimulatorRoute("GET", prefix + path, _packaged(kind)) for path, kind in PACKAGED.items()]
    routes += [
        SimulatorRoute("GET", f"{prefix}/api/admin/vdc/{{vdc_id}}/{name}", _of_vdc(kind))
        for name, kind in _OF_VDC.items()
    ]
    return SimulatorRoutes(f"query{prefix}", "Query service", tuple(routes), versions="all")


def query(context: Any) -> Response:
    """Return a page of records of the query type ``type``.

    If the request has no ``type``, return the list of query types.
    """
    kind = (context.query.get("type") or [""])[0]
    return answer(context, kind) if kind else query_list(context)


def _packaged(kind: str) -> Callable[[Any], Response]:
    def answer_packaged(context: Any) -> Response:
        provider_kind = _PACKAGED_OF_PROVIDER.get(kind, kind) if is_provider(context) else kind
        return answer(context, provider_kind)

    return answer_packaged


def _of_vdc(kind: str) -> Callable[[Any], Response]:
    """Return a handler that responds with the records of the VDC in the path.

    Source: protocol/query.md §8.
    """

    def answer_vdc(context: Any) -> Response:
        vdc_id = context.path_params["vdc_id"]
        if own_vdc(context, vdc_id) is None:
            return responses.no_access("vdc", vdc_id, context.version)
        return answer(context, kind, lambda row: bool(row.subject.vdc_id == vdc_id))

    return answer_vdc


def query_list(context: Any) -> Response:
    """Return a link to each query type in each format.

    Source: protocol/query.md §8.
    """
    base = f"{context.root}/api/query"
    links = [
        link("down", f"{base}?type={kind}&format={form}", f"{MEDIA}{form}+xml", name=kind)
        for kind, query_type in known_types(context.simulator).items()
        if not _is_refused(context, kind) and (kind not in QUERY_RIGHTS or context.may(QUERY_RIGHTS[kind]))
        for form in FORMATS
        if form != "references" or query_type.references
    ]
    attributes = {"type": f"{MEDIA}queryList+xml", "href": base}
    return responses.entity(element("QueryList", attributes, *links), f"{MEDIA}queryList+xml", context.version)


class _BadQueryError(Exception):
    """An invalid query. The response has status 400 and the exception text.

    The texts are placeholders, because the real texts are unknown. Source: protocol/query.md §10.
    """


@dataclass(frozen=True)
class _Page:
    number: int
    size: int
    offset: int
    form: str


def answer(context: Any, kind: str, is_included: Callable[[QueryRow], bool] | None = None) -> Response:
    """Return a page of records of the query type ``kind``.

    If ``is_included`` is set, only records for which it returns True are searched.
    """
    if _is_refused(context, kind):
        return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
    right = QUERY_RIGHTS.get(kind, "")
    if right and not context.may(right):
        return refuse(context, right)
    query_type = find_type(context.simulator, kind)
    if query_type is None:
        return responses.error(400, "BAD_REQUEST", f"Unknown query type: {kind}", context.version)
    parameters = {name: values[0] for name, values in context.query.items()}
    pages: dict[Any, Response] = context.simulator.page_cache
    key = (view_of(context), context.root, context.request.path, context.raw_query, context.version)
    source = find_source(context.simulator, kind)
    is_steady = is_included is None and source.is_steady and context.simulator.config.record_order == "id"
    is_unchanged = context.simulator.query_cache.get("changes") == context.simulator.world.changes.count
    if is_steady and is_unchanged and key in pages:
        return pages[key]
    try:
        page = _page(parameters, context.simulator.config)
        if page.form == "references" and not query_type.references:
            raise _BadQueryError(f"The query type {kind} does not support format=references")
        columns = source.columns_of_version(context.version)
        subjects = _find_objects(context, query_type, parameters, is_included, columns)
        shown = _shown_columns(query_type, columns, parameters.get("fields", ""))
    except _BadQueryError as exc:
        return responses.error(400, "BAD_REQUEST", str(exc), context.version)
    begin = page.offset + (page.number - 1) * page.size
    rows = [QueryRow(context, subject, shown) for subject in subjects[begin : begin + page.size]]
    response = _document(context, query_type, page, max(0, len(subjects) - page.offset), rows)
    if is_steady:
        if len(pages) > _MAX_PAGES:
            pages.clear()
        pages[key] = response
    return response


def _is_refused(context: Any, kind: str) -> bool:
    """Return True if the user cannot use a query type.

    Some query types are only for tenants, and some are only for the provider. Source: protocol/query.md §6.
    """
    if kind in TENANT_ONLY:
        return is_provider(context)
    return (kind.startswith("admin") or kind in ADMIN_TYPES) and not is_provider_user(context)


def _find_objects(
    context: Any,
    query_type: QueryType,
    parameters: dict[str, str],
    is_included: Callable[[QueryRow], bool] | None,
    columns: Mapping[str, Column],
) -> Sequence[Any]:
    """Return the objects that match the filter of a query, in the requested order.

    The objects are cached for the other pages of the query until the inventory changes.
    """
    expression = _raw(context.raw_query, "filter")
    conditions = (expression, parameters.get("filterEncoded"), parameters.get("sortAsc"), parameters.get("sortDesc"))
    source = find_source(context.simulator, query_type.name)
    key = (view_of(context), context.root, query_type.name, context.version, *conditions)
    cache: dict[Any, Any] = context.simulator.query_cache
    changes: ChangeCounter = context.simulator.world.changes
    if is_included is None and cache.get("changes") == changes.count and key in cache:
        return list(cache[key]) if context.simulator.config.record_order == "random" else cache[key]
    subjects = list(source.objects(context))
    if is_included is not None or expression or parameters.get("sortAsc") or parameters.get("sortDesc"):
        searched = {**columns, "id": lambda context, subject: urn_of(columns["href"](context, subject))}
        rows = [QueryRow(context, subject, searched) for subject in subjects]
        if is_included is not None:
            rows = [row for row in rows if is_included(row)]
        subjects = [row.subject for row in _selected(rows, query_type.attributes, parameters, expression)]
    if context.simulator.config.record_order == "random" and not (
        parameters.get("sortAsc") or parameters.get("sortDesc")
    ):
        random.shuffle(subjects)
    elif is_included is None and source.is_steady:
        if cache.get("changes") != changes.count or len(cache) > _MAX_QUERIES:
            cache.clear()
            context.simulator.page_cache.clear()
        cache["changes"], cache[key] = changes.count, subjects
    return subjects


def _shown_columns(query_type: QueryType, columns: Mapping[str, Column], fields: str) -> Mapping[str, Column]:
    """Return the columns that ``fields`` selects, by name.

    ``href`` is always included. If ``fields`` is empty, all columns are returned. Raises _BadQueryError for an unknown
    field. Source: protocol/query.md §5.
    """
    if not fields:
        return columns
    names = {name.strip() for name in unquote_plus(fields).split(",") if name.strip()}
    plain = {name for name in names if not name.startswith("metadata")}
    unknown = sorted(plain - query_type.attributes)
    if unknown:
        raise _BadQueryError(f"Unknown field: {', '.join(unknown)}")
    shown = {name: column for name, column in columns.items() if name in plain or name == "href"}
    keys = tuple(name.partition(":")[2] for name in names if name.startswith("metadata"))
    return {**shown, METADATA: lambda context, subject: _metadata(subject, keys)} if keys else shown


def _metadata(subject: Any, keys: tuple[str, ...]) -> dict[str, Any] | None:
    metadata: dict[str, Any] = getattr(subject, "metadata", {})
    return {key: metadata[key] for key in keys if key in metadata} or None


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
    """Return the rows that match a filter, in the requested order.

    Raises _BadQueryError for an invalid filter or an unknown attribute.
    """
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
    """Return the URL of a page. Its parameters have the same order as on real servers.

    Source: protocol/recorded-responses.md §3.
    """
    path = context.request.path.rstrip("/")
    parts = [parameter for parameter in context.raw_query.split("&") if parameter]
    other_parameters = [
        parameter for parameter in parts if parameter.split("=", 1)[0] not in ("type", "page", "pageSize", "format")
    ]
    typed = [parameter for parameter in parts if parameter.startswith("type=")]
    return f"{context.base_url}{path}?" + "&".join(
        [*typed, f"page={number}", f"pageSize={size}", f"format={form}", *other_parameters]
    )


def _row(query_type: QueryType, record: dict[str, Any], form: str) -> Any:
    metadata = record.pop(METADATA, None)
    if form == "references":
        # A reference has no name if ``fields`` omits the name. Source: protocol/query.md §3.
        names = {"name": record.get("name"), "id": urn_of(record["href"]), "href": record["href"]}
        return element(query_type.references.removesuffix("s"), {"type": query_type.media_type, **names})
    if form == "idrecords":
        record = {"id" if name == "href" else name: _as_urn(value) for name, value in record.items()}
    return element(query_type.record, record, *([_metadata_element(metadata)] if metadata else []))


def _metadata_element(metadata: dict[str, Any]) -> Any:
    """Return the metadata of a record as an XML element.

    Source: protocol/query.md §4.3.
    """
    entries = []
    for key, value in metadata.items():
        typed = element("TypedValue", None, element("Value", None, metadata_values.text_of(value)))
        typed.set("{http://www.w3.org/2001/XMLSchema-instance}type", metadata_values.type_of(value))
        entries.append(element("MetadataEntry", None, element("Key", None, key), typed))
    return element("Metadata", None, *entries)


def _as_urn(value: Any) -> Any:
    return urn_of(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else value
