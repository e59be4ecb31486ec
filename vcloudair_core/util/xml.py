"""The one door through which XML and JSON of a server come in: hardened, lazy, and plain about what went wrong.

No DOCTYPE of any kind, so no entities and no bombs; no network; no huge trees; nesting as deep as libxml2 allows (256;
the API itself stops at 100. Source: protocol/sessions.md §4.5). JSON that two programs may understand in two ways is
none: a
key that is there twice, a number that is too large to be one, half of a character. lxml is imported with the first
document.
"""

from __future__ import annotations

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
_HUGE_NUMBER = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{300}")
# Encodings in which a DOCTYPE cannot hide from a search for its bytes.
_PLAIN_ENCODINGS = {b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252"}
_BOM = b"\xef\xbb\xbf"


def parse(body: bytes, *, what: str) -> _Element:
    """The root element of an XML document. ``what`` says for people what the document was to be: ``the session``.

    Comments and processing instructions are dropped: nothing in this protocol means anything by them.

    Raises: DecodeError when it is empty, HTML, has a DOCTYPE, is not well-formed, or is nested too deep.
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
    """The value of a JSON document. Raises DecodeError when it is empty, HTML, not JSON, or says a thing in two ways.

    ``has_nan``: NaN and Infinity, which are not JSON, but which servers of measurements write, are taken.
    """
    import json

    how: dict[str, Any] = {"parse_constant": float} if has_nan else {"parse_constant": _no_constant}
    if not has_nan:
        # Of measurements nothing is sent back, and there are many of them.
        how["object_pairs_hook"] = _each_once
        if _HUGE_NUMBER.search(body):
            how["parse_float"] = _finite
    if not body.strip():
        raise DecodeError(f"{_upper(what)} is empty: the server sent no body.")
    if _looks_like_html(body, _skip_prolog(body)):
        raise html_error(body, what, "JSON")
    try:
        tree = json.loads(body.decode("utf-8-sig"), **how)
        if _HALF_CHARACTER.search(body):
            # Two halves make one, such as a smiley. One by itself cannot be printed, stored or sent back.
            json.dumps(tree, ensure_ascii=False).encode()
        return tree
    except (ValueError, RecursionError) as exc:
        reason = "it is nested too deep" if isinstance(exc, RecursionError) else str(exc)
        raise _error(f"{_upper(what)} is not JSON ({reason}).", body) from exc


def local(element: _Element) -> str:
    """The name of an element without its namespace: prefixes and even URIs change between releases."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def whole(text: str | None) -> int | None:
    """A whole number in plain digits; None for anything else, also for one that no counter of a server holds."""
    text = (text or "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None


def count(text: str | None) -> int | None:
    """As :func:`whole`, for what cannot be less than nothing: a total of -5 would end every list before its first."""
    number = whole(text)
    return number if number is not None and number >= 0 else None


def to_bytes(element: _Element) -> bytes:
    """The element as a document of its own, in UTF-8 with a declaration."""
    from lxml import etree

    encoded: bytes = etree.tostring(element, xml_declaration=True, encoding="UTF-8", with_tail=False)
    return encoded


def excerpt_of(body: bytes | str) -> str:
    """The beginning of a body on one line, secrets hidden, at most 200 characters."""
    text = body.decode("utf-8", errors="replace") if isinstance(body, bytes) else body
    shown = redact_text(text[: EXCERPT_LENGTH * 20], remembered())
    # What a terminal would take for a command is not shown.
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in shown).split())
    return line if len(line) <= EXCERPT_LENGTH else line[: EXCERPT_LENGTH - 1] + "…"


def html_title(body: bytes) -> str:
    """The title of an HTML page, or an empty string when this is not HTML."""
    if not _looks_like_html(body, _skip_prolog(body)):
        return ""
    match = _TITLE.search(body[:20_000].decode("utf-8", errors="replace"))
    return excerpt_of(match.group(1)) if match else "(no title)"


def html_error(body: bytes, what: str, expected: str) -> DecodeError:
    """The error for a page in place of data: somebody else than the API answered."""
    title = html_title(body)
    return DecodeError(
        f"{_upper(what)}: the server answered with an HTML page ({title}) in place of {expected}.",
        excerpt=title,
        hint="Is url the address of the API and not of a portal or a proxy's sign-in page?",
    )


def _skip_prolog(body: bytes) -> int:
    position = 0
    while match := _BEFORE_ROOT.match(body, position):
        position = match.end()
    return position


def _looks_like_html(body: bytes, root_at: int) -> bool:
    return body[root_at : root_at + 14].lower().startswith((b"<!doctype html", b"<html"))


def _refuse(body: bytes, root_at: int, what: str) -> None:
    """Raises DecodeError for what must never reach the parser."""
    if not body.strip():
        raise DecodeError(f"{_upper(what)} is empty: the server sent no body.")
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
    raise ValueError(f"{name} is not a number of JSON")


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
        raise ValueError(f"an object has the key {excerpt_of(twice)!r} twice")
    return members


def _upper(what: str) -> str:
    return what[:1].upper() + what[1:]
