"""Find the texts of a rule in its XML, without creating elements.

Most rules of a list have the same elements in the same order. The positions of their texts are therefore computed once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

_TAG = re.compile("<([^<>]*)>")
_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)


@dataclass
class Node:
    """An element of a rule.

    ``at`` is the position of its text in the list of :func:`pieces_of`, or -1 if the element has no text.
    """

    name: str
    at: int
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """The positions of the texts in a record.

    ``nodes`` has the last child element of each name. ``leaves`` has the positions of those without children.
    ``rule_type`` is the position of the first ``ruleType``.
    """

    leaves: dict[str, int]
    nodes: dict[str, Node]
    rule_type: int


def records_in(text: str, name: str) -> list[str] | None:
    """Return the text of each record in a serialized list, without its end tag.

    Returns None if the list has other elements before or between the records.
    """
    parts = text.split(f"</{name}>")
    start = f"<{name}>"
    at = parts[0].find(start)
    if at < 0:
        return None
    records = [parts[0][at:], *parts[1:-1]]
    if not _TAG.fullmatch(parts[0][:at].strip()) or not all(record.lstrip().startswith(start) for record in records):
        return None
    return records


def pieces_of(record: str) -> list[str]:
    """Return texts and tags of a record in turns.

    The last piece is an empty text, for elements without a text. In the output of lxml, ``<`` and ``>`` occur only
    around tags.
    """
    pieces = record.replace(">", "<").split("<")  # a regular expression takes ten times longer
    pieces.append("")
    return pieces


@lru_cache(maxsize=256)
def shape_of(tags: tuple[str, ...]) -> Shape | None:
    """Return the shape of a record with these tags.

    Returns None if a tag has attributes or a namespace.
    """
    root = Node("", -1)
    stack = [root]
    for number, tag in enumerate(tags):
        name = tag.strip("/")
        if not _NAME.match(name):
            return None
        if tag.startswith("/"):
            if len(stack) == 1 or stack.pop().name != name:
                return None
            continue
        node = Node(name, -1 if tag.endswith("/") else 2 * number + 2)
        stack[-1].children.append(node)
        if node.at >= 0:
            stack.append(node)
    # The end tag of the record is not part of its text.
    if len(stack) != 2 or len(root.children) != 1:
        return None
    children = root.children[0].children
    nodes = {node.name: node for node in children}
    return Shape(
        leaves={name: node.at for name, node in nodes.items() if not node.children},
        nodes=nodes,
        rule_type=next((node.at for node in children if node.name == "ruleType"), -1),
    )


def names_and_texts(node: Node, pieces: list[str]) -> tuple[str, ...]:
    """Return each child's name, followed by its text."""
    return tuple([text for child in node.children for text in (child.name, pieces[child.at])])
