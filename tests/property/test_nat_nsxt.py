"""Property tests of NAT on NSX-T edge gateways: the plan after apply is empty.

A fake server assigns ids and resolves profiles. The simulator is too slow for so many rules.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import SpecError, VcloudAirError
from vcloudair_core.services.ans.nat.nsxt.codec import NsxtNatCodec
from vcloudair_core.services.ans.nat.section import SECTION
from vcloudair_core.services.ans.nsxt.store import changed_records
from vcloudair_core.services.ans.section.kinds import RuleKind

KIND = RuleKind(SECTION)
BACKENDS = {"nsxt 37.2": NsxtNatCodec(is_v2=False), "nsxt 39.1": NsxtNatCodec(is_v2=True)}
PORT = st.one_of(
    st.integers(1, 65535).map(str), st.integers(1, 1000).map(lambda low: f"{low}-{low + 9}"), st.just("any")
)
EXTERNAL = st.integers(1, 4).map(lambda last: f"203.0.113.{last}")
INTERNAL = st.one_of(st.integers(1, 4).map(lambda last: f"10.0.0.{last}"), st.just("10.0.0.0/24"), st.just("any"))
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "original_port": PORT,
    "translated_address": EXTERNAL | INTERNAL,
    "translated_port": PORT,
    "protocol": st.sampled_from(["tcp", "UDP", "any", "icmp"]),
    "icmp_type": st.sampled_from(["any", "echo-request"]),
    "snat_match_destination_address": INTERNAL,
    "snat_match_destination_port": PORT,
    "enabled": st.booleans(),
    "logging": st.booleans(),
    "description": TEXT,
    "name": TEXT,
    "priority": st.integers(0, 5),
    "firewall_match": st.sampled_from(["match_internal_address", "match_external_address", "bypass"]),
    "applied_to": st.sampled_from(["dmz", "lan"]),
    "vpn_mode": st.sampled_from(["bypass", "exclusive"]),
}


@st.composite
def rules(draw: Any, backend: str) -> Any:
    """Generate the spec of a rule that the backend supports."""
    action = draw(st.sampled_from(["dnat", "snat", "no_dnat", "no_snat", "reflexive"]))
    address = draw({"snat": INTERNAL, "no_snat": INTERNAL}.get(action, EXTERNAL))
    data: dict[str, Any] = {"action": action, "original_address": address}
    for name, value in draw(st.fixed_dictionaries({}, optional=OPTIONAL)).items():
        data[name] = value
    if action not in ("no_dnat", "no_snat"):
        data.setdefault("translated_address", "203.0.113.9")
    for _ in OPTIONAL:
        try:
            spec = KIND.parse(data)
            problems = KIND.unsupported(Present((spec,)), backend)
            if not problems:
                return spec
            invalid = {problem.path for problem in problems}
        except SpecError as exc:
            invalid = {problem.path for problem in exc.problems}
        for name in invalid:
            data = without(data, name)
        if action not in ("no_dnat", "no_snat"):
            data.setdefault("translated_address", "203.0.113.9")
    raise AssertionError(data)


def without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


@st.composite
def rule_lists(draw: Any, backend: str) -> list[Any]:
    """Generate rules for different traffic."""
    specs: list[Any] = []
    for spec in draw(st.lists(rules(backend), max_size=5)):
        try:
            KIND.validate(Present((*specs, spec)))
        except SpecError:
            continue
        specs.append(spec)
    return specs


class FakeServer:
    """A fake edge gateway with NAT rules. It counts one write per changed rule."""

    def __init__(self, codec: NsxtNatCodec) -> None:
        self.codec = codec
        self.records: list[dict[str, Any]] = [{"id": "s", "name": "dns", "type": "SNAT", "systemRule": True}]
        self.next_id = 0
        self.writes = 0

    def read(self) -> Document:
        return self.codec.parse(json.dumps({"nat": {"values": self.records}}).encode())

    def apply(self, desired: Desired) -> int:
        """Converge the rules. Return the number of changes of the plan."""
        before = self.read()
        plan = KIND.plan(before, desired)
        after = KIND.merge(before, plan)
        old, new = (document.tree["nat"]["values"] for document in (before, after))
        deleted, changed, created = changed_records(old, new)
        self.writes = len(deleted) + len(changed) + len(created)
        self.records = [self._stored(record) for record in copy.deepcopy(new)]
        return len(plan.changes)

    def _stored(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record in the format of the server. Source: protocol/nsxt.md §6."""
        if "id" not in record:
            self.next_id += 1
            record["id"] = f"00000000-0000-4000-8000-{self.next_id:012}"
        defaults = {"priority": 0, "firewallMatch": "MATCH_INTERNAL_ADDRESS", "logging": False}
        return {**defaults, **record}


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_plan_after_apply_is_empty_and_each_change_is_one_write(backend: str, data: Any) -> None:
    server = FakeServer(BACKENDS[backend])
    for make in (Present, Exactly, Present, Exactly):
        specs = tuple(data.draw(rule_lists(backend)))
        if make is Exactly and not specs:
            continue
        desired = make(specs)
        try:
            changes = server.apply(desired)
        except VcloudAirError as exc:
            assert isinstance(exc, SpecError), exc
            continue  # for example, a changed rule would have ports without a protocol
        assert server.writes == changes
        assert KIND.plan(server.read(), desired).is_empty
        assert server.records[0]["name"] == "dns"


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_an_export_changes_nothing_and_restores_everything(backend: str, data: Any) -> None:
    server = FakeServer(BACKENDS[backend])
    specs = data.draw(rule_lists(backend))
    server.apply(Present(tuple(specs)))
    exported = KIND.project(server.read())
    read_again = tuple(map(KIND.parse, exported))
    assert KIND.unsupported(Present(read_again), backend) == []
    if not read_again:
        return
    assert KIND.plan(server.read(), Exactly(read_again)).is_empty
    assert KIND.plan(server.read(), Present(read_again)).is_empty
    server.apply(Absent(read_again))
    assert [record["name"] for record in server.records] == ["dns"]
    server.apply(Exactly(read_again))
    assert [without(rule, "rule_id") for rule in KIND.project(server.read())] == [
        without(rule, "rule_id") for rule in exported
    ]
