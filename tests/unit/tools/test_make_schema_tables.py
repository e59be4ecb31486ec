"""Tests of the generator and reader of schema tables, with a small schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.support.schema import Compiler
from tests.support.xml_mutations import Mutation
from tools.make_schema_tables import NAMESPACES, Schemas, make_tables

NAMESPACE = NAMESPACES["vcloud"]
SCHEMA = f"""
<xs:schema xmlns="{NAMESPACE}" xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{NAMESPACE}"
           elementFormDefault="qualified">
  <xs:element name="Shelf" type="ShelfType"/>
  <xs:element name="Item" type="ItemType" abstract="true"/>
  <xs:element name="Book" type="BookType" substitutionGroup="Item"/>
  <xs:element name="Puzzle" type="PuzzleType" substitutionGroup="Item"/>
  <xs:simpleType name="ColorType">
    <xs:restriction base="xs:string"><xs:enumeration value="red"/><xs:enumeration value="blue"/></xs:restriction>
  </xs:simpleType>
  <xs:complexType name="ItemType" abstract="true">
    <xs:sequence><xs:element name="Note" type="xs:string" minOccurs="0" maxOccurs="2"/></xs:sequence>
    <xs:attributeGroup ref="Common"/>
  </xs:complexType>
  <xs:attributeGroup name="Common">
    <xs:attribute name="id" type="xs:int" use="required"/>
    <xs:attribute name="color" type="ColorType">
      <xs:annotation><xs:appinfo><version added-in="5.6"/></xs:appinfo></xs:annotation>
    </xs:attribute>
  </xs:attributeGroup>
  <xs:complexType name="BookType"><xs:complexContent><xs:extension base="ItemType">
    <xs:choice><xs:element name="Author" type="NameType"/><xs:element name="Editor" type="NameType"/></xs:choice>
  </xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="PuzzleType"><xs:complexContent>
    <xs:extension base="ItemType"/>
  </xs:complexContent></xs:complexType>
  <xs:complexType name="NameType"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="language" type="xs:language"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:complexType name="ShelfType">
    <xs:sequence>
      <xs:element ref="Item" minOccurs="0" maxOccurs="unbounded"/>
      <xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:complexType>
</xs:schema>
"""
NAMES = ["vcloud:Shelf", "vcloud:ShelfType", "vcloud:BookType", "vcloud:NameType"]
DOCUMENT = f"""<Shelf xmlns="{NAMESPACE}" xmlns:x="urn:x" x:y="1"><Book id="1" color="red"><Note>a</Note>
<Author language="en">b</Author></Book><Book id="2"><Editor>c</Editor></Book><x:Other/></Shelf>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    file = tmp_path / "1.5" / "schemas" / "vcloud" / "vcloud.xsd"
    file.parent.mkdir(parents=True)
    file.write_text(SCHEMA, encoding="utf-8")
    return tmp_path


@pytest.fixture
def tables(folder: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(make_tables(Schemas(folder), NAMES)))
    return made


def test_a_table_has_the_facts_of_a_type(tables: dict[str, Any]) -> None:
    vcloud = tables["vcloud"]
    assert vcloud["elements"] == {
        "Book": "vcloud:BookType for vcloud:Item",
        "Item": "vcloud:ItemType abstract",
        "Shelf": "vcloud:ShelfType",
    }
    assert vcloud["types"]["ItemType"] == {
        "abstract": True,
        "content": ["sequence", "Note xs:string {0,2}"],
        "attributes": {"id": "xs:int required", "color": "vcloud:ColorType since 5.6"},
    }
    assert vcloud["types"]["BookType"]["content"] == ["choice", "Author vcloud:NameType", "Editor vcloud:NameType"]
    assert vcloud["types"]["ColorType"] == {"text": "xs:string", "enumeration": ["red", "blue"]}


@pytest.mark.parametrize(
    ("path", "change", "valid"),
    [
        ("0", "swap", True),
        ("0", "unset color", True),
        ("0/0", "repeat", True),
        ("0/1", "rename Editor", True),
        ("2", "repeat", True),
        ("0", "set color=blue", True),
        ("0", "set color=green", False),
        ("0", "set id=one", False),
        ("0", "set other=1", False),
        ("0", "unset id", False),
        ("0/0", "swap", False),
        ("0/1", "remove", False),
        ("0/1", "rename Writer", False),
        ("0/1", "set language=en us", False),
        ("0", "rename Item", False),
        (".", "set id=1", False),
        (".", "insert Note", False),
        (".", "rename Shelves", False),
        (".", "text words", False),
    ],
)
def test_tables_and_schema_give_the_same_verdict(
    folder: Path, tables: dict[str, Any], path: str, change: str, valid: bool
) -> None:
    schema = etree.XMLSchema(etree.parse(str(next(folder.rglob("*.xsd")))))
    by_tables = Compiler(tables).schema("vcloud")
    document = etree.fromstring(DOCUMENT)
    assert by_tables.validate(document), by_tables.error_log
    changed = Mutation(path, change).apply(document)
    assert schema.validate(changed) == valid
    assert by_tables.validate(changed) == valid, by_tables.error_log


def test_a_type_without_a_table_is_an_error(folder: Path) -> None:
    tables = make_tables(Schemas(folder), ["vcloud:Shelf", "vcloud:ShelfType", "vcloud:BookType"])
    schema = Compiler(tables).schema("vcloud")
    assert not schema.validate(etree.fromstring(DOCUMENT))
    assert "abstract" in str(schema.error_log)


def test_a_construct_without_a_notation_is_an_error(folder: Path) -> None:
    file = next(folder.rglob("*.xsd"))
    union = '<xs:union memberTypes="xs:int xs:date"/>'
    text = SCHEMA.replace("</xs:schema>", f'<xs:simpleType name="EitherType">{union}</xs:simpleType></xs:schema>')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="vcloud:EitherType: unions and lists are not supported"):
        make_tables(Schemas(folder), ["vcloud:EitherType"])
