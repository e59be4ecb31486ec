"""Generate the type table for vCloud documents in JSON.

Usage: python tools/make_json_tables.py FOLDER

FOLDER is a checkout of https://github.com/vmware/vcd-api-schemas. The table contains names, order, repetition and value
types. The simulator converts documents with it. type_table.py in vcloudair_core/simulator/json_documents describes the
format.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

TABLE = Path(__file__).resolve().parent.parent / "vcloudair_core" / "simulator" / "json_documents" / "types.json"
XS = "{http://www.w3.org/2001/XMLSchema}"
_CIM = "http://schemas.dmtf.org/wbem/wscim/1/"
_OVF = "schemas/external/ovf1.1/"
NAMESPACES = {
    "vcloud": "http://www.vmware.com/vcloud/v1.5",
    "versions": "http://www.vmware.com/vcloud/versions",
    "ovf": "http://schemas.dmtf.org/ovf/envelope/1",
    "vmw": "http://www.vmware.com/schema/ovf",
    "cim": f"{_CIM}common",
    "rasd": f"{_CIM}cim-schema/2/CIM_ResourceAllocationSettingData",
    "vssd": f"{_CIM}cim-schema/2/CIM_VirtualSystemSettingData",
}
FILES = {
    "vcloud": "1.5/schemas/[va]*/*.xsd",
    "versions": "schemas/versioning/*.xsd",
    "ovf": f"{_OVF}dsp8023*.xsd",
    "vmw": f"{_OVF}ovf-vmware.xsd",
    "cim": f"{_OVF}common.xsd",
    "rasd": f"{_OVF}CIM_Resource*.xsd",
    "vssd": f"{_OVF}CIM_Virtual*.xsd",
}
INTEGERS = {
    f"{sign}{size}" for sign in ("", "unsigned") for size in ("int", "long", "short", "byte", "Int", "Long", "Short")
} | {"integer", "positiveInteger", "nonNegativeInteger", "unsignedByte"}
NEWER = Path(__file__).resolve().parent / "newer_fields.json"
"""Fields that are newer than the schemas, by type.

Source: VMware's bindings of API 36 (vcd-api-schemas-type).
"""
OTHER = "xs:anyType"
"""Type for names from a namespace that is not in the table.

