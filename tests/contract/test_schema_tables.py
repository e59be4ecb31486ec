"""Check that tests/data/schema rejects the documents that VMware's schemas reject.

The schemas are not in the repository. If they are missing, recorded mutations of small documents are used instead. For
each mutation, tests/data/schema_mutations.json has the path, the change, and the validation result of the schemas.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.support.crawl import crawl
from tests.support.schema import TABLES, WITHOUT_XSD, XSD, XSD_START, Validator, load_tables, load_validator
from tests.support.simulated import signed_in
from tests.support.xml_mutations import Mutation, random_mutation
from tools.make_schema_tables import Schemas, make_tables, present
from vcloudair_core.simulator import Simulator, SimulatorConfig

RECORDED = json.loads((TABLES.parent / "schema_mutations.json").read_text(encoding="utf-8"))
VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
MUTATIONS = 1000

needs_xsd = pytest.mark.skipif(not XSD_START.is_file(), reason=WITHOUT_XSD)


@pytest.fixture(scope="module")
def validator() -> Validator:
    return load_validator()


@pytest.mark.parametrize("name", RECORDED["documents"])
def test_recorded_mutations_have_the_recorded_result(validator: Validator, name: str) -> None:
    document = etree.fromstring(RECORDED["documents"][name])
    assert validator.errors(document) == []
    for path, change, valid in RECORDED["mutations"][name]:
        changed = Mutation(path, change).apply(document)
        assert validator.tables.validate(changed) == valid, f"{path}: {change}"
        if validator.xsd is not None:
            assert validator.xsd.validate(changed) == valid, f"{path}: {change}"


def test_recorded_mutations_have_every_kind() -> None:
    kinds = Counter(
        (change.partition(" ")[0], valid) for rows in RECORDED["mutations"].values() for _, change, valid in rows
    )
    for kind in ("insert", "remove", "rename", "repeat", "set", "swap", "text", "unset"):
        assert kinds[kind, False] >= 3, kind
        assert kinds[kind, True] >= 2, kind


@needs_xsd
def test_tables_and_schemas_agree_on_mutated_documents(validator: Validator) -> None:
    chance, verdicts = random.Random(14), Counter[bool]()
    documents = sample_documents()
    assert validator.xsd is not None
    for _ in range(MUTATIONS):
        document = chance.choice(documents)
        mutation = random_mutation(document, chance)
        changed = mutation.apply(document)
        valid = validator.xsd.validate(changed)
        assert validator.tables.validate(changed) == valid, (
            f"{document.tag} {mutation}: {validator.tables.error_log or validator.xsd.error_log}"
        )
        verdicts[valid] += 1
    assert min(verdicts[True], verdicts[False]) > MUTATIONS / 4


@needs_xsd
def test_tables_are_up_to_date() -> None:
    assert make_tables(Schemas(Path(XSD)), present()) == load_tables(), (
        "Run tools/make_schema_tables.py with the folder of the schemas."
    )


OPAQUE = ("System", "Item", "StartupSection", "VMWareTools", "Protocols")
"""Elements whose content the tables do not describe, as in make_schema_tables.py."""


def remove_opaque(root: Any) -> None:
    """Remove the elements in :data:`OPAQUE` from a document.

    The tables accept any content in these elements, but the schemas do not. Without these elements, the tables and the
    schemas must accept the same documents.
    """
    for node in list(root.iter(*[f"{{*}}{name}" for name in OPAQUE])):
        if node.getparent() is not None:
            node.getparent().remove(node)


def sample_documents() -> list[Any]:
    """Return a document of each kind except sessions. See test_simulator_xsd.py."""
    simulator = Simulator(SimulatorConfig(profile="vcd", vms=3, edges=1, replications=1, templates=1))
    documents: dict[tuple[str, str], Any] = {}
    for _, response in crawl(signed_in(simulator, version="9.0")):
        root = etree.fromstring(response.body)
        remove_opaque(root)
        last = str(root[-1].tag) if len(root) and root.tag == f"{VCLOUD}QueryResultRecords" else ""
        if str(root.tag).startswith(VCLOUD) and root.tag not in (f"{VCLOUD}Session", f"{VCLOUD}Item"):
            documents.setdefault((str(root.tag), last), root)
    assert len(documents) > 40
    return list(documents.values())
