"""Choose XML or JSON for the response to a request for a vCloud document.

Source: protocol/vcd-modern.md §1.2, §1.7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from vcloudair_core.simulator.json_documents.json_writer import NoJsonFormError, in_json_type, to_json
from vcloudair_core.simulator.releases import as_numbers, is_at_least
from vcloudair_core.transport.messages import Headers, Request, Response

JSON_SINCE = (27, 0)
"""The oldest API version in which clients are known to request JSON.

The limit is inferred.
"""
_QUALITY = re.compile(r";\s*q=([\d.]+)")
_XML_TYPE = re.compile(r"(?:application/\S*\+xml|text/xml)\b", re.I)
_VERSION = re.compile(r";\s*version=([\d.]+)")


def accepted_formats(request: Request) -> list[str]:
    """Return the formats ``json`` and ``xml`` in the order of the Accept header.

    ``*/*`` and ``application/*`` select XML. ``application/json`` selects nothing, because vCloud documents have media
    types with the suffix ``+json`` (inferred). A request without the header gets XML.
    """
    header = request.headers.get("Accept", "")
    ranges = sorted(_ranges(header), key=lambda pair: -pair[1])
    formats = [format_ for media_type, _ in ranges for format_ in _formats(media_type)]
    return list(dict.fromkeys(formats)) if header.strip() else ["xml"]


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Yield each media type of an Accept header with its quality value (``q``)."""
    for text in header.split(","):
        quality = _QUALITY.search(text)
        yield text.partition(";")[0].strip().lower(), float(quality[1]) if quality else 1.0


def _formats(media_type: str) -> list[str]:
    if media_type.endswith("+json"):
        return ["json"]
    return ["xml"] if media_type.endswith(("xml", "/*")) else []


def lacks_format(request: Request, version: str) -> bool:
    """Return True if the API version lacks all formats that the request accepts."""
    formats = accepted_formats(request)
    return "xml" not in formats and ("json" not in formats or not is_at_least(version, JSON_SINCE))


def is_json_body(request: Request, media_type: str, version: str) -> bool:
    """Return True if the Content-Type is the JSON form of ``media_type``.

    The wildcard ``application/*+json`` matches any media type. In API versions without JSON documents, the result is
    False.
    """
    sent = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    expected = (in_json_type(media_type).lower(), "application/*+json")
    return sent in expected and is_at_least(version, JSON_SINCE)


def in_accepted_format(request: Request, response: Response, versions: list[str]) -> Response:
    """Return a response in the format that the request prefers.

    A response that is not an XML document stays unchanged. A document without a JSON form is sent as XML if the
    request accepts XML; otherwise, the status is 406 (inferred).

    Args:
        request: The request, with its Accept header.
        response: The response of the route.
        versions: The API versions of the server. The newest one applies to a response without a version.
    """
    content_type = response.headers.get("Content-Type", "")
    formats = accepted_formats(request)
    if not response.body or not _XML_TYPE.match(content_type) or formats[:1] != ["json"]:
        return response
    version = _version_of(request, content_type, versions)
    if not version or not is_at_least(version, JSON_SINCE):
        return response
    try:
        value = to_json(etree.fromstring(response.body))
    except NoJsonFormError as exc:
        return response if "xml" in formats else _without_json(str(exc), version)
    return _with_body(response, value, _media_type(content_type, version))


def _version_of(request: Request, content_type: str, versions: list[str]) -> str:
    """Return the API version of a response.

    This is the first of: a supported requested version, the version in the response, the newest version of the server.
    """
    requested = _VERSION.search(request.headers.get("Accept", ""))
    if requested and requested[1] in versions:
        return requested[1]
    sent = _VERSION.search(content_type)
    return sent[1] if sent else max(versions, key=as_numbers, default="")


def _media_type(content_type: str, version: str) -> str:
    """Return the Content-Type of a JSON document.

    The list of API versions has the general media type ``application/json``.
    """
    media_type = content_type.partition(";")[0].strip()
    if not media_type.endswith("+xml"):
        return "application/json"
    return f"{media_type[:-4]}+json;version={version}"


def _with_body(response: Response, value: dict[str, Any], content_type: str) -> Response:
    kept = Headers([pair for pair in response.headers.pairs() if pair[0].lower() != "content-length"])
    body = json.dumps(value, ensure_ascii=False).encode()
    return replace(response, headers=kept.merged({"Content-Type": content_type}), body=body)


def _without_json(root: str, version: str) -> Response:
    """Return the error for a document that exists as XML only."""
    error: dict[str, Any] = {
        "otherAttributes": {},
        "tenantError": None,
        "stackTrace": None,
        "message": f"The request has invalid accept header: {root} is available as XML only.",
        "majorErrorCode": 406,
        "minorErrorCode": "NOT_ACCEPTABLE",
        "vendorSpecificErrorCode": None,
        "vCloudExtension": [],
    }
    headers = Headers({"Content-Type": f"application/vnd.vmware.vcloud.error+json;version={version}"})
    return Response(406, headers, json.dumps(error).encode())
