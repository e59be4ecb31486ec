"""Answers that were right, and what a fault makes of them."""

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
_FILLING = 12_000_000
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


def _truncated(response: Response, order: Any) -> Response:
    return replace(response, body=response.body[: len(response.body) // 2])


def _empty(response: Response, order: Any) -> Response:
    return replace(response, body=b"")


def _other_document(response: Response, order: Any) -> Response:
    body = b'{"weather": "fine"}' if _is_json(response) else b'<weather xmlns="urn:elsewhere"><sky>blue</sky></weather>'
    return replace(response, body=body)


def _deep(response: Response, order: Any) -> Response:
    if _is_json(response):
        return replace(response, body=b"[" * _DEPTH + b"]" * _DEPTH)
    return replace(response, body=b"<a>" * _DEPTH + b"</a>" * _DEPTH)


@functools.lru_cache(maxsize=1)
def _filling() -> bytes:
    return b"x" * _FILLING


def _huge(response: Response, order: Any) -> Response:
    """One text that is longer than what a careful parser takes."""
    if _is_json(response):
        begin, rest = response.body.lstrip()[:1], response.body.lstrip()[1:]
        extra = b'"filling": "%s"' % _filling() if begin == b"{" else b'"%s"' % _filling()
        comma = b"" if rest.lstrip()[:1] in (b"}", b"]") else b","
        return replace(response, body=begin + extra + comma + rest)
    match = _ROOT.search(response.body)
    if match is None or match[0].endswith(b"/>"):
        return replace(response, body=b"<filling>%s</filling>" % _filling())
    body = response.body
    return replace(response, body=body[: match.end()] + b"<Filling>%s</Filling>" % _filling() + body[match.end() :])


def _wrong_date(response: Response, order: Any) -> Response:
    try:
        sent = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        return response
    return replace(response, headers=response.headers.merged({"Date": formatdate(sent + order.seconds, usegmt=True)}))


def _links_abroad(response: Response, order: Any) -> Response:
    parts = urlsplit(order.location or "https://elsewhere.example.net")
    there = f"{parts.scheme}://{parts.netloc}".encode()
    # Names of namespaces look like links and are none.
    own = b"://" + urlsplit(response.url).netloc.encode()
    body = _LINK.sub(lambda link: link[1] + there if link[2].endswith(own) else link[0], response.body)
    headers = response.headers
    place = headers.get("Location", "")
    if place:
        headers = headers.merged({"Location": there.decode() + urlsplit(place).path})
    return replace(response, body=body, headers=headers)


def _endless_pages(response: Response, order: Any) -> Response:
    """A cursor or a link that was not there before, whatever page this is."""
    if _is_json(response):
        tree = json.loads(response.body)
        if isinstance(tree, dict) and "rows" in tree:
            # In the form that this server's own cursors have; what it leads to is empty, and has a cursor again.
            tree["next"] = base64.b64encode(json.dumps({"b": 0, "e": 0, "o": order.hits}).encode()).decode()
        return replace(response, body=json.dumps(tree).encode())
    match = _ROOT.search(response.body)
    if match is None or match[0].endswith(b"/>") or b"total=" not in match[0]:
        return response
    href = re.sub(r"([?&])page=\d+", r"\1", response.url)
    href += f"{'&' if '?' in href else '?'}page={order.hits + 1}"
    link = f'<Link rel="nextPage" href="{href.replace("&", "&amp;")}"/>'.encode()
    return replace(response, body=response.body[: match.end()] + link + response.body[match.end() :])


def _repeated_pages(response: Response, order: Any) -> Response:
    """The first page of each list, again and again."""
    if not _is_one_of_many(response):
        return response
    parts = urlsplit(response.url)
    which = f"{parts.path}?{parse_qs(parts.query).get('type')}"
    return replace(response, body=order.kept.setdefault(which, response.body))


def _is_one_of_many(response: Response) -> bool:
    """Return True for a page of several. The list's own head says so; a cursor does."""
    if _is_json(response):
        return b'"rows"' in response.body
    root = _ROOT.search(response.body)
    numbers = dict(_NUMBERS.findall(root[0] if root is not None else b""))
    return b"total" in numbers and int(numbers[b"total"]) > int(numbers.get(b"pageSize", 1 << 30))


def _growing_total(response: Response, order: Any) -> Response:
    more = 1000 * order.hits
    return replace(
        response, body=_TOTAL.sub(lambda match: match[1] + b"%d" % (int(match[2]) + more) + match[3], response.body)
    )


SPOIL: dict[str, Callable[[Response, Any], Response]] = {
    "truncated": _truncated,
    "bad_xml": lambda response, order: replace(response, body=b"<broken"),
    "bad_json": lambda response, order: replace(response, body=b"{broken"),
    "bad_content_type": lambda response, order: replace(
        response, headers=response.headers.merged({"Content-Type": "application/octet-stream"})
    ),
    "empty": _empty,
    "other_document": _other_document,
    "deep": _deep,
    "huge": _huge,
    "entity_bomb": lambda response, order: replace(response, body=_BOMB),
    "wrong_date": _wrong_date,
    "links_abroad": _links_abroad,
    "endless_pages": _endless_pages,
    "repeated_pages": _repeated_pages,
    "growing_total": _growing_total,
}
"""By kind: (the right answer, the order) to what is sent."""

OF_HEADERS = frozenset({"bad_content_type", "wrong_date", "links_abroad"})
"""Those that make a difference where there is no body."""
