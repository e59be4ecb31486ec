"""Tests of reading other sections for warnings.

Other sections are read at most once, and only if there is a change. Read errors are ignored.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans.ipsec_harness import BRANCH
from tests.unit.services.ans.nat_harness import OUT, WEB, Harness, harness
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator

BESIDE = ("/firewall/config", "/nat/config", "/ipsec/config", "/vdcNetworks")
LETS_WEB_IN = {"name": "web", "destination": "203.0.113.10", "protocol": "tcp", "dest_port": 443}
DOCUMENT = {
    "firewall": {"rules": [LETS_WEB_IN]},
    "nat": {"rules": [WEB]},
    "ipsec": {"enabled": True, "tunnels": [BRANCH]},
}
CHECKS = pytest.mark.parametrize("check", [True, False])


def reads(made: Harness) -> dict[str, int]:
    """Return the number of reads of each section since the request log was cleared."""
    counts = {name.split("/")[1]: made.journal.count("GET", name) for name in BESIDE}
    return {name: count for name, count in counts.items() if count}


def ensure(made: Harness, kind: str, specs: Any, state: str = "present", *, check: bool = False) -> tuple[bool, Any]:
    made.journal.clear()
    outcome = made.client.ensure(kind, specs, state=state, target={"edge": made.edge.name}, check=check)
    return outcome.changed, outcome.warnings


@CHECKS
@pytest.mark.parametrize("edge_api", EDGE_APIS)
def test_warnings_use_the_sections_of_the_document(vca_simulator: Simulator, edge_api: str, check: bool) -> None:
    with harness(vca_simulator, edge_api) as made:
        ensure(made, "ans.firewall", {"enabled": True, "rules": [], "default_action": "deny"})
        assert ensure(made, "ans.edge", DOCUMENT, check=check) == (True, ())
        each = 1 if check else 2
        networks = {} if edge_api == "hybridity" else {"vdcNetworks": 1}
        assert reads(made) == {"firewall": each, "nat": each, "ipsec": each, **networks}


@CHECKS
def test_other_sections_are_read_once(vca_simulator: Simulator, check: bool) -> None:
    with harness(vca_simulator, "network_xml") as made:
        ensure(made, "ans.firewall", {"enabled": False})
        changed, warnings = ensure(made, "ans.edge", {**DOCUMENT, "firewall": None}, check=check)
        assert (changed, len(warnings)) == (True, 2)
        assert reads(made)["firewall"] == 1


@CHECKS
@pytest.mark.parametrize("edge_api", EDGE_APIS)
def test_no_other_section_is_read_without_changes(vca_simulator: Simulator, edge_api: str, check: bool) -> None:
    with harness(vca_simulator, edge_api) as made:
        ensure(made, "ans.edge", DOCUMENT)
        for kind, specs, section in (
            ("ans.nat_rule", WEB, "nat"),
            ("ans.nat", DOCUMENT["nat"], "nat"),
            ("ans.ipsec", DOCUMENT["ipsec"], "ipsec"),
            ("ans.firewall", DOCUMENT["firewall"], "firewall"),
        ):
            assert ensure(made, kind, specs, check=check) == (False, ())
            assert reads(made) == {section: 1}


@CHECKS
def test_only_relevant_changes_cost_a_read(vca_simulator: Simulator, check: bool) -> None:
    with harness(vca_simulator, "network_xml") as made:
        ensure(made, "ans.edge", DOCUMENT)
        each = 1 if check else 2
        cases: list[tuple[str, Any, str, dict[str, int]]] = [
            ("ans.nat_rule", OUT, "present", {"nat": each, "firewall": 1}),
            ("ans.nat_rule", {**OUT, "enabled": False}, "present", {"nat": each}),
            ("ans.nat_rule", WEB, "absent", {"nat": each}),
            ("ans.firewall", {"default_logging": True}, "present", {"firewall": each}),
            ("ans.ipsec_tunnel", {**BRANCH, "mtu": 1400}, "present", {"ipsec": each}),
        ]
        for kind, specs, state, cost in cases:
            assert ensure(made, kind, specs, state, check=check)[0]
            assert reads(made) == cost, (kind, specs)


@CHECKS
@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_failed_read_for_a_warning_does_not_fail_the_run(vca_simulator: Simulator, status: int, check: bool) -> None:
    with harness(vca_simulator, "network_xml") as made:
        for path in ("/firewall/config", "/vdcNetworks"):
            made.simulator.faults.add("status", path=path, status=status, count=0)
        for kind, specs in (("ans.nat_rule", WEB), ("ans.ipsec", DOCUMENT["ipsec"])):
            changed, warnings = ensure(made, kind, specs, check=check)
            assert (changed, len(warnings)) == (True, 1)
            assert ensure(made, kind, specs, check=check)[0] is check
