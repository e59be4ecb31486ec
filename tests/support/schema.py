"""Validate vCloud documents against tables, and against schemas of VMware.

``tests/data/schema/*.json`` has a table for each namespace. Names have the prefix of a table, or ``xs`` for the simple
types of XML Schema. A table lists

* ``elements`` that can be the root or substitute another element: the type, the substituted element, ``abstract``;
* ``types``: ``extends`` names the base type, ``text`` the type of a value without child elements, ``content`` the
children in their order, ``attributes`` the attributes, ``other attributes`` the namespaces of further permitted
attributes; ``mixed`` permits text between children, ``abstract`` forbids use.

A group is a list that starts with ``sequence`` or ``choice``. Each line of a group has a name, a type, the number of
occurrences (once, or ``?``, ``*``, ``+``, ``{2,4}``), and the first API version with the element: ``Link
vcloud:LinkType * since 5.1``. A name with a prefix refers to an element of ``elements``, and permits nothing if no
table has that element. ``<##other> *`` permits elements of other namespaces.

The tables are compiled to an XML schema, so that libxml2 applies the rules of types. A type without a table makes a
document invalid ("abstract"). Add the table with tools/make_schema_tables.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

TABLES = Path(__file__).resolve().parent.parent / "data" / "schema"
XSD = Path(__file__).resolve().parents[2].parent / "shared" / "schemas" / "vcloud"
XSD_START = XSD / "1.5" / "schemas" / "vcloud" / "vcloud.xsd"
XSD_ALL = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://www.vmware.com/vcloud/v1.5" elementFormDefault="qualified">
  <xs:import namespace="http://www.vmware.com/vcloud/extension/v1.5" schemaLocation="stub:extension.xsd"/>
  <xs:include schemaLocation="vcloud/vcloud.xsd"/>
  <xs:include schemaLocation="admin/admin.xsd"/>
</xs:schema>"""
"""An XML schema that combines the schemas for tenants and tenant administrators."""
EXTENSION = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://www.vmware.com/vcloud/extension/v1.5">
  <xs:complexType name="VimObjectRefsType"/>
</xs:schema>"""
"""The only type from provider schemas that administrator schemas use.

The file that defines the type is not complete.
"""
XSD_VERSIONS = XSD / "schemas" / "versioning" / "versions.xsd"
WITHOUT_XSD = f"VMware's schemas are not at {XSD}, which only this comparison needs"
XS = "{http://www.w3.org/2001/XMLSchema}"
OCCURS = {"?": ("0", "1"), "*": ("0", "unbounded"), "+": ("1", "unbounded")}

Tables = dict[str, dict[str, Any]]


@cache
def load_tables() -> Tables:
    """Return the tables by prefix."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(TABLES.glob("*.json"))}


class Compiler:
    """A compiler from tables to XML schemas.

    The schemas import each other as ``PREFIX.xsd``.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.nsmap = {"xs": XS[1:-1]} | {prefix: table["namespace"] for prefix, table in tables.items()}
        self._shared: dict[str, str] = {}

    def schema(self, prefix: str) -> etree.XMLSchema:
        """Return the schema of a table, with the schemas that it imports."""
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(_Compiled(self))
        return etree.XMLSchema(etree.fromstring(self.text(prefix), parser, base_url=f"tables:{prefix}.xsd"))

    def text(self, prefix: str) -> bytes:
        """Return the XML schema of one namespace as text."""
        table = self.tables[prefix]
        root = etree.Element(f"{XS}schema", {}, self.nsmap, targetNamespace=table["namespace"])
        root.set("elementFormDefault", "qualified")
        if prefix == "ovf":  # Attributes of OVF have its prefix.
            root.set("attributeFormDefault", "qualified")
        body = etree.Element("body")
        for name, line in table["elements"].items():
            self._global_element(body, name, line.split())
        for name, definition in table["types"].items():
            self._type(body, name, definition)
        for name, kind in self._shared.items():
            if name.startswith(f"{prefix}:"):
                _add(body, "attribute", name=name.partition(":")[2], type=kind)
        for name in sorted(self._unknown(body, prefix)):
            _add(body, "complexType", name=name, abstract="true")
        text = etree.tostring(body).decode()
        for other in self.tables:
            if other != prefix and f'"{other}:' in text:
                _add(root, "import", namespace=self.nsmap[other], schemaLocation=f"tables:{other}.xsd")
        root.extend(list(body))
        return etree.tostring(root)

    def _unknown(self, body: Any, prefix: str) -> set[str]:
        """Return the types of the namespace that tables mention but do not define."""
        names = {node.get(key, "") for node in body.iter("*") for key in ("type", "base")}
        own = {name.partition(":")[2] for name in names if name.startswith(f"{prefix}:")}
        return own - set(self.tables[prefix]["types"])

    def _global_element(self, parent: Any, name: str, words: list[str]) -> None:
        node = _add(parent, "element", name=name, type=words[0])
        if "for" in words:
            node.set("substitutionGroup", words[words.index("for") + 1])
        if "abstract" in words:
            node.set("abstract", "true")

    def _type(self, parent: Any, name: str, table: dict[str, Any]) -> None:
        if "text" in table and not {"attributes", "other attributes"} & set(table):
            node = _add(_add(parent, "simpleType", name=name), "restriction", base=table["text"])
            for facet, values in table.items():
                for value in values if facet != "text" else ():
                    _add(node, facet, value=value)
            return
        node = _add(parent, "complexType", name=name, abstract="true" if table.get("abstract") else "false")
        mixed = "true" if table.get("mixed") else "false"
        node.set("mixed", mixed)
        if "extends" in table:
            node = _add(_add(node, "complexContent", mixed=mixed), "extension", base=table["extends"])
        if "text" in table:
            node = _add(_add(node, "simpleContent"), "extension", base=table["text"])
        if "content" in table:
            self._particle(node, table["content"])
        for attribute, line in table.get("attributes", {}).items():
            self._attribute(node, attribute, line.split())
        if "other attributes" in table:
            _add(node, "anyAttribute", namespace=table["other attributes"], processContents="lax")

    def _attribute(self, parent: Any, name: str, words: list[str]) -> None:
        if ":" in name:
            _add(parent, "attribute", ref=name)
            self._shared[name] = words[0]
        else:
            _add(parent, "attribute", name=name, type=words[0], use="required" if "required" in words else "optional")

    def _has_element(self, name: str) -> bool:
        prefix, _, local = name.partition(":")
        return local in self.tables.get(prefix, {}).get("elements", {})

    def _particle(self, parent: Any, particle: Any) -> None:
        words = (particle[0] if isinstance(particle, list) else particle).split()
        name, occurs = words[0], _occurs(words[1:])
        if isinstance(particle, list):
            node = _add(parent, name, **occurs)
            for child in particle[1:]:
                self._particle(node, child)
        elif name.startswith("<"):
            _add(parent, "any", namespace=name[1:-1], processContents="lax", **occurs)
        elif ":" in name:
            if self._has_element(name):
                _add(parent, "element", ref=name, **occurs)
        else:
            nillable = "true" if "nillable" in words else "false"
            _add(parent, "element", name=name, type=words[1], nillable=nillable, **occurs)


class _Compiled(etree.Resolver):
    """A resolver that compiles a table when another schema imports it."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        prefix = system_url.rpartition("/")[2].removeprefix("tables:").removesuffix(".xsd")
        lxml_part: Any = self  # The type stubs of lxml lack this method.
        return lxml_part.resolve_string(self._compiler.text(prefix), context)


