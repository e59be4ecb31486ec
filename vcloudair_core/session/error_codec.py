"""Decode error response bodies.

Supported formats: vCloud ``Error``, NSX ``error``, the JSON errors of cloudapi, NSX, OAuth, VCDA and the portals, HTML
pages, plain text, and empty bodies. The stack trace in the errors of VCDA is not read. Source: protocol/tasks.md §4.1,
protocol/ans.md §6, protocol/sessions.md §2.2, protocol/vcda.md §6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.util.xml import excerpt_of, html_title, local, parse, parse_json

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.transport.messages import Response

_MAX_CHARACTERS = 10_000
_REQUEST_ID = re.compile(r"^\s*\[\s*([0-9A-Za-z-]{8,128})\s*\]\s*")


@dataclass(frozen=True)
class ErrorBody:
    """A decoded error body.

    ``is_structured`` is False for HTML, plain text and empty bodies.
    """

    message: str = ""
    code: str = ""
    request_id: str = ""
    is_structured: bool = False
    vendor_code: str = ""


def decode_error_body(response: Response) -> ErrorBody:
    """Decode an error response of any format.

    This function never raises. It does not redact secrets.
    """
    body = response.body
    if not body.strip():
        return ErrorBody()
    title = html_title(body)
    if title:
        return ErrorBody(f"an HTML page titled {title!r}")
    try:
        if body.lstrip()[:1] in (b"{", b"["):
            fault = _from_json(parse_json(body, what="the error"))
        elif body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            fault = decode_error_element(parse(body, what="the error"))
        else:
            fault = None
    except DecodeError:
        fault = None
    if fault is not None:
        return _without_request_id(fault)
    return ErrorBody(excerpt_of(body))


def decode_error_element(element: _Element) -> ErrorBody | None:
    """Decode an ``Error`` element of vCloud or vcim, or an ``error`` element of NSX.

    Return None for any other element.

    A nested ``TenantError`` takes precedence, because it is the error that the provider shows to tenants.
    Source: protocol/tasks.md §4.1.
    """
    name = local(element)
    if name == "errors":
        first = next((child for child in element if local(child) == "error"), None)
        return decode_error_element(first) if first is not None else None
    if name == "Error" or name == "TenantError":
        inner = next((child for child in element if local(child) == "TenantError"), None)
        source = inner if inner is not None else element
        message, code = source.get("message"), source.get("minorErrorCode")
        return ErrorBody(
            _clean(message),
            _clean(code) or _clean(source.get("majorErrorCode")),
            is_structured=True,
            vendor_code=_clean(source.get("vendorSpecificErrorCode") or element.get("vendorSpecificErrorCode")),
        )
    if name == "error":
        texts = {local(child): _clean(child.text) for child in element}
        return ErrorBody(texts.get("details", ""), texts.get("errorCode", ""), is_structured=True)
    return None


def _from_json(tree: Any) -> ErrorBody | None:
    if isinstance(tree, list):
        tree = tree[0] if tree else None
    if not isinstance(tree, dict):
        return None
    if isinstance(tree.get("tenantError"), dict):
        tree = tree["tenantError"]
    elif isinstance(tree.get("error"), dict):
        tree = tree["error"]
    message = _first(tree, "message", "details", "error_description", "detail", "errorMessage", "msg")
    code = _first(tree, "minorErrorCode", "errorCode", "error", "code")
    if not message and not code:
        return None
    return ErrorBody(message, code, is_structured=True)


def _first(tree: dict[str, Any], *names: str) -> str:
    for name in names:
        value = tree.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return _clean(str(value))
    return ""


def _clean(text: str | None) -> str:
    """Return text as one printable line without repeated spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in (text or "")[:_MAX_CHARACTERS]).split())


def _without_request_id(fault: ErrorBody) -> ErrorBody:
    """Move the prefix ``[ <request-id> ]`` of newer messages to ``request_id``."""
    match = _REQUEST_ID.match(fault.message)
    if not match:
        return fault
    return replace(fault, message=fault.message[match.end() :], request_id=match.group(1))
