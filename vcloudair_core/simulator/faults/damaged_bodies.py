"""Faults that damage a correct response."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from vcloudair_core.transport.messages import Response

_DEPTH = 100_000
_PADDING_LENGTH = 12_000_000
_BOMB = b"".join(
    [
        b'<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY e0 "boom">',
        *(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10)),
        b"]><bomb>&e9;</bomb>",
    ]
)
_ROOT = re.compile(rb"<(?![?!/])[^>]*>")
_TOTAL = re.compile(rb'(\btotal=")(\d+)(")')
_NUMBERS = re.compile(rb'\b(total|pageSize)="(\d+)"')
_LINK = re.compile(rb"""(["'])(https?://[^"'/]+)""")


def _is_json(response: Response) -> bool:
    return response.body.lstrip()[:1] in (b"{", b"[")


def _truncated(response: Response, fault: Any) -> Response:
    return replace(response, body=response.body[: len(response.body) // 2])


def _empty(response: Response, fault: Any) -> Response:
    return replace(response, body=b"")


def _other_document(response: Response, fault: Any) -> Response:
    body = b'{"weather": "fine"}' if _is_json(response) else b'<weather xmlns="urn:elsewhere"><sky>blue</sky></weather>'
    return replace(response, body=body)


def _deep(response: Response, fault: Any) -> Response:
    if _is_json(response):
        return replace(response, body=b"[" * _DEPTH + b"]" * _DEPTH)
    return replace(response, body=b"<a>" * _DEPTH + b"</a>" * _DEPTH)


@functools.lru_cache(maxsize=1)
def _padding() -> bytes:
    return b"x" * _PADDING_LENGTH


def _huge(response: Response, fault: Any) -> Response:
    """Add 12 million characters, which exceed the limits of a strict parser."""
    if _is_json(response):
        begin, rest = response.body.lstrip()[:1], response.body.lstrip()[1:]
        extra = b'"padding": "%s"' % _padding() if begin == b"{" else b'"%s"' % _padding()
        comma = b"" if rest.lstrip()[:1] in (b"}", b"]") else b","
        return replace(response, body=begin + extra + comma + rest)
    match = _ROOT.search(response.body)
    if match is None or match[0].endswith(b"/>"):
        return replace(response, body=b"<padding>%s</padding>" % _padding())
    body = response.body
    return replace(response, body=body[: match.end()] + b"<Padding>%s</Padding>" % _padding() + body[match.end() :])


def _wrong_date(response: Response, fault: Any) -> Response:
    try:
        sent = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        return response
    return replace(response, headers=response.headers.merged({"Date": formatdate(sent + fault.seconds, usegmt=True)}))


def _links_abroad(response: Response, fault: Any) -> Response:
    parts = urlsplit(fault.location or "https://elsewhere.example.net")
    origin = f"{parts.scheme}://{parts.netloc}".encode()
    # XML namespaces look like links, so only links to this server are changed.
    own = b"://" + urlsplit(response.url).netloc.encode()
    body = _LINK.sub(lambda link: link[1] + origin if link[2].endswith(own) else link[0], response.body)
    headers = response.headers
    location = headers.get("Location", "")
    if location:
        headers = headers.merged({"Location": origin.decode() + urlsplit(location).path})
    return replace(response, body=body, headers=headers)


def _endless_pages(response: Response, fault: Any) -> Response:
    """Make every page of a list, even the last one, refer to a next page.

    Query results refer to the next page with a link, vCloud Air metrics with a cursor, and lists of VMware Cloud
    Director Availability with a total that exceeds the offset.
    """
    href = re.sub(r"([?&])page=\d+", r"\1", response.url)
    href += f"{'&' if '?' in href else '?'}page={fault.hits + 1}"
    if _is_json(response):
        tree = json.loads(response.body)
        if isinstance(tree, dict) and "rows" in tree:
            # The server accepts the cursor and returns an empty page, which gets a cursor again.
            tree["next"] = base64.b64encode(json.dumps({"b": 0, "e": 0, "o": fault.hits}).encode()).decode()
        elif _is_offset_list(tree):
            offset = int(parse_qs(urlsplit(response.url).query).get("offset", ["0"])[0])
            tree["total"] = max(tree["total"], offset + len(tree["items"])) + 1
        elif _is_query_result(tree):
            tree["link"].insert(0, {"rel": "nextPage", "href": href, "type": None})
        return replace(response, body=json.dumps(tree).encode())
    match = _ROOT.search(response.body)
    if match is None or match[0].endswith(b"/>") or b"total=" not in match[0]:
        return response
    link = f'<Link rel="nextPage" href="{href.replace("&", "&amp;")}"/>'.encode()
    return replace(response, body=response.body[: match.end()] + link + response.body[match.end() :])


def _is_query_result(tree: Any) -> bool:
    """Return True for a JSON document of the query service."""
    return isinstance(tree, dict) and {"total", "pageSize", "link"} <= set(tree)


def _is_offset_list(tree: Any) -> bool:
    """Return True for a list page of VMware Cloud Director Availability."""
    return isinstance(tree, dict) and {"items", "total"} <= set(tree)


def _repeated_pages(response: Response, fault: Any) -> Response:
    """Replace every page of a list with the page that was requested first."""
    if not _has_more_pages(response):
        return response
    parts = urlsplit(response.url)
    list_id = f"{parts.path}?{parse_qs(parts.query).get('type')}"
    return replace(response, body=fault.kept.setdefault(list_id, response.body))


def _has_more_pages(response: Response) -> bool:
    """Return True if the response is a page of a list that has several pages."""
    if _is_json(response):
        tree = json.loads(response.body)
        if _is_offset_list(tree):
            return bool(tree["total"] > len(tree["items"]))
        return b'"rows"' in response.body or (_is_query_result(tree) and tree["total"] > tree["pageSize"])
    root = _ROOT.search(response.body)
    numbers = dict(_NUMBERS.findall(root[0] if root is not None else b""))
    return b"total" in numbers and int(numbers[b"total"]) > int(numbers.get(b"pageSize", 1 << 30))


def _growing_total(response: Response, fault: Any) -> Response:
    more = 1000 * fault.hits
    if _is_json(response):
        tree = json.loads(response.body)
        if not (_is_query_result(tree) or _is_offset_list(tree)):
            return response
        return replace(response, body=json.dumps({**tree, "total": tree["total"] + more}).encode())
    return replace(
        response, body=_TOTAL.sub(lambda match: match[1] + b"%d" % (int(match[2]) + more) + match[3], response.body)
    )


DAMAGE: dict[str, Callable[[Response, Any], Response]] = {
    "truncated": _truncated,
    "bad_xml": lambda response, fault: replace(response, body=b"<broken"),
    "bad_json": lambda response, fault: replace(response, body=b"{broken"),
    "bad_content_type": lambda response, fault: replace(
        response, headers=response.headers.merged({"Content-Type": "application/octet-stream"})
    ),
    "empty": _empty,
    "other_document": _other_document,
    "deep": _deep,
    "huge": _huge,
    "entity_bomb": lambda response, fault: replace(response, body=_BOMB),
    "wrong_date": _wrong_date,
    "links_abroad": _links_abroad,
    "endless_pages": _endless_pages,
    "repeated_pages": _repeated_pages,
    "growing_total": _growing_total,
}
"""Function that damages a response, by kind of fault.

Each function takes the correct response and the fault. It returns the damaged response.
"""

HEADER_KINDS = frozenset({"bad_content_type", "wrong_date", "links_abroad"})
"""Faults that change headers. They also apply to responses without a body."""
