"""JSON responses of ``/cloudapi``: single items, pages and errors.

Source: protocol/vcd-modern.md §2.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlencode

from vcloudair_core.simulator.query.query_filter import compile_filter
from vcloudair_core.transport.messages import Headers, Response

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 25, 128
_CONTEXT = re.compile(r"_context==[^;,()]*")
"""A filter condition on ``_context``.

Routes evaluate such a condition themselves, and :func:`page` ignores it.
"""
Views = Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]]
"""A function that returns the forms of a value to which a filter applies."""


def item(context: Any, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return one object as JSON, in the API version of the request."""
    content_type = {"Content-Type": f"application/json;version={context.version}"}
    return Response(status, Headers({**content_type, **(headers or {})}), json.dumps(value).encode())


def error(status: int, code: str, message: str) -> Response:
    """Return an error in the JSON format of ``/cloudapi``."""
    body = {"minorErrorCode": code, "message": message, "stackTrace": None}
    return Response(status, Headers({"Content-Type": "application/json"}), json.dumps(body).encode())


def no_access(kind: str, identifier: str) -> Response:
    """Return the error for an ID that is unknown or that the user cannot read.

    Source: protocol/nsxt.md §1.3.
    """
    message = f'No access to entity "com.vmware.vcloud.entity.{kind}:{uuid_of(identifier)}".'
    return error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", message)


def uuid_of(identifier: str) -> str:
    """Return the UUID at the end of a URN.

    The URN can be percent-encoded, as in a path.
    """
    return unquote(identifier).rpartition(":")[2]


def page(
    context: Any,
    values: Sequence[Mapping[str, Any]],
    model: str,
    *,
    searchable: Collection[str] = ("id", "name"),
    max_size: int = MAX_PAGE_SIZE,
    views: Views | None = None,
) -> Response:
    """Return one page of ``values``, with Link headers to other pages.

    The filter, sort order and page size of the request apply. The default order is by name. ``searchable`` contains the
    fields that a filter can use. ``views`` returns the variants of a value that are compared with the filter. A value
    matches if one of its variants matches.
    """
    try:
        rows = _sorted(context, _filtered(context, values, searchable, views or _one_view))
        number, size = _whole(context, "page", 1, 1), _whole(context, "pageSize", DEFAULT_PAGE_SIZE, 0)
    except ValueError as exc:
        return error(400, "BAD_REQUEST", f"[ {context.version} ] {exc}")
    if size > max_size:
        if context.simulator.config.page_size_over == "400":
            return error(400, "BAD_REQUEST", f"validation error on field 'pageSize': must be at most {max_size}")
        size = max_size
    count = math.ceil(len(rows) / size) if size else 0
    body = {
        "resultTotal": len(rows),
        "pageCount": count,
        "page": number,
        "pageSize": size,
        "associations": None,
        "values": rows[(number - 1) * size : number * size],
    }
    response = item(context, body)
    links = [("Link", text) for text in _links(context, number, size, count, model)]
    if not context.simulator.config.link_header:
        links = []
    location = ("Content-Location", context.request.url)
    return Response(200, Headers([*response.headers.pairs(), *links, location]), response.body)


def _links(context: Any, number: int, size: int, count: int, model: str) -> Iterator[str]:
    """Yield a Link header for the first, last, previous and next page.

    The first and last page always have a Link header, even if the list has only one page.
    """
    pages = {"firstPage": 1, "lastPage": max(count, 1)}
    if number > 1:
        pages["previousPage"] = number - 1
    if number < count:
        pages["nextPage"] = number + 1
    for rel, target in pages.items():
        parameters = {name: values[0] for name, values in context.query.items()}
        query = urlencode({**parameters, "page": str(target), "pageSize": str(size)})
        address = f"{context.root}{context.request.path}?{query}"
        yield f'<{address}>;rel="{rel}";type="application/json";model="{model}"'


def _one_view(value: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (value,)


def _filtered(
    context: Any, values: Sequence[Mapping[str, Any]], searchable: Collection[str], views: Views
) -> list[Mapping[str, Any]]:
    text = (context.query.get("filter") or [""])[0]
    if not text:
        return list(values)
    is_encoded = (context.query.get("filterEncoded") or ["false"])[0] == "true"
    # The condition is replaced by one that is always true, because every record has an ID.
    text = _CONTEXT.sub("id!=none", text)
    matches = compile_filter(text, {"id", *searchable}, is_encoded=is_encoded and "%" in text)
    return [value for value in values if any(matches(dict(_flattened(view))) for view in views(value))]


def _flattened(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of each field in a JSON object.

    The path of a nested field has dots, such as ``ownerRef.id``.
    """
    for name, field in value.items():
        if isinstance(field, Mapping):
            yield from _flattened(field, f"{prefix}{name}.")
        elif field is not None:
            yield f"{prefix}{name}", field


def _sorted(context: Any, values: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    ascending, descending = ((context.query.get(name) or [""])[0] for name in ("sortAsc", "sortDesc"))
    if ascending and descending:
        raise ValueError("sortAsc and sortDesc are mutually exclusive")
    field = ascending or descending or "name"
    return sorted(values, key=lambda value: str(dict(_flattened(value)).get(field, "")), reverse=bool(descending))


def _whole(context: Any, name: str, default: int, least: int) -> int:
    text = (context.query.get(name) or [str(default)])[0]
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"validation error on field '{name}': {text!r} is not allowed")
    return int(text)
