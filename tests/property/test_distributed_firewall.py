"""Property tests of distributed firewalls: the plan after apply has no changes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_firewall import NAMES, addresses
from tests.unit.services.ans.distributed_firewall.fakes import DEFAULT_NAME, FakeVdcGroup, stored
from vcloudair_core.engine.desired import Absent, ExactLists, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.services.ans.distributed_firewall.section import SECTION, DistributedFirewallKind

WHOLE = DistributedFirewallKind(SECTION)
members = st.lists(addresses | st.sampled_from(["internal", "group:web servers"]), min_size=1, max_size=3)
ports = st.lists(st.integers(1, 65535), min_size=1, max_size=3)
services = st.fixed_dictionaries({"protocol": st.sampled_from(["tcp", "udp"])}, optional={"port": ports})
OPTIONAL = {
    "action": st.sampled_from(["accept", "deny", "reject"]),
    "enabled": st.booleans(),
    "description": st.sampled_from(["", "ticket 1"]),
    "source": members | st.just(["any"]),
    "destination": members,
    "source_exclude": st.booleans(),
    "services": st.lists(services | st.just({"protocol": "icmp"}), min_size=1, max_size=2),
    "direction": st.sampled_from(["in", "out", "inout"]),
    "ip_version": st.sampled_from(["any", "4", "6"]),
}


@st.composite
def rule_lists(draw: Any) -> list[dict[str, Any]]:
    """Generate rules with different names."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    return [{"name": name, **draw(st.fixed_dictionaries({}, optional=OPTIONAL))} for name in names]


@pytest.mark.parametrize("version", ["37.2", "39.1"])
@settings(max_examples=25, deadline=None)
@given(rule_lists(), st.lists(st.sampled_from(NAMES), unique=True, max_size=4), st.sampled_from([Present, ExactLists]))
def test_plan_after_apply_has_no_changes(
    version: str, specs: list[dict[str, Any]], existing: list[str], state: Any
) -> None:
    with TemporaryDirectory() as folder:
        server = FakeVdcGroup(Path(folder), version, *(stored(f"id {name}", name) for name in existing))
        desired = WHOLE.parse({"rules": specs, "allow_empty": True})

        def apply(how: Any) -> Any:
            return ensure(WHOLE, WHOLE.open(server, {"vdc_group": "dc-group"}), how((desired,)))  # type: ignore[arg-type]

        apply(state)
        assert not apply(state).changed
        named = [rule["name"] for rule in specs]
        kept = [name for name in server.names if name not in named]
        assert kept == ([] if state is ExactLists else [name for name in existing if name not in named]) + [
            DEFAULT_NAME
        ]
        apply(Absent)
        assert len(server.groups) == 1
        assert len(server.profiles) == 2
