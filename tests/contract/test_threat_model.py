"""Check that each claim of the threat model names an existing test."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.documents import ROOT

PAGE = ROOT / "docs" / "explanation" / "threat-model.md"
_PROOF = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PROOFS = sorted(set(_PROOF.findall(PAGE.read_text(encoding="utf-8"))))


@cache
def _tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("proof", PROOFS, ids="::".join)
def test_each_named_test_exists(proof: tuple[str, str]) -> None:
    path, name = proof
    assert name.startswith("test_")
    assert (ROOT / path).exists(), f"{path} does not exist."
    assert name in _tests_in(path), f"{path} has no test {name!r}."


def test_each_claim_names_a_test() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    claims = [row for row in rows if row.count("|") == 3 and not row.startswith(("| claim", "| asset"))]
    proved = [row for row in claims if _PROOF.search(row)]
    assets = claims[: next(number for number, row in enumerate(claims) if row in proved)]
    assert len(proved) > 20
    assert claims[len(assets) :] == proved


def test_each_security_test_file_is_named() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "security").glob("test_*.py")}
    assert files <= {path for path, _ in PROOFS}
