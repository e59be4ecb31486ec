"""Convert vCloud documents from XML to JSON.

Keys are the XML names with a lower-case first word. Repeated elements are arrays, and absent fields are null. The key
``_type`` contains the class of a value if the class depends on the document, as for sections and records. Attributes of
other namespaces are in ``otherAttributes``, and elements of other namespaces in ``any``. Source:
protocol/vcd-modern.md §1.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from vcloudair_core.simulator.json_documents import scalars
from vcloudair_core.simulator.json_documents.type_table import (
    SCALARS,
    DocumentType,
    Field,
    classes,
    element_type,
    head_of,
    json_key,
    load_type,
)

XSI = "http://www.w3.org/2001/XMLSchema-instance"
LINK = "vcloud:LinkType"
_RECORD = "{http://www.vmware.com/vcloud/v1.5}Record"
_IN_BOTH_FORMATS = ("application/vnd.vmware.vcloud.", "application/vnd.vmware.admin.")
_ONLY_XML_LINKS = ("vcloud:MetadataType", "vcloud:MetadataEntryType", "vcloud:MetadataValueType")
"""Types in which links have only the XML media type.

In recorded responses, other types have each link with both media types.
"""


class NoJsonFormError(Exception):
    """Raised for a document that the product sends as XML only."""


def to_json(root: Any) -> dict[str, Any]:
    """Return the JSON form of a document.

    Raises NoJsonFormError if the product sends the document only as XML.
    """
    kind = element_type(root.tag)
    if kind is None or kind in SCALARS:
        raise NoJsonFormError(etree.QName(root).localname)
    return _object(root, kind)


def _object(node: Any, kind: str, *, is_marked: bool = False) -> dict[str, Any]:
    """Return the JSON object of an element.

    If ``is_marked`` is true, the object contains ``_type`` even if its type does not require the key.
    """
    document_type = load_type(_actual_type(node, kind))
    children = _children_by_field(node, document_type)
    made: dict[str, Any] = {}
    if is_marked or document_type.is_marked:
        made["_type"] = document_type.class_name
    for field in document_type.json_fields:
        made[field.key] = _value(node, field, children.pop(field.key, []), document_type)
    for key, rest in children.items():  # Elements that the table does not have.
        made[key] = _unknown(rest[0])
    return {**made, **_unknown_attributes(node, document_type)}


def _actual_type(node: Any, kind: str) -> str:
    """Return the type that ``xsi:type`` selects, or the declared type."""
    selected = node.get(f"{{{XSI}}}type")
    return classes().get(selected.rpartition(":")[2].replace("_", ""), kind) if selected else kind


def _children_by_field(node: Any, document_type: DocumentType) -> dict[str, list[Any]]:
    """Return the child elements by the key of their field."""
    keys = document_type.element_keys
    rest = "any" if document_type.has_any else ""
    children: dict[str, list[Any]] = {}
    for child in node.iterchildren(etree.Element):
        key = keys.get(child.tag) or keys.get(head_of(child.tag)) or _key_of_record(child, keys)
        children.setdefault(key or rest or json_key(etree.QName(child).localname), []).append(child)
    return children


def _key_of_record(child: Any, keys: dict[str, str]) -> str:
    """Return the key of the list to which a record from a plugin belongs.

    Return an empty string if the element is not a record.
    """
    return keys.get(_RECORD, "") if str(child.tag).endswith("Record") else ""


def _value(node: Any, field: Field, children: list[Any], owner: DocumentType) -> Any:
    if field.role == "attribute":
        return _attribute(node, field, owner)
    if field.role == "text":
        return scalars.to_json(field.type, node.text or "")
    if field.role == "other":
        return _other_attributes(node, owner)
    if field.role == "any":
        return [_any(child) for child in children]
    values = [_child(child, field) for child in children]
    if field.type == LINK and field.is_list and owner.name not in _ONLY_XML_LINKS:
        values = list(_with_json_links(values))
    return values if field.is_list else (values[0] if values else None)


def _attribute(node: Any, field: Field, owner: DocumentType) -> Any:
    text = node.get(field.name, field.default)
    if text is None:
        return None
    if field.name == "type" and owner.is_document:
        return in_json_type(text)  # References keep the XML media type.
    return scalars.to_json(field.type, text)


def _child(child: Any, field: Field) -> Any:
    """Return the JSON value of a child element that belongs to ``field``."""
    if field.type == "any":
        return _unknown(child)
    if field.type in SCALARS:
        return scalars.to_json(field.type, child.text or "")
    own = element_type(child.tag) if child.tag != field.name else None
    return _object(child, own if own is not None and own not in SCALARS else field.type)


def _any(child: Any) -> Any:
    """Return the JSON value of an element from another namespace.

    The value contains ``_type`` if the table has the type of the element.
    """
    kind = element_type(child.tag)
    return _unknown(child) if kind is None or kind in SCALARS else _object(child, kind, is_marked=True)


def _with_json_links(links: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each link, and also a JSON variant of each link to a vCloud document.

    The variant has the JSON media type.
    """
    for link in links:
        yield link
        media_type = link["type"] or ""
        if media_type.startswith(_IN_BOTH_FORMATS) and media_type.endswith("+xml"):
            yield {**link, "type": in_json_type(media_type)}


def in_json_type(media_type: str) -> str:
    """Return the JSON media type that corresponds to an XML media type."""
    return f"{media_type[:-4]}+json" if media_type.endswith("+xml") else media_type


def _other_attributes(node: Any, owner: DocumentType) -> dict[str, str]:
    return {
        name: text
        for name, text in node.attrib.items()
        if name.startswith("{") and name not in owner.names and not name.startswith(f"{{{XSI}}}")
    }


def _unknown_attributes(node: Any, document_type: DocumentType) -> dict[str, Any]:
    """Return those attributes of an element that are not in the type table.

    Records from plugins have such attributes.
    """
    return {
        json_key(name): scalars.guess(text)
        for name, text in node.attrib.items()
        if name not in document_type.names and not name.startswith("{")
    }


def _unknown(node: Any) -> Any:
    """Convert an element that is not in the type table to its text or to an object."""
    children = list(node.iterchildren(etree.Element))
    attributes = {json_key(name): scalars.guess(text) for name, text in node.attrib.items() if not name.startswith("{")}
    if not children and not attributes:
        return scalars.guess(node.text or "")
    made = dict(attributes)
    for child in children:
        made[json_key(etree.QName(child).localname)] = _unknown(child)
    return made
