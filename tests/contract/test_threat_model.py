"""The page of threats makes no claim without a proof, and no proof that is not there."""

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
def test_each_proof_is_a_test(proof: tuple[str, str]) -> None:
    path, name = proof
    assert name.startswith("test_")
    assert (ROOT / path).exists(), f"there is no {path}"
    assert name in _tests_in(path), f"{path} has no {name}"


def test_each_claim_has_a_proof() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    claims = [row for row in rows if row.count("|") == 3 and not row.startswith(("| claim", "| asset"))]
    proved = [row for row in claims if _PROOF.search(row)]
    assets = claims[: next(place for place, row in enumerate(claims) if row in proved)]
    assert len(proved) > 20
    assert claims[len(assets) :] == proved


def test_each_file_of_tests_proves_something() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "security").glob("test_*.py")}
    assert files <= {path for path, _ in PROOFS}
