"""Change XML documents in one place, at random or as recorded.

A mutation is a path and a change. The path is ``.`` for the root, or the positions of children such as ``0/2``. The
changes are ``remove``, ``repeat``, ``swap`` (with the next sibling), ``insert NAME`` (as the first child),
``rename NAME``, ``text VALUE``, ``set NAME=VALUE`` and ``unset NAME``.
"""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

VALUES = ("", "true", "Invented", "-1", "1.5", "99999999999999999999", "2026-01-01T00:00:00Z", "2026-13-01", "a b")


@dataclass(frozen=True)
class Mutation:
    """A change at one path of a document."""

    path: str
    change: str

    def apply(self, root: Any) -> Any:
        """Return a changed copy of the document."""
        root = deepcopy(root)
        node = root
        for position in self.path.split("/") if self.path != "." else ():
            node = node[int(position)]
        kind, _, argument = self.change.partition(" ")
        getattr(self, f"_{kind}")(node, argument)
        return root

    def _remove(self, node: Any, argument: str) -> None:
        node.getparent().remove(node)

    def _repeat(self, node: Any, argument: str) -> None:
        node.addnext(deepcopy(node))

    def _swap(self, node: Any, argument: str) -> None:
        node.getnext().addnext(node)

    def _insert(self, node: Any, argument: str) -> None:
        node.insert(0, etree.Element(_in_namespace_of(node, argument)))

    def _rename(self, node: Any, argument: str) -> None:
        node.tag = _in_namespace_of(node, argument)

    def _text(self, node: Any, argument: str) -> None:
        node.text = argument

    def _set(self, node: Any, argument: str) -> None:
        name, _, value = argument.partition("=")
        node.set(name, value)

    def _unset(self, node: Any, argument: str) -> None:
        del node.attrib[argument]


def random_mutation(root: Any, chance: random.Random) -> Mutation:
    """Return a mutation that can be applied to the document."""
    node = chance.choice(list(root.iter("*")))
    names = sorted({etree.QName(other).localname for other in root.iter("*")} | {"Invented"})
    changes = [f"insert {chance.choice(names)}", f"rename {chance.choice(names)}"]
    if not len(node):
        changes.append(f"text {chance.choice(VALUES)}")
    if node.getparent() is not None:
        changes += ["remove", "repeat"]
    if node.getnext() is not None:
        changes += ["swap", "swap"]
    if node.attrib:
        name = chance.choice(sorted(map(str, node.attrib)))
        changes += [f"unset {name}", f"unset {name}", f"set {name}={chance.choice(VALUES)}"]
    return Mutation(_path(node), chance.choice(changes))


def _path(node: Any) -> str:
    positions: list[str] = []
    while node.getparent() is not None:
        positions.insert(0, str(node.getparent().index(node)))
        node = node.getparent()
    return "/".join(positions) or "."


def _in_namespace_of(node: Any, name: str) -> str:
    return f"{{{etree.QName(node).namespace}}}{name}"
