"""Property tests of names in rules.

A plan after apply, and a plan of an export, have no changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.services.ans.names.clouds import NEW, OLD, cloud
from vcloudair_core import Client

POLICY = "ans.firewall"
NAMES = {
    "old": [
        *("lan", "network:web", "partners", "ipset:net: odd, name", "servers", "vm-0001"),
        *("vm:web", "vapp:shop", "vapp:back", "object:vm-43", "ipset-77", "external"),
    ],
    "new": ["new-lan", "network:new-lan", "partners", "group:partners", "servers", "ipset:both", "group:both"],
}
APPLICATIONS = {"old": ["HTTPS", "app:all web", "appgroup:all web", "application-88"], "new": ["HTTPS", "app:SSH"]}
TARGETS = {"old": OLD, "new": NEW}
addresses = st.sampled_from(["10.0.0.1", "10.1.0.0/16", "192.0.2.1-192.0.2.9"])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Yield a client of a simulated cloud that all Hypothesis examples share."""
    folder: Path = tmp_path_factory.mktemp("cloud")
    with cloud(folder) as (client, _):
        yield client


@st.composite
def rule_lists(draw: Any, backend: str) -> list[dict[str, Any]]:
    """Generate rules with names, IDs and addresses."""
    members = st.lists(st.sampled_from(NAMES[backend]) | addresses, min_size=1, max_size=3)
    applications = st.lists(st.sampled_from(APPLICATIONS[backend]), min_size=1, max_size=2, unique=True)
    optional = {"source": members, "destination": members, "applications": applications}
    names = draw(st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=3))
    return [{"name": name, **draw(st.fixed_dictionaries({}, optional=optional))} for name in names]


@pytest.mark.parametrize("backend", ["old", "new"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_names_are_stable(client: Client, backend: str, data: st.DataObject) -> None:
    target, rules = TARGETS[backend], data.draw(rule_lists(backend))
    client.ensure(POLICY, {"rules": [], "allow_empty": True}, target=target, state="exact_lists")
    client.ensure(POLICY, {"rules": rules}, target=target)
    assert not client.ensure(POLICY, {"rules": rules}, target=target).changed
    exported = {"rules": client.read(POLICY, target)["rules"]}
    assert not client.ensure(POLICY, exported, target=target, state="exact_lists").changed
    by_name = {rule["name"]: rule for rule in exported["rules"]}
    for rule in rules:
        for side in ("source", "destination"):
            assert (by_name[rule["name"]][side] == ["any"]) == (side not in rule)
