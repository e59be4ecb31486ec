"""Tests of the generator of the JSON type table, with a small schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.make_json_tables import NAMESPACES, make_table

NAMESPACE = NAMESPACES["vcloud"]
SCHEMA = f"""
<xs:schema xmlns="{NAMESPACE}" xmlns:ovf="{NAMESPACES["ovf"]}" xmlns:x="urn:other"
           xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
  <xs:element name="Shelf" type="ShelfType"/>
  <xs:element name="Item" type="ItemType" abstract="true"/>
  <xs:element name="Book" type="BookType" substitutionGroup="Item"/>
  <xs:simpleType name="SizeType"><xs:restriction base="xs:int"/></xs:simpleType>
  <xs:simpleType name="EitherType"><xs:union memberTypes="xs:int xs:string"/></xs:simpleType>
  <xs:complexType name="ItemType" abstract="true">
    <xs:sequence><xs:element name="Note" type="xs:string" minOccurs="0" maxOccurs="2"/></xs:sequence>
    <xs:attributeGroup ref="Common"/>
    <xs:anyAttribute namespace="##other"/>
  </xs:complexType>
  <xs:attributeGroup name="Common">
    <xs:attribute name="id" type="xs:int"/>
    <xs:attribute name="isNew" type="xs:boolean" default="false"/>
  </xs:attributeGroup>
  <xs:complexType name="BookType"><xs:complexContent><xs:extension base="ItemType">
    <xs:choice maxOccurs="unbounded">
      <xs:element name="Author" type="NameType"/><xs:element name="Weight" type="xs:decimal"/>
    </xs:choice>
  </xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="NameType"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="since" type="xs:dateTime"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:complexType name="ShelfType" mixed="true"><xs:sequence>
    <xs:element ref="Item" maxOccurs="unbounded"/>
    <xs:element ref="x:Elsewhere" minOccurs="0"/>
    <xs:element name="Size" type="SizeType"/>
    <xs:element name="Either" type="EitherType"/>
    <xs:element name="Extra" type="xs:anyType"/>
    <xs:element name="Place"><xs:complexType><xs:attribute name="room" type="xs:string"/></xs:complexType></xs:element>
    <xs:any namespace="##other"/>
  </xs:sequence></xs:complexType>
</xs:schema>
"""


@pytest.fixture
def table(tmp_path: Path) -> dict[str, Any]:
    folder = tmp_path / "1.5" / "schemas" / "vcloud"
    folder.mkdir(parents=True)
    (folder / "shelf.xsd").write_text(SCHEMA, encoding="utf-8")
    (folder / "other.xsd").write_text(SCHEMA.replace(f'"{NAMESPACE}"', '"urn:other"'), encoding="utf-8")
    made: dict[str, Any] = json.loads(make_table(tmp_path))
    return made


def test_elements_have_their_type_and_the_element_that_they_substitute(table: dict[str, Any]) -> None:
    assert table["elements"] == {
        "vcloud:Book": "vcloud:BookType for vcloud:Item",
        "vcloud:Item": "vcloud:ItemType",
        "vcloud:Shelf": "vcloud:ShelfType",
    }


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("ItemType", "!; Note string *; @id integer; @isNew boolean =false; @*"),
        ("BookType", "< vcloud:ItemType; Author vcloud:NameType *; Weight number *"),
        ("NameType", "= string; @since dateTime"),
        (
            "ShelfType",
            "~; Item vcloud:ItemType *; Size integer; Either string; Extra any; Place vcloud:ShelfType.Place; *any",
        ),
        ("ShelfType.Place", "@room string"),
    ],
)
def test_types_have_a_line_for_each_field(table: dict[str, Any], name: str, lines: str) -> None:
    assert table["types"][f"vcloud:{name}"] == lines
