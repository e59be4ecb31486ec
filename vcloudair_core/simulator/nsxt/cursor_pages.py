"""Pages of lists that use a cursor: NAT rules and IPsec tunnels.

Source: protocol/nsxt.md §1.4.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.transport.messages import Headers, Response

_OFFSET, _CURSOR = "NETWORKING_CURSOR_OFFSET", "NETWORKING_CURSOR"


def cursor_page(context: Any, values: Sequence[Mapping[str, Any]], status: str, model: str) -> Response:
    """Return one page of ``values`` as JSON, with the keys ``status`` and ``values``.

    The page does not state the total number of values. The Link header contains the URL of the next page. If the
    request has a cursor, its other parameters are ignored. The list can be sorted only by name, and cannot be filtered.
    Source: protocol/vcd-modern.md §2.3.
    """
    try:
        start, size, is_descending = _selection(context)
    except ValueError as exc:
        return json_responses.error(400, "BAD_REQUEST", f"[ {context.request_id} ] {exc}")
    rows = sorted(values, key=lambda value: str(value.get("name", "")), reverse=is_descending)
    body = {"status": status, "values": rows[start : start + size]}
    response = json_responses.item(context, body)
    address = f"{context.root}{context.request.path}"
    links = [f'<{address}?{urlencode({"pageSize": size})}>;rel="firstPage";type="application/json";model="{model}"']
    if start + size < len(rows):
        state = {_OFFSET: start + size, "pageSize": size, _CURSOR: "desc" if is_descending else ""}
        cursor = base64.b64encode(json.dumps(state).encode()).decode()
        query = urlencode({"cursor": cursor, "pageSize": size})
        links.append(f'<{address}?{query}>;rel="nextPage";type="application/json";model="{model}"')
    headers = [("Link", link) for link in links] if context.simulator.config.link_header else []
    location = ("Content-Location", context.request.url)
    return Response(200, Headers([*response.headers.pairs(), *headers, location]), response.body)


def _selection(context: Any) -> tuple[int, int, bool]:
    """Return the requested page as (index of its first value, size, is_descending).

    Raises ValueError for an invalid parameter.
    """
    query = {name: texts[0] for name, texts in context.query.items()}
    if query.get("cursor"):
        try:
            state = json.loads(base64.b64decode(query["cursor"], validate=True))
            return max(0, int(state[_OFFSET])), max(1, int(state["pageSize"])), state[_CURSOR] == "desc"
        except (ValueError, KeyError, TypeError):
            raise ValueError("validation error on field 'cursor': the cursor is invalid") from None
    if "filter" in query:
        raise ValueError("validation error on field 'filter': no field is searchable")
    order = query.get("sortAsc") or query.get("sortDesc") or "name"
    if order != "name":
        raise ValueError(f"validation error on field 'sortAsc': '{order}' is not sortable")
    size = query.get("pageSize") or str(json_responses.DEFAULT_PAGE_SIZE)
    if not size.isdecimal() or not 1 <= int(size) <= json_responses.MAX_PAGE_SIZE:
        raise ValueError(f"validation error on field 'pageSize': '{size}' is not between 1 and 128")
    return 0, int(size), bool(query.get("sortDesc"))
