"""Hardened parsers for XML and JSON from servers.

XML with a DOCTYPE is rejected, which prevents entity expansion attacks. The parser has no network access. libxml2
limits the document size, and the nesting depth to 256. The API allows a depth of 100 (source: protocol/sessions.md
§4.5). Ambiguous JSON is rejected: duplicate keys, numbers that are too large, and unpaired surrogates. lxml is
imported at the first document.
"""

from __future__ import annotations

import codecs
import math
import re
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.util.redaction import redact_text, remembered

if TYPE_CHECKING:
    from lxml.etree import _Element

EXCERPT_LENGTH = 200

_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_DECLARED_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
# ASCII-compatible encodings, in which a byte search always finds a DOCTYPE.
_PLAIN_ENCODINGS = {b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252"}
_BOM = b"\xef\xbb\xbf"


def parse(body: bytes, *, what: str) -> _Element:
    """Return the root element of an XML document.

    ``what`` describes the document in messages, such as ``the session``.

    Comments and processing instructions are removed, because the protocol does not use them.

    Raises: DecodeError if the document is empty, HTML, not well-formed, nested too deeply, or has a DOCTYPE.
    """
    from lxml import etree

    text = body[len(_BOM) :] if body.startswith(_BOM) else body
    root_at = _skip_prolog(text)
    _refuse(text, root_at, what)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        reason = str(exc).split(", line")[0]
        raise _error(f"{_upper(what)} is not well-formed XML ({reason}).", text) from exc
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise _error(f"{_upper(what)} has a DOCTYPE, which this protocol does not use.", text)
    return root


def parse_json(body: bytes, *, what: str, has_nan: bool = False) -> Any:
    """Return the value of a JSON document.

    ``what`` describes the document in messages, such as ``the session``. With ``has_nan``, NaN and Infinity are
    allowed. These values are not valid JSON, but metrics servers send such values.

    Raises: DecodeError if the document is empty, HTML, not JSON, or ambiguous.
    """
    import json

    how: dict[str, Any] = {"parse_constant": float} if has_nan else {"parse_constant": _no_constant}
    if not has_nan:
        # Metrics are not checked for duplicate keys: they are large and never sent back.
        how |= {"object_pairs_hook": _each_once, "parse_float": _finite}
    if not body.strip():
        raise DecodeError(f"{_upper(what)} is empty. The server sent no body.")
    if _looks_like_html(body, _skip_prolog(body)):
        raise html_error(body, what, "JSON")
    try:
        tree = json.loads(body.removeprefix(codecs.BOM_UTF8).decode(), **how)
        if _HALF_CHARACTER.search(body):
            # A surrogate pair is one character. An unpaired surrogate cannot be printed, stored or sent back.
            json.dumps(tree, ensure_ascii=False).encode()
        return tree
    except (ValueError, RecursionError) as exc:
        reason = "it is nested too deeply" if isinstance(exc, RecursionError) else str(exc)
        raise _error(f"{_upper(what)} is not JSON ({reason}).", body) from exc


def local(element: _Element) -> str:
    """Return the name of an element without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def whole(text: str | None) -> int | None:
    """Parse an integer of up to 19 digits. Return None for other text."""
    text = (text or "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None


def count(text: str | None) -> int | None:
    """Parse an integer that is not negative. Return None for other text."""
    number = whole(text)
    return number if number is not None and number >= 0 else None


def to_bytes(element: _Element) -> bytes:
    """Serialize an element as a UTF-8 document with an XML declaration."""
    from lxml import etree

    encoded: bytes = etree.tostring(element, xml_declaration=True, encoding="UTF-8", with_tail=False)
    return encoded


def excerpt_of(body: bytes | str) -> str:
    """Return the first 200 characters of a body on one line, with secrets redacted."""
    text = body.decode("utf-8", errors="replace") if isinstance(body, bytes) else body
    shown = redact_text(text[: EXCERPT_LENGTH * 20], remembered())
    # Replace characters that a terminal would interpret.
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in shown).split())
    return line if len(line) <= EXCERPT_LENGTH else line[: EXCERPT_LENGTH - 1] + "…"


def html_title(body: bytes) -> str:
    """Return the title of an HTML page, or an empty string if the body is not HTML."""
    if not _looks_like_html(body, _skip_prolog(body)):
        return ""
    match = _TITLE.search(body[:20_000].decode("utf-8", errors="replace"))
    return excerpt_of(match.group(1)) if match else "(no title)"


def html_error(body: bytes, what: str, expected: str) -> DecodeError:
    """Return the error for an HTML page that arrived instead of data.

    Such a page does not come from the API.
    """
    title = html_title(body)
    return DecodeError(
        f"Reading {what} failed. The server sent an HTML page ({title}) instead of {expected}.",
        excerpt=title,
        hint="Check that url is the address of the API, not of a portal or of a proxy's sign-in page.",
    )


def _skip_prolog(body: bytes) -> int:
    position = 0
    while match := _BEFORE_ROOT.match(body, position):
        position = match.end()
    return position


def _looks_like_html(body: bytes, root_at: int) -> bool:
    return body[root_at : root_at + 14].lower().startswith((b"<!doctype html", b"<html"))


def _refuse(body: bytes, root_at: int, what: str) -> None:
    """Raise DecodeError for a body that must not be passed to the parser."""
    if not body.strip():
        raise DecodeError(f"{_upper(what)} is empty. The server sent no body.")
    if _looks_like_html(body, root_at):
        raise html_error(body, what, "XML")
    if body[root_at : root_at + 2] == b"<!":
        raise _error(f"{_upper(what)} has a DOCTYPE, which this protocol does not use.", body)
    if body[root_at : root_at + 1] != b"<":
        raise _error(f"{_upper(what)} is not XML.", body)
    declared = _DECLARED_ENCODING.match(body)
    if declared and declared.group(1).lower() not in _PLAIN_ENCODINGS:
        raise _error(f"{_upper(what)} is in the encoding {declared.group(1).decode()}, not in UTF-8.", body)


def _error(message: str, body: bytes) -> DecodeError:
    return DecodeError(message, excerpt=excerpt_of(body))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large for a number")
    return number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the duplicate key {excerpt_of(twice)!r}")
    return members


def _upper(what: str) -> str:
    return what[:1].upper() + what[1:]
