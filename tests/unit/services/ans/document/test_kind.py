"""The kind of a whole edge: problems of all sections at once, each with its whole path, and its line in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vcloudair_core.client import Client
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.services.ans.document.file import read_document
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.testing import RequestView

KIND = "ans.edge"
DOCUMENT = """\
edge: org1-vdc1-edge1
firewall:
  default_action: deny
  rules:
    - name: web
      source: 10.0.0.1
    - name: mail
      source: 10.0.0.2
nat:
  enabled: true
  rules:
    - action: dnat
      interface: no such network
      original_address: 203.0.113.10
      translated_address: 10.0.0.10
    - action: dnat
      interface: no such network either
      original_address: 203.0.113.11
      translated_address: 10.0.0.11
"""


@pytest.fixture
def only_one_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections whose backend cannot express names of rules and default actions."""

    def unsupported_in_rule(self: Section[Any, Any], spec: Any, backend: str) -> list[SpecProblem]:
        problem = SpecProblem("name", f"is not available on {backend}", "Leave the name out.")
        return [problem] if spec.name == "mail" else []

    def unsupported_settings(self: Section[Any, Any], spec: Any, backend: str) -> list[SpecProblem]:
        return [SpecProblem("enabled", f"is not available on {backend}")] if spec.enabled else []

    monkeypatch.setattr(Section, "unsupported_in_rule", unsupported_in_rule)
    monkeypatch.setattr(Section, "unsupported_settings", unsupported_settings)


def section_calls(journal: RequestView) -> list[str]:
    return [call for call in journal.calls if "/config" in call or "/vdcNetworks" in call]


@pytest.mark.usefixtures("only_one_backend")
@pytest.mark.parametrize("check", [True, False])
def test_what_the_backend_cannot_express_is_refused_before_any_section_is_read(
    vca_client: Client, vca_journal: RequestView, tmp_path: Path, check: bool
) -> None:
    file = tmp_path / "edge.yml"
    file.write_text(DOCUMENT, encoding="utf-8")
    document = read_document(str(file))
    backend = vca_client.service("ans").list_edges()[0].backend
    with pytest.raises(SpecError) as caught, document.lines_in_errors():
        vca_client.ensure(KIND, document.sections, target=document.target, check=check)
    assert caught.value.message == (
        f"{file}:7: firewall.rules[1].name: is not available on {backend}\n"
        f"{file}:10: nat.enabled: is not available on {backend}"
    )
    assert caught.value.hint == "Leave the name out."
    assert caught.value.as_dict()["problems"][1] == {
        "path": "nat.enabled",
        "reason": f"is not available on {backend}",
        "file": str(file),
        "line": 10,
    }
    assert section_calls(vca_journal) == []


def test_names_that_the_edge_does_not_know_are_reported_with_their_lines(vca_client: Client, tmp_path: Path) -> None:
    file = tmp_path / "edge.yml"
    file.write_text(DOCUMENT, encoding="utf-8")
    document = read_document(str(file))
    with pytest.raises(SpecError) as caught, document.lines_in_errors():
        vca_client.ensure(KIND, document.sections, target=document.target, check=True)
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (13, "nat.rules[0].interface"),
        (17, "nat.rules[1].interface"),
    ]


def test_problems_of_all_sections_are_reported_together(vca_client: Client, vca_journal: RequestView) -> None:
    twice = {"name": "web", "source": "10.0.0.1"}
    rule = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "10.0.0.10"}
    with pytest.raises(SpecError) as caught:
        vca_client.ensure(KIND, {"firewall": {"rules": [twice, twice]}, "nat": {"rules": [rule, rule]}})
    paths = [problem.path for problem in caught.value.problems]
    assert [path.partition(".")[0] for path in paths] == ["firewall", "nat"]
    assert section_calls(vca_journal) == []