An example is the namespace of the provider's extensions.
"""
COUNTED_CONTENT = ("sequence", "choice", "all")


class Schemas:
    """The definitions of all schemas, by prefixed name."""

    def __init__(self, folder: Path) -> None:
        self.definitions: dict[str, dict[str, Any]] = {
            kind: {} for kind in ("complexType", "simpleType", "element", "attribute", "attributeGroup")
        }
        self.prefix_of: dict[Any, str] = {}
        for prefix, pattern in FILES.items():
            for file in sorted(folder.glob(pattern)):
                root = etree.parse(str(file)).getroot()
                if root.get("targetNamespace") != NAMESPACES[prefix]:
                    continue
                for node in root.iterchildren("*"):
                    if kind_of(node) in self.definitions:
                        self.definitions[kind_of(node)][f"{prefix}:{node.get('name')}"] = node

    def element(self, name: str) -> Any:
        """Return a global element."""
        return self.definitions["element"][name]

    def is_complex(self, name: str) -> bool:
        """Return True for a type with attributes or child elements."""
        return name in self.definitions["complexType"]

    def scalar(self, name: str) -> str:
        """Return the kind of value that a simple type contains."""
        if name.startswith("xs:"):
            return scalar_of(name[3:])
        node = self.definitions["simpleType"].get(name)
        restriction = None if node is None else node.find(f"{XS}restriction")
        return "string" if restriction is None else self.scalar(qualified(restriction, "base"))


def scalar_of(name: str) -> str:
    """Return the kind of value that an XML Schema type contains."""
    if name in INTEGERS:
        return "integer"
    if name in ("decimal", "double", "float"):
        return "number"
    return name if name in ("boolean", "dateTime") else "string"


def kind_of(node: Any) -> str:
    """Return the local name of a node, or an empty string for a comment."""
    return node.tag.rpartition("}")[2] if node is not None and isinstance(node.tag, str) else ""


def qualified(node: Any, attribute: str) -> str:
    """Return the name in an attribute, with its prefix from ``NAMESPACES``."""
    prefix, _, name = node.get(attribute, "").rpartition(":")
    if not name:
        return ""
    namespace = node.nsmap.get(prefix or None)
    if namespace == XS[1:-1]:
        return f"xs:{name}"
    known = {address: known for known, address in NAMESPACES.items()}
    return f"{known[namespace]}:{name}" if namespace in known else OTHER


class TableMaker:
    """A converter from schema types to lines of the table.

    An anonymous type is named ``<parent type>.<element>``, or after its global element.
    """

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self.types: dict[str, list[str]] = {}
        self._waiting: list[tuple[str, Any]] = []
        self._newer: dict[str, str] = json.loads(NEWER.read_text(encoding="utf-8"))

    def make(self) -> dict[str, Any]:
        """Return the table of all vCloud types and all types that they refer to."""
        elements = {}
        for name, node in self.schemas.definitions["element"].items():
            if name.startswith(("vcloud:", "versions:", "vmw:")) or self._head(node) == "ovf:Section":
                head = self._head(node)
                elements[name] = self._type_of(node, name) + (f" for {head}" if head else "")
        for name in self.schemas.definitions["complexType"]:
            if name.startswith("vcloud:"):
                self._need(name)
        while self._waiting:
            name, node = self._waiting.pop()
            self.types[name] = list(self._lines(node, name))
            present = {line.split()[0] for line in self.types[name]}
            added = self._newer.get(name, "").split("; ")
            self.types[name] += [line for line in added if line and line.split()[0] not in present]
        return {"namespaces": NAMESPACES, "elements": dict(sorted(elements.items())), "types": self._sorted_types()}

    def _sorted_types(self) -> dict[str, str]:
        return {name: "; ".join(lines) for name, lines in sorted(self.types.items())}

    def _head(self, node: Any) -> str:
        return qualified(node, "substitutionGroup") if node.get("substitutionGroup") else ""

    def _need(self, name: str, node: Any = None) -> None:
        if name not in self.types:
            self.types[name] = []
            self._waiting.append((name, self.schemas.definitions["complexType"][name] if node is None else node))

    def _type_of(self, node: Any, name: str) -> str:
        """Return the type of an element or attribute.

        The result is the name of a complex type, or the kind of a simple value.
        """
        inner = next(node.iterchildren(f"{XS}complexType"), None)
        if inner is not None:
            self._need(name, inner)
            return name
        kind = qualified(node, "type") if node.get("type") else "xs:string"
        if kind == OTHER:
            return "any"
        if self.schemas.is_complex(kind):
            self._need(kind)
            return kind
        return self.schemas.scalar(kind)

    def _lines(self, node: Any, name: str) -> Iterator[str]:
        """Yield the lines of a complex type."""
        if node.get("abstract") == "true":
            yield "!"
        body = node
        for content in node.iterchildren(f"{XS}complexContent", f"{XS}simpleContent"):
            if "true" in (node.get("mixed"), content.get("mixed")):
                yield "~"
            body = next(content.iterchildren(f"{XS}extension", f"{XS}restriction"))
            base = qualified(body, "base")
            if self.schemas.is_complex(base):
                self._need(base)
                yield f"< {base}"
            else:
                yield f"= {self.schemas.scalar(base)}"
        if body is node and node.get("mixed") == "true":
            yield "~"
        for group in body.iterchildren(*[f"{XS}{kind}" for kind in COUNTED_CONTENT]):
            yield from self._particles(group, name, is_repeated=group.get("maxOccurs") == "unbounded")
        yield from self._attributes(body)

    def _particles(self, group: Any, owner: str, *, is_repeated: bool) -> Iterator[str]:
        for node in group.iterchildren("*"):
            many = " *" if is_repeated or node.get("maxOccurs", "1") not in ("0", "1") else ""
            if kind_of(node) in COUNTED_CONTENT:
                yield from self._particles(node, owner, is_repeated=bool(many))
            elif kind_of(node) == "any":
                yield "*any"
            elif kind_of(node) == "element" and qualified(node, "ref") != OTHER:
                yield self._element_line(node, owner) + many

    def _element_line(self, node: Any, owner: str) -> str:
        prefix = owner.partition(":")[0]
        if node.get("ref"):
            name = qualified(node, "ref")
            return f"{_short(name, prefix)} {self._type_of(self.schemas.element(name), name)}"
        name = node.get("name")
        return f"{name} {self._type_of(node, f'{owner}.{name}')}"

    def _attributes(self, body: Any) -> Iterator[str]:
        for node in body.iterchildren(f"{XS}attribute", f"{XS}attributeGroup", f"{XS}anyAttribute"):
            if kind_of(node) == "anyAttribute":
                yield "@*"
            elif kind_of(node) == "attributeGroup":
                yield from self._attributes(self.schemas.definitions["attributeGroup"][qualified(node, "ref")])
            else:
                yield from self._attribute_line(node)

    def _attribute_line(self, node: Any) -> Iterator[str]:
        name, definition = node.get("name"), node
        if node.get("ref"):
            name = qualified(node, "ref")
            definition = self.schemas.definitions["attribute"].get(name)
            if definition is None:
                return  # xml:lang, which the simulator does not use.
        elif node.getroottree().getroot().get("attributeFormDefault") == "qualified":
            name = f"ovf:{name}"
        default = definition.get("default", node.get("default"))
        yield f"@{name} {self._type_of(definition, name)}" + ("" if default is None else f" ={default}")


def _short(name: str, prefix: str) -> str:
    """Return a name without its prefix if the prefix is ``prefix``."""
    return name.removeprefix(f"{prefix}:") if name.startswith(f"{prefix}:") else name


def make_table(folder: Path) -> str:
    """Return the text of the table."""
    return json.dumps(TableMaker(Schemas(folder)).make(), indent=0, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TABLE.write_text(make_table(Path(sys.argv[1])), encoding="utf-8")
