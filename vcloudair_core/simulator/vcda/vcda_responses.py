"""JSON responses of VMware Cloud Director Availability: objects, pages and errors.

Source: protocol/vcda.md §1, §3, §6.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lxml import etree

from vcloudair_core.transport.messages import Headers, Response

DEFAULT_LIMIT = 100
_STACK = "com.vmware.h4.cloud.service.ReplicationService.simulated(ReplicationService.java:1)"


def error_document(code: str, message: str, *arguments: str) -> dict[str, Any]:
    """Return the JSON object of an error, as in responses, tasks and replications."""
    return {"code": code, "msg": message, "args": list(arguments), "stacktrace": f"{code}: {message}\n\tat {_STACK}"}


def error(status: int, code: str, message: str, *arguments: str) -> Response:
    """Return an error in the format of VCDA."""
    return item("", error_document(code, message, *arguments), status)


def item(version: str, value: Any, status: int = 200) -> Response:
    """Return a JSON response with the media type of a VCDA API version."""
    media_type = f"application/vnd.vmware.h4-v{version}+json" if version else "application/json"
    return Response(status, Headers({"Content-Type": f"{media_type};charset=UTF-8"}), json.dumps(value).encode())


def shown(context: Any, value: Any) -> Any:
    """Apply the options that change documents to a JSON value.

    The option ``vcda_null_as_text`` replaces null with the text ``null``. The option ``vcda_absent_fields`` removes
    fields, because the other site can be two versions older.

    Source: protocol/vcda.md §1, §3.
    """
    empty, absent = "null" if context.config.vcda_null_as_text else None, context.config.vcda_absent_fields
    return value if empty is None and not absent else _changed(value, empty, absent)


def _changed(value: Any, empty: str | None, absent: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {name: _changed(field, empty, absent) for name, field in value.items() if name not in absent}
    if isinstance(value, list):
        return [_changed(entry, empty, absent) for entry in value]
    return empty if value is None else value


def page(context: Any, values: Sequence[Any], document: Any) -> Response:
    """Return the page of ``values`` that ``offset`` and ``limit`` select.

    ``document(value)`` returns the JSON object of a value. Raises ValueError for an invalid offset or limit.
    """
    offset, limit = whole_number(context, "offset", 0), whole_number(context, "limit", DEFAULT_LIMIT)
    body = {"items": [document(value) for value in values[offset : offset + limit]], "total": len(values)}
    if context.config.vcda_list_echo:
        body |= {"offset": offset, "limit": limit}
    return item(context.version, shown(context, body))


def whole_number(context: Any, name: str, default: int) -> int:
    """Return a parameter of the request as a number, or ``default``.

    Raises ValueError if the value is not a number, or is negative.
    """
    text = context.parameter(name)
    if text and not text.isdecimal():
        message = f"The parameter '{name}' must be a whole number, not '{text}'."
        raise ValueError(message)
    return int(text) if text else default


def as_vcda_error(response: Response) -> Response:
    """Convert the response of a fault to the format of VCDA.

    Faults return errors in the XML format of vCloud. Other responses do not change.
    """
    if response.status == 401 and not response.body:
        return error(401, "NotAuthenticated", "The session has ended.")
    if "vcloud.error+xml" not in response.headers.get("Content-Type", ""):
        return response
    attributes = etree.fromstring(response.body).attrib
    converted = error(response.status, str(attributes["minorErrorCode"]), str(attributes["message"]))
    retry = {name: value for name, value in response.headers.pairs() if name.lower() == "retry-after"}
    return Response(response.status, converted.headers.merged(retry), converted.body)
