"""Tests of the JSON Schemas of documents, with valid and malformed documents."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.documents import blocks, pages
from vcloudair_core.errors import SpecError
from vcloudair_core.recovery.plan import plan_schema
from vcloudair_core.recovery.plan.plan_file import parse_plan
from vcloudair_core.services.ans.document.edge_schema import edge_schema
from vcloudair_core.services.ans.document.kind import EdgeKind
from vcloudair_core.simulator import inventory_file

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "edge": edge_schema,
    "plan": plan_schema.schema,
    "inventory": inventory_file.schema,
}
SAMPLE = 400
SEED = 20151108
CHOICES = ("action", "default_action", "on_error", "log_level")

EDGE = """
edge: web-edge
vdc: gold
firewall:
  enabled: true
  default_action: deny
  global_settings: {udp_timeout: 60, drop_invalid_traffic: true}
  rules:
  - {name: https in, action: accept, source: any, destination: [203.0.113.10], services: [{protocol: tcp, port: 443}]}
  - {name: dns, protocol: udp, dest_port: [53], position: top, logging: yes, enabled: "off"}
nat:
  rules:
  - {action: dnat, original_address: 203.0.113.10, original_port: 443, translated_address: 10.0.0.5, protocol: tcp}
ipsec:
  enabled: true
  log_level: warning
  tunnels:
  - {name: branch, local_ip: 203.0.113.10, peer_ip: 198.51.100.7, local_subnets: [10.0.0.0/24],
     peer_subnets: [10.9.0.0/24], psk: a-long-key, mtu: 1400, pfs: true}
"""
PLAN = """
name: payroll
max_concurrent: 5
on_error: stop
before: [{name: tell, approval: Start}]
groups:
- name: data
  priority: 1
  vms: [{name: db1, retries: 2, power_on: true}]
- name: web
  depends_on: [data]
  vms: [web1, web2]
  after: [{delay_s: 5}]
"""
INVENTORY = """
orgs:
- name: acme
  users: [{name: ops, password: secret}]
  vdcs:
  - name: gold
    cpu_limit_mhz: 1000
    edges: [{name: web-edge, advanced: true}]
    vms: [{name: web1, cpus: 2, is_busy: false}]
    replications: [{name: db1, rpo: 60}]
"""


def kind_of(tree: Any) -> str:
    """Return ``edge``, ``plan`` or ``inventory``, or an empty string for other kinds."""
    keys = set(tree) if isinstance(tree, dict) else set()
    if "orgs" in keys:
        return "inventory"
    if {"name", "groups"} <= keys:
        return "plan"
    is_edge = keys & {"firewall", "nat", "ipsec"} and keys <= {"edge", "vdc", "allow_empty", "firewall", "nat", "ipsec"}
    return "edge" if is_edge else ""


def examples() -> Iterator[tuple[str, str, Any]]:
    """Return (location, kind, document) for every document in docs, playbooks and awx."""
    for page in pages():
        for block in blocks(page):
            if block.language == "yaml":
                yield from documents(f"{page.relative_to(ROOT)}:{block.line}", block.text)
    for folder in ("playbooks", "awx"):
        for path in sorted((ROOT / folder).rglob("*.yml")):
            yield from documents(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))


def documents(location: str, text: str) -> Iterator[tuple[str, str, Any]]:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError:
        return  # a template or a fragment
    if kind_of(tree):
        yield location, kind_of(tree), tree


EXAMPLES = list(examples())


def refusals(kind: str, tree: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMAS[kind]()).iter_errors(tree)]


def is_parsed(kind: str, tree: Any) -> bool:
    try:
        if kind == "edge":
            EdgeKind().parse({key: value for key, value in tree.items() if key not in ("edge", "vdc")})
        elif kind == "plan":
            parse_plan(json.dumps(tree))
        else:
            assert not list(inventory_file._problems(inventory_file.schema(), tree, ())), "refused"
    except (SpecError, AssertionError):
        return False
    return True


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schema_is_valid(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind]())


def test_every_kind_has_examples() -> None:
    kinds = [kind for _, kind, _ in EXAMPLES]
    assert {kind for kind in SCHEMAS if kinds.count(kind) >= 1} == set(SCHEMAS)
    assert len(kinds) >= 6


@pytest.mark.parametrize(("location", "kind", "tree"), EXAMPLES, ids=[location for location, _, _ in EXAMPLES])
def test_every_example_validates(location: str, kind: str, tree: Any) -> None:
    assert refusals(kind, tree) == []


# -- a sample of documents with one structural error each -------------------------------------------------------------


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value below the root of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from paths_of(item, (*path, key))


def add_error(tree: Any, chance: random.Random) -> tuple[str, Any]:
    """Return (description, document) for a copy with one structural error."""
    broken = copy.deepcopy(tree)
    path = chance.choice(sorted(paths_of(tree), key=str))
    around = broken
    for key in path[:-1]:
        around = around[key]
    key, value = path[-1], around[path[-1]]
    ways = ["mapping"] if not isinstance(value, dict) else ["text"]
    ways += ["key"] if isinstance(key, str) else []
    ways += ["number"] if isinstance(value, int) and not isinstance(value, bool) else []
    ways += ["word"] if isinstance(value, bool) or key in CHOICES else []
    way = chance.choice(ways)
    if way == "key":
        around[f"{key}x"] = around.pop(key)
    else:
        around[key] = {"mapping": {"nonsense": 1}, "text": "a, b", "number": -3, "word": "nonsense"}[way]
    return f"{way} at {path}", broken


@pytest.mark.parametrize(("kind", "text"), [("edge", EDGE), ("plan", PLAN), ("inventory", INVENTORY)])
def test_schema_refuses_malformed_documents_that_the_parser_refuses(kind: str, text: str) -> None:
    tree, chance = yaml.safe_load(text), random.Random(SEED)
    assert is_parsed(kind, tree) and refusals(kind, tree) == []
    passed, count = [], 0
    for _ in range(SAMPLE):
        issue, broken = add_error(tree, chance)
        if not is_parsed(kind, broken):
            count += 1
            if not refusals(kind, broken):
                passed.append(issue)
    assert passed == []
    assert count > SAMPLE * 0.9


@pytest.mark.parametrize("kind", SCHEMAS)
def test_published_schema_equals_the_output_of_vca(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    from vcloudair_core.cli.main import run

    name = {"plan": "recovery-plan"}.get(kind, kind)
    assert run(["schema", kind]) == 0
    published = (ROOT / "docs" / "reference" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert json.loads(capsys.readouterr().out) == json.loads(published)


def test_refuses_an_unknown_document_kind(capsys: pytest.CaptureFixture[str]) -> None:
    from vcloudair_core.cli.main import run

    assert run(["schema", "edges"]) == 64
    assert "did you mean 'edge'?" in capsys.readouterr().err
