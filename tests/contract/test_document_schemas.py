"""The JSON Schemas of documents: every example validates, and what the parsers refuse by form is refused."""

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
    """``edge``, ``plan`` or ``inventory``; an empty string for another document."""
    keys = set(tree) if isinstance(tree, dict) else set()
    if "orgs" in keys:
        return "inventory"
    if {"name", "groups"} <= keys:
        return "plan"
    is_edge = keys & {"firewall", "nat", "ipsec"} and keys <= {"edge", "vdc", "allow_empty", "firewall", "nat", "ipsec"}
    return "edge" if is_edge else ""


def examples() -> Iterator[tuple[str, str, Any]]:
    """(place, kind, document) of every document in docs, playbooks and awx."""
    for page in pages():
        for block in blocks(page):
            if block.language == "yaml":
                yield from documents(f"{page.relative_to(ROOT)}:{block.line}", block.text)
    for folder in ("playbooks", "awx"):
        for path in sorted((ROOT / folder).rglob("*.yml")):
            yield from documents(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))


def documents(place: str, text: str) -> Iterator[tuple[str, str, Any]]:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError:
        return  # a template or a part of a file
    if kind_of(tree):
        yield place, kind_of(tree), tree


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
def test_a_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind]())


def test_there_are_examples_of_every_kind() -> None:
    found = [kind for _, kind, _ in EXAMPLES]
    assert {kind for kind in SCHEMAS if found.count(kind) >= 1} == set(SCHEMAS)
    assert len(found) >= 6


@pytest.mark.parametrize(("place", "kind", "tree"), EXAMPLES, ids=[place for place, _, _ in EXAMPLES])
def test_every_example_validates(place: str, kind: str, tree: Any) -> None:
    assert refusals(kind, tree) == []


# -- a sample of documents with one flaw of form each ----------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a document but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def spoiled(tree: Any, chance: random.Random) -> tuple[str, Any]:
    """(what was done, the document with one flaw of form)."""
    broken = copy.deepcopy(tree)
    path = chance.choice(sorted(places(tree), key=str))
    around = broken
    for part in path[:-1]:
        around = around[part]
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
def test_what_a_parser_refuses_by_form_the_schema_refuses(kind: str, text: str) -> None:
    tree, chance = yaml.safe_load(text), random.Random(SEED)
    assert is_parsed(kind, tree) and refusals(kind, tree) == []
    passed, count = [], 0
    for _ in range(SAMPLE):
        what, broken = spoiled(tree, chance)
        if not is_parsed(kind, broken):
            count += 1
            if not refusals(kind, broken):
                passed.append(what)
    assert passed == []
    assert count > SAMPLE * 0.9


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_published_schema_is_what_vca_prints(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    from vcloudair_core.cli.main import run

    name = {"plan": "recovery-plan"}.get(kind, kind)
    assert run(["schema", kind]) == 0
    published = (ROOT / "docs" / "reference" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert json.loads(capsys.readouterr().out) == json.loads(published)


def test_an_unknown_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    from vcloudair_core.cli.main import run

    assert run(["schema", "edges"]) == 64
    assert "did you mean 'edge'?" in capsys.readouterr().err
