"""Convert JSON request bodies to XML, the format that the routes read.

Unknown keys are ignored, because real clients send them. Source: protocol/vcd-modern.md §1.7.
"""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from vcloudair_core.simulator.json_documents import scalars
from vcloudair_core.simulator.json_documents.json_writer import XSI
from vcloudair_core.simulator.json_documents.type_table import (
    SCALARS,
    DocumentType,
    Field,
    classes,
    element_type,
    load_type,
    members_of,
    qualify,
)


def to_xml(body: bytes, root_name: str) -> Any:
    """Return the XML form of a JSON body.

    Args:
        body: A JSON object.
        root_name: The name of the root element, with its prefix in the type table.

    Raises ValueError for invalid JSON, and for a value that does not fit its field.
    """
    tag = qualify(root_name)
    kind = element_type(tag)
    if kind is None:
        raise ValueError(f"{root_name} has no JSON form")
    namespaces: dict[Any, str] = {None: etree.QName(tag).namespace or "", "xsi": XSI}
    root = etree.Element(tag, nsmap=namespaces)
    try:
        _fill(root, json.loads(body), load_type(kind), "")
    except RecursionError as exc:
        raise ValueError("the body has too many levels") from exc
    return root


def _fill(node: Any, value: Any, document_type: DocumentType, path: str) -> None:
    """Add the fields of a JSON object to an element."""
    if not isinstance(value, dict):
        raise ValueError(f"{path or 'the body'}: expected an object")
    for field in document_type.fields:
        content = value.get(field.key)
        if content is None:
            continue
        place = f"{path}.{field.key}".lstrip(".")
        if field.role == "element":
            _add_elements(node, field, content, place)
        elif field.role == "text":
            node.text = _text(field, content, place)
        elif field.role == "attribute":
            node.set(field.name, _text(field, content, place))
        elif field.role == "other":
            _add_other_attributes(node, content, place)


def _add_elements(node: Any, field: Field, content: Any, place: str) -> None:
    if isinstance(content, list) != field.is_list:
        raise ValueError(f"{place}: expected {'an array' if field.is_list else 'one value'}")
    for item in content if field.is_list else [content]:
        if item is None:
            continue
        if field.type in SCALARS:
            etree.SubElement(node, field.name).text = _text(field, item, place)
        else:
            _add_object(node, field, item, place)


def _add_object(node: Any, field: Field, item: Any, place: str) -> None:
    """Add a child element for a JSON object.

    ``_type`` names the class of the object. The class selects the element, or the ``xsi:type`` of an element whose type
    is abstract.
    """
    name = str(item.get("_type")) if isinstance(item, dict) else ""
    members = members_of(field.name)
    if name in members:
        child = etree.SubElement(node, members[name])
        _fill(child, item, load_type(classes()[name]), place)
        return
    document_type = load_type(field.type)
    if name in classes() and field.type in load_type(classes()[name]).bases:
        document_type = load_type(classes()[name])
    if document_type.is_abstract:
        raise ValueError(f"{place}: expected the key '_type' with the name of a class")
    child = etree.SubElement(node, field.name)
    if document_type.name != field.type:
        child.set(f"{{{XSI}}}type", document_type.name.partition(":")[2])
    _fill(child, item, document_type, place)


def _add_other_attributes(node: Any, content: Any, place: str) -> None:
    if not isinstance(content, dict):
        raise ValueError(f"{place}: expected an object")
    for name, text in content.items():
        if isinstance(text, str) and name.startswith("{"):
            node.set(name, text)


def _text(field: Field, value: Any, place: str) -> str:
    try:
        return scalars.to_text(field.type, value)
    except TypeError as exc:
        raise ValueError(f"{place}: {exc}") from exc
