"""Build responses of vCloud Director and NSX, with the headers of real servers.

Source: protocol/recorded-responses.md §1, §7.
"""

from __future__ import annotations

import json
import re
from typing import Any

from vcloudair_core.simulator.xml_builder import element, serialize
from vcloudair_core.transport.messages import Headers, Request, Response

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)


def requested_version(request: Request) -> str:
    """Return the API version in the Accept header, or an empty string.

    Source: protocol/sessions.md §4.2.
    """
    match = re.search(r"(?:^|[;\s])version=([\d.]+[\w.-]*)", request.headers.get("Accept", ""))
    return match.group(1) if match else ""


def entity(
    root: Any, media_type: str, version: str = "", *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a response with an XML document.

    If ``version`` is set, the Content-Type is in lower case and contains the version.
    """
    content_type = f"{media_type.lower()};version={version}" if version else media_type
    return Response(status, Headers({"Content-Type": content_type, **(headers or {})}), serialize(root))


def error(status: int, code: str, message: str, version: str = "5.6", *, vendor_code: str | None = None) -> Response:
    """Return a response with a vCloud Error document."""
    attributes = {"majorErrorCode": status, "minorErrorCode": code, "message": message}
    root = element("Error", {**attributes, "vendorSpecificErrorCode": vendor_code})
    return entity(root, "application/vnd.vmware.vcloud.error+xml", version, status=status)


def forbidden(kind: str, identifier: str, version: str) -> Response:
    """Return 403. The response does not show whether the object exists."""
    return error(
        403,
        "ACCESS_TO_RESOURCE_IS_FORBIDDEN",
        f'No access to entity "com.vmware.vcloud.entity.{kind}:{identifier}".',
        version,
    )


def no_access(kind: str, identifier: str, version: str) -> Response:
    """Return 403 for an unknown or forbidden ID, or 400 for a malformed ID.

    Source: protocol/recorded-responses.md §7.
    """
    if not _UUID.fullmatch(identifier.rsplit(":", 1)[-1][-36:]):
        message = "validation error on field 'id': String value has invalid format or length"
        return error(400, "BAD_REQUEST", message, version)
    return forbidden(kind, identifier, version)


def empty(status: int, **headers: str) -> Response:
    """Return a response without a body.

    ``headers`` are additional headers. Each underscore in a name becomes a hyphen.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, Headers({"Content-Length": "0", **named}), b"")


def json_body(
    value: Any, status: int = 200, content_type: str = "application/json", headers: dict[str, str] | None = None
) -> Response:
    """Return a JSON response. The portals and NSX send such responses."""
    return Response(status, Headers({"Content-Type": content_type, **(headers or {})}), json.dumps(value).encode())


def nsx_error(status: int, code: int, details: str, *, as_json: bool, module: str = "vShield Edge") -> Response:
    """Return an NSX error, as JSON or as XML without a namespace.

    Source: protocol/ans.md §6.
    """
    if as_json:
        return json_body(
            {"details": details, "errorCode": code, "moduleName": module, "rootCauseString": None, "errorData": None},
            status,
        )
    root = element(
        "error",
        None,
        element("errorCode", None, code, namespace=""),
        element("details", None, details, namespace=""),
        element("moduleName", None, module, namespace=""),
        namespace="",
    )
    return Response(status, Headers({"Content-Type": "application/xml"}), serialize(root))
