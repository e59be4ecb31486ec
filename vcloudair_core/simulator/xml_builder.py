"""Functions that build, serialize and parse XML.

Example: ``element("Link", {"rel": "up"})``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from lxml import etree

VCLOUD = "http://www.vmware.com/vcloud/v1.5"
VR = "http://www.vmware.com/vr/v6.0"
VCHS = "http://www.vmware.com/vchs/v5.6"
VERSIONS = "http://www.vmware.com/vcloud/versions"


def element(
    tag: str,
    attributes: Mapping[str, Any] | None = None,
    *children: Any,
    namespace: str = VCLOUD,
    prefixes: Mapping[str | None, str] | None = None,
) -> Any:
    """Return an element. Attributes and children that are None are omitted.

    A string or number in ``children`` becomes the text of the element. ``prefixes`` is a mapping of namespace prefixes
    to namespaces, which the element declares. By default, ``namespace`` is declared as the default namespace.
    """
    names = prefixes or ({None: namespace} if namespace else None)
    # The type stubs of lxml do not allow the prefix None, which declares the default namespace.
    made = etree.Element(f"{{{namespace}}}{tag}" if namespace else tag, nsmap=cast("dict[str, str] | None", names))
    for name, value in (attributes or {}).items():
        if value is not None:
            made.set(name, text_of(value))
    for child in children:
        if child is None:
            continue
        if isinstance(child, (str, int, float)):
            made.text = text_of(child)
        else:
            made.append(child)
    return made


def link(rel: str, href: str, media_type: str | None = None, name: str | None = None) -> Any:
    """Return a Link element. Links to actions have no type.

    Source: protocol/recorded-responses.md §5.
    """
    return element("Link", {"rel": rel, "type": media_type, "name": name, "href": href})


def text_of(value: Any) -> str:
    """Return a value as XML text. Booleans become ``true`` or ``false``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def serialize(root: Any) -> bytes:
    """Return an XML document as bytes, with an XML declaration."""
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return body


def parse(body: bytes) -> Any:
    """Parse an XML document for NSX, and remove all namespaces.

    NSX ignores namespaces. pyvcloud 23 sends documents in which only some elements have a namespace. Raises
    etree.XMLSyntaxError for invalid XML.
    """
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    for node in root.iter(etree.Element):
        node.tag = etree.QName(node).localname
    return root
