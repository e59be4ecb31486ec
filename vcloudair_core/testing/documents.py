"""Documents of any wire form as tests look at them: what is in them, and marks that a merge must not lose."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document

MARK = "fieldOfTomorrow"
"""A field that no kind knows."""

_DEEPEST_RECORD = 2
"""Depth of records below the root of an XML section: root, list, record."""


def content(tree: Any) -> Any:
    """The whole of a tree as a value that can be compared later, whatever is done to the tree."""
    if isinstance(tree, Document):
        return content(tree.tree)
    if _is_xml(tree):
        from lxml import etree

        return etree.tostring(tree, method="c14n")
    if isinstance(tree, Mapping):
        return {key: content(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [content(item) for item in tree]
    return copy.deepcopy(tree)


def marked(document: Document) -> Document:
    """A copy with a mark in the section and in each of its records."""
    return replace(document, tree=_marked(document.tree))


def marks(tree: Any) -> int:
    """Return the number of marks in a tree."""
    if isinstance(tree, Document):
        return marks(tree.tree)
    if _is_xml(tree):
        return sum(1 for _ in tree.iter(MARK))
    if isinstance(tree, Mapping):
        return sum(marks(value) for value in tree.values()) + (MARK in tree)
    if isinstance(tree, (list, tuple)):
        return sum(marks(item) for item in tree)
    return 0


def _marked(tree: Any) -> Any:
    if _is_xml(tree):
        return _marked_xml(tree)
    if not isinstance(tree, Mapping):
        return copy.deepcopy(tree)
    if tree and all(isinstance(value, Document) for value in tree.values()):
        return {name: marked(section) for name, section in tree.items()}
    return {**{key: _within(value) for key, value in tree.items()}, MARK: "kept"}


def _within(value: Any) -> Any:
    """Return a value below the root with a mark in each record, and none within records."""
    if isinstance(value, list):
        return [{**item, MARK: "kept"} if isinstance(item, Mapping) else item for item in value]
    if isinstance(value, Mapping):
        return {key: _within(item) for key, item in value.items()}
    return value


def _marked_xml(root: Any) -> Any:
    from lxml import etree

    made = copy.deepcopy(root)
    for element in [made, *(node for node in made.iterdescendants(etree.Element) if _is_record(node, made))]:
        etree.SubElement(element, MARK).text = "kept"
    return made


def _is_record(node: Any, root: Any) -> bool:
    depth = sum(1 for above in node.iterancestors() if above is root or root in above.iterancestors())
    return depth == _DEEPEST_RECORD and any(len(child) == 0 and child.text for child in node)


def _is_xml(tree: Any) -> bool:
    return hasattr(tree, "iterdescendants")
