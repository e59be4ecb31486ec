"""Test helpers for JSON and XML documents: copy content, and add unknown fields."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.util.redaction import Secret

MARK = "fieldOfTomorrow"
"""Name of the unknown field. A merge must keep such a field."""

_DEEPEST_RECORD = 2
"""Depth of records below the root of an XML section: root, list, record."""


def content(tree: Any) -> Any:
    """Return the content of a document in a form that ``==`` can compare.

    XML becomes bytes in canonical form (C14N).
    """
    if isinstance(tree, Document):
        return content(tree.tree)
    if _is_xml(tree):
        from lxml import etree

        return etree.tostring(tree, method="c14n")
    if isinstance(tree, Mapping):
        return {key: content(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [content(item) for item in tree]
    return tree if isinstance(tree, Secret) else copy.deepcopy(tree)


def marked(document: Document) -> Document:
    """Return a copy with an unknown field in the section and in each record."""
    return replace(document, tree=_marked(document.tree))


def marks(tree: Any) -> int:
    """Return the number of unknown fields in a tree."""
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
    return {**{key: _mark_records(value) for key, value in tree.items()}, MARK: "kept"}


def _mark_records(value: Any) -> Any:
    """Return a copy of ``value`` with an unknown field in each record.

    ``value`` is below the root of a document.
    """
    if isinstance(value, list):
        return [{**item, MARK: "kept"} if isinstance(item, Mapping) else item for item in value]
    if isinstance(value, Mapping):
        return {key: _mark_records(item) for key, item in value.items()}
    return value


def _marked_xml(root: Any) -> Any:
    from lxml import etree

    tree = copy.deepcopy(root)
    for element in [tree, *(node for node in tree.iterdescendants(etree.Element) if _is_record(node, tree))]:
        etree.SubElement(element, MARK).text = "kept"
    return tree


def _is_record(node: Any, root: Any) -> bool:
    depth = sum(1 for above in node.iterancestors() if above is root or root in above.iterancestors())
    return depth == _DEEPEST_RECORD and any(len(child) == 0 and child.text for child in node)


def _is_xml(tree: Any) -> bool:
    return hasattr(tree, "iterdescendants")
