"""Read the elements of a simple page of query results in one pass.

lxml builds a tree with an object for each element, which takes more time than receiving the page. Nearly all pages are
simple: UTF-8, without DOCTYPE, and without elements inside records. All other pages and invalid pages are parsed by
lxml, so that results and errors are the same. A test compares both parsers.
"""

from __future__ import annotations

import re
from xml.parsers import expat

MAX_BYTES = 8 * 1024 * 1024
"""Size of the largest page. lxml has limits that only larger documents can exceed."""
_UTF_8 = re.compile(
    rb"(\xef\xbb\xbf)?(<\?xml\s+version=[\"']1\.0[\"'](\s+encoding=[\"']utf-8[\"'])?\s*\?>)?\s*<\w", re.IGNORECASE
)

Element = tuple[str, dict[str, str]]
"""The name of an element and its attributes, without namespaces."""


def flat_elements(body: bytes) -> list[Element] | None:
    """Return the root element and its children, or None if lxml must parse the page."""
    if len(body) > MAX_BYTES or not _UTF_8.match(body) or b"<!DOCTYPE" in body[:2000]:
        return None
    elements: list[Element] = []
    append = elements.append
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > 2:
            raise _NotSimpleError
        if "}" in "".join(attributes):
            attributes = {key: value for key, value in attributes.items() if "}" not in key}
        append((name.rpartition("}")[2], attributes))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*arguments: object) -> None:
        raise _NotSimpleError

    parser = expat.ParserCreate("utf-8", "}")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, _NotSimpleError, ValueError):
        return None
    return elements


class _NotSimpleError(Exception):
    """The page has elements that need a tree."""
