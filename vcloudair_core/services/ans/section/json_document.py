"""What tells a section in JSON from any other document: all of what was there would be lost if it were mistaken."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.util.xml import parse_json


def parse_section(body: bytes, name: str, holder: str, *, what: str) -> Any:
    """The tree of a section that a server sent: it says that it is one, or has the object that holds its records.

    Without this, a document about something else would be an empty section, and a write of the whole section would
    take everything away. Source: protocol/ans.md §2.1, §3.1, §4.1 (``featureType``). Raises DecodeError, without the
    tree in
    it: it may hold keys.
    """
    tree = parse_json(body, what=what)
    if not isinstance(tree, dict):
        return tree  # the codec has words for that
    kind = str(tree.get("featureType") or "")
    if kind.startswith(name) or (not kind and holder in tree):
        return tree
    shown = f"featureType {kind[:40]!r}" if kind else f"an object with {json.dumps(sorted(map(str, tree))[:5])[:120]}"
    raise DecodeError(f"{what[:1].upper()}{what[1:]} is not what was expected: {holder} of {name}, not {shown}.")
