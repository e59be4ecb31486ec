"""Make the tables of tests/data/schema from VMware's XML schemas.

Usage: python tools/make_schema_tables.py FOLDER [TYPE ...]

FOLDER is a checkout of https://github.com/vmware/vcd-api-schemas. A TYPE such as ``vcloud:OrgType`` is added to the
tables. All types that are already in the tables, and their base types, are read again.

The tables contain names, order, occurrence, types, permitted values and the API version that added an attribute or
element. tests/support/schema.py describes and reads the format.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree

TABLES = Path(__file__).resolve().parent.parent / "tests" / "data" / "schema"
XS = "{http://www.w3.org/2001/XMLSchema}"
NAMESPACES = {
    "vcloud": "http://www.vmware.com/vcloud/v1.5",
    "versions": "http://www.vmware.com/vcloud/versions",
    "ovf": "http://schemas.dmtf.org/ovf/envelope/1",
}
FILES = {
    "vcloud": "1.5/schemas/[va]*/*.xsd",
    "versions": "schemas/versioning/*.xsd",
    "ovf": "schemas/external/ovf1.1/dsp8023*.xsd",
}
FACETS = ("enumeration", "pattern", "minInclusive", "maxInclusive", "minLength", "maxLength", "length")
OCCURS = {("1", "1"): "", ("0", "1"): " ?", ("0", "unbounded"): " *", ("1", "unbounded"): " +"}

OPAQUE = ("ovf:RASD_Type", "ovf:VSSD_Type", "ovf:StartupSection_Type")
"""Types that can have any content in the tables.