class _Local(etree.Resolver):
    """Resolver for the six schemas that VMware's schemas reference by URL.

    All six schemas are files in the same folder.
    """

    FILES = {
        "xml.xsd": "xml.xsd",
        "dsp8023_1.1.0.xsd": "ovf1.1/dsp8023_1.1.0.xsd",
        "dsp8027_1.1.0.xsd": "ovf1.1/dsp8027_1.1.0.xsd",
        "common.xsd": "ovf1.1/common.xsd",
        "CIM_VirtualSystemSettingData.xsd": "ovf1.1/CIM_VirtualSystemSettingData.xsd",
        "CIM_ResourceAllocationSettingData.xsd": "ovf1.1/CIM_ResourceAllocationSettingData.xsd",
        "ovf.xsd": "ovf1.1/ovf-vmware.xsd",
    }

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        lxml_part: Any = self
        if system_url.endswith("stub:extension.xsd"):
            return lxml_part.resolve_string(EXTENSION, context)
        if not system_url.startswith(("http://", "https://")):
            return None
        name = self.FILES[system_url.rsplit("/", 1)[-1]]
        return lxml_part.resolve_filename(str(XSD / "schemas" / "external" / name), context)


@dataclass(frozen=True)
class Validator:
    """A validator with the tables and, if present, VMware's XML schemas."""

    tables: etree.XMLSchema
    xsd: etree.XMLSchema | None

    def errors(self, root: Any) -> list[str]:
        """Return the errors of a document. Errors from the tables come first."""
        schemas = {"tables": self.tables, "schemas": self.xsd}
        return [f"{name}: {schema.error_log}" for name, schema in schemas.items()
                if schema is not None and not schema.validate(root)]  # fmt: skip


@cache
def load_validator(prefix: str = "vcloud") -> Validator:
    """Return the validator of a namespace: ``vcloud`` or ``versions``."""
    file = {"vcloud": XSD_START, "versions": XSD_VERSIONS}[prefix]
    return Validator(Compiler(load_tables()).schema(prefix), _load_xsd(file) if file.is_file() else None)


def _load_xsd(file: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    if file == XSD_START:
        return etree.XMLSchema(etree.fromstring(XSD_ALL, parser, base_url=str(file.parents[1] / "all.xsd")))
    return etree.XMLSchema(etree.parse(str(file), parser))


def attributes_of(element: str, prefix: str = "vcloud") -> dict[str, str]:
    """Return the attributes of an element with their first API versions."""
    types = load_tables()[prefix]["types"]
    name = load_tables()[prefix]["elements"][element].split()[0]
    attributes: dict[str, str] = {}
    while name:
        table = types[name.partition(":")[2]]
        for attribute, line in table.get("attributes", {}).items():
            attributes[attribute] = line.partition(" since ")[2]
        name = table.get("extends", "")
    return attributes


def _add(parent: Any, kind: str, /, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{XS}{kind}", attributes)


def _occurs(tokens: list[str]) -> dict[str, str]:
    """Return ``minOccurs`` and ``maxOccurs`` for the tokens of an element's line."""
    for token in tokens:
        if token in OCCURS or token.startswith("{"):
            least, most = OCCURS.get(token) or token.strip("{}").split(",")
            return {"minOccurs": least, "maxOccurs": most}
    return {}
