"""Compare the type table for JSON documents with VMware's schemas.

The schemas are not in the repository. If they are missing, the comparison is skipped.
"""

from __future__ import annotations

import json

import pytest

from tests.support.schema import WITHOUT_XSD, XSD, XSD_START, load_tables
from tools.make_json_tables import NEWER, TABLE, make_table
from vcloudair_core.simulator.json_documents.type_table import load_type


@pytest.mark.skipif(not XSD_START.is_file(), reason=WITHOUT_XSD)
def test_the_table_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == make_table(XSD), "Run tools/make_json_tables.py with the schemas."


def test_the_table_has_the_newer_fields() -> None:
    for name, lines in json.loads(NEWER.read_text(encoding="utf-8")).items():
        keys = {field.name.rpartition("}")[2] for field in load_type(name).fields}
        assert {line.split()[0].removeprefix("@") for line in lines.split("; ")} <= keys, name


def test_the_table_has_the_attributes_of_the_tables_that_validate_documents() -> None:
    """Compare two tables that are generated from the same schemas."""
    for name, definition in load_tables()["vcloud"]["types"].items():
        if not definition.get("attributes") or "content" not in definition:
            continue
        keys = {field.name for field in load_type(f"vcloud:{name}").fields if field.role == "attribute"}
        assert {attribute for attribute in definition["attributes"] if ":" not in attribute} <= keys, name