Two of these types use the schemas of CIM, and one has types without a name.
"""
ANYTHING = "xs:anyType"

Table = dict[str, Any]


class Schemas:
    """The schemas of a folder, by the names that they define."""

    def __init__(self, folder: Path) -> None:
        self.types: dict[str, Any] = {}
        self.elements: dict[str, Any] = {}
        self.attributes: dict[str, Any] = {}
        kinds = {
            "complexType": self.types, "simpleType": self.types, "element": self.elements,
            "attribute": self.attributes, "attributeGroup": self.attributes,
        }  # fmt: skip
        for prefix, pattern in FILES.items():
            for file in sorted(folder.glob(pattern)):
                for node in etree.parse(str(file)).getroot().iterchildren("*"):
                    definitions = kinds.get(_kind(node))
                    if definitions is not None:
                        definitions[f"{prefix}:{node.get('name')}"] = node

    def members(self, head: str) -> list[str]:
        """Return the elements that can be used in place of the element ``head``."""
        own = [name for name, node in self.elements.items()
               if node.get("substitutionGroup") and qualified(node, "substitutionGroup") == head]  # fmt: skip
        return own + [member for name in own for member in self.members(name)]


def qualified(node: Any, attribute: str) -> str:
    """Return the name in an attribute with the prefix that the tables use."""
    prefix, _, name = node.get(attribute).rpartition(":")
    namespace = node.nsmap.get(prefix or None)
    if namespace == XS[1:-1]:
        return f"xs:{name}"
    for known, address in NAMESPACES.items():
        if address == namespace:
            return f"{known}:{name}"
    return ANYTHING


def since(node: Any) -> str:
    """Return `` since VERSION`` for the end of a table line, or an empty string."""
    for version in node.iterfind(f"{XS}annotation/{XS}appinfo/*[@added-in]"):
        number = version.get("added-in")
        if number.replace(".", "").isdigit():
            return f" since {number}"
    return ""


def type_table(node: Any, name: str, shared: dict[str, Any]) -> Table:
    """Return the table of a type. ``shared`` contains attributes of several types.

    Raise ValueError for a construct that the format does not support.
    """
    if _kind(node) == "simpleType":
        return _simple(node, name)
    if name in OPAQUE:
        return _opaque(node)
    table: Table = {"abstract": True} if node.get("abstract") == "true" else {}
    if "true" in [part.get("mixed") for part in (node, *node.iterchildren(f"{XS}complexContent"))]:
        table["mixed"] = True
    body = node
    for child in node.iterchildren(f"{XS}complexContent", f"{XS}simpleContent"):
        body = next(child.iterchildren(f"{XS}extension"), None)
        if body is None:
            raise ValueError(f"{name}: restrictions of complex types are not supported.")
        table["extends" if _kind(child) == "complexContent" else "text"] = qualified(body, "base")
    contents = [_particle(child, name) for child in body.iterchildren(f"{XS}sequence", f"{XS}choice")]
    if contents:
        table["content"] = contents[0]
    attributes, wildcard = _attributes(body, shared)
    if attributes:
        table["attributes"] = attributes
    if wildcard is not None:
        table["other attributes"] = wildcard
    return table


def _opaque(node: Any) -> Table:
    """Return the table for a type that accepts any content."""
    base = qualified(node.find(f".//{XS}extension"), "base")
    table: Table = {"extends": base} if base.startswith("ovf:") else {}
    return table | {"content": ["sequence", "<##any> *"], "other attributes": "##any"}


def _simple(node: Any, name: str) -> Table:
    """Return the table of a simple type."""
    how = node.find(f"{XS}restriction")
    if how is None:
        raise ValueError(f"{name}: unions and lists are not supported.")
    table: Table = {"text": qualified(how, "base")}
    for facet in how.iterchildren("*"):
        if _kind(facet) not in FACETS:
            raise ValueError(f"{name}: facet {_kind(facet)} is not supported.")
        table.setdefault(_kind(facet), []).append(facet.get("value"))
    return table


def _particle(node: Any, name: str) -> Any:
    """Return the line of an element, or a list for a group.

    The list starts with ``sequence`` or ``choice``.
    """
    kind = _kind(node)
    occurs = (node.get("minOccurs", "1"), node.get("maxOccurs", "1"))
    number = OCCURS.get(occurs, f" {{{occurs[0]},{occurs[1]}}}")
    if kind in ("sequence", "choice"):
        inside = [_particle(child, name) for child in node.iterchildren("*") if _kind(child) != "annotation"]
        return [kind + number, *inside]
    if kind == "any":
        return f"<{node.get('namespace', '##any')}>{number}"
    if kind != "element":
        raise ValueError(f"{name}: {kind} is not supported.")
    if node.get("ref"):
        return qualified(node, "ref") + number + since(node)
    kind = qualified(node, "type") if node.get("type") else ANYTHING
    nillable = " nillable" if node.get("nillable") == "true" else ""
    return f"{node.get('name')} {kind}{number}{nillable}{since(node)}"


def _attributes(body: Any, shared: dict[str, Any]) -> tuple[dict[str, str], str | None]:
    """Return the attributes of a type, and the namespaces of its wildcard.

    The first value maps attribute names to table lines. The second value is the namespace constraint of
    ``anyAttribute``, or None if the type permits only the listed attributes.
    """
    attributes: dict[str, str] = {}
    wildcard = None
    for node in body.iterchildren(f"{XS}attribute", f"{XS}anyAttribute", f"{XS}attributeGroup"):
        if _kind(node) == "anyAttribute":
            wildcard = node.get("namespace", "##any")
        elif _kind(node) == "attributeGroup":
            more, _ = _attributes(shared[qualified(node, "ref")], shared)
            attributes |= more
        elif node.get("ref"):
            attributes[qualified(node, "ref")] = qualified(shared[qualified(node, "ref")], "type")
        else:
            required = " required" if node.get("use") == "required" else ""
            attributes[node.get("name")] = qualified(node, "type") + required + since(node)
    return attributes, wildcard


def mentioned(table: Any) -> Iterator[str]:
    """Return the names of elements and types that a table mentions, in order."""
    if isinstance(table, dict):
        for key in ("extends", "text", "content"):
            yield from mentioned(table.get(key, ()))
        for line in table.get("attributes", {}).values():
            yield from line.split()[:1]
    elif isinstance(table, str):
        yield from (word for word in table.split() if ":" in word and not word.startswith("<"))
    else:
        for line in table[1:]:
            yield from mentioned(line)


def make_tables(schemas: Schemas, names: Iterable[str]) -> dict[str, Table]:
    """Return the tables of the named types and elements, by prefix.

    The tables include the types that the named types extend, and the simple types and elements that they refer to.
    Elements whose types are not in the tables are left out. An example is a record for administrators only.
    """
    types: dict[str, Table] = {}
    elements: dict[str, str] = {}
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name in types or name in elements or name.startswith("xs:"):
            continue
        if name in schemas.types:
            table = types[name] = type_table(schemas.types[name], name, schemas.attributes)
            simple = [other for other in mentioned(table)
                      if other in schemas.elements or _kind(schemas.types.get(other)) == "simpleType"]  # fmt: skip
            waiting += [table["extends"]] if "extends" in table else []
            waiting += [table["text"]] if "text" in table else []
            waiting += simple
        elif name in schemas.elements:
            elements[name] = element_line(schemas.elements[name])
            waiting += schemas.members(name)
    known = {name: line for name, line in elements.items() if line.split()[0] in types}
    return {prefix: _of(prefix, known, types) for prefix in NAMESPACES}


def element_line(node: Any) -> str:
    """Return the line of a global element: type, substitution group, and ``abstract``."""
    line = qualified(node, "type") if node.get("type") else "-"
    if node.get("substitutionGroup"):
        line += f" for {qualified(node, 'substitutionGroup')}"
    return line + (" abstract" if node.get("abstract") == "true" else "")


def _of(prefix: str, elements: dict[str, str], types: dict[str, Table]) -> Table:
    def own(names: dict[str, Any]) -> dict[str, Any]:
        start = prefix + ":"
        return {name.removeprefix(start): names[name] for name in sorted(names) if name.startswith(start)}

    return {"namespace": NAMESPACES[prefix], "elements": own(elements), "types": own(types)}


def present(folder: Path = TABLES) -> list[str]:
    """Return the names of all types and elements in the tables."""
    names = []
    for file in folder.glob("*.json"):
        table = json.loads(file.read_text(encoding="utf-8"))
        names += [f"{file.stem}:{name}" for kind in ("elements", "types") for name in table[kind]]
    return names


def main(folder: str, *more: str) -> None:
    """Update the tables. Add the types that are named as arguments."""
    tables = make_tables(Schemas(Path(folder)), [*present(), *more])
    for prefix, table in tables.items():
        text = json.dumps(table, indent=1, ensure_ascii=False)
        (TABLES / f"{prefix}.json").write_text(text + "\n", encoding="utf-8")


def _kind(node: Any) -> str:
    """Return the local name of a node, or an empty string for a comment."""
    return node.tag.rpartition("}")[2] if node is not None and isinstance(node.tag, str) else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
