"""Tests of storing plans as JSON."""

from __future__ import annotations

import json

from vcloudair_core.recovery.plan.plan_file import parse_plan
from vcloudair_core.recovery.plan.serialization import plan_as_data, plan_of_data

PLAN = """
name: payroll
provider: vcda
point: "2024-01-01T00:00:00Z"
groups:
  - name: web
    vms:
      - name: web1
        point: replica-1
        networks:
          - {network: lan, address: 10.0.0.5, test_network: bubble}
          - {nic: 1, network: backup}
"""


def test_a_stored_plan_has_all_fields() -> None:
    plan = parse_plan(PLAN)
    assert plan_of_data(json.loads(json.dumps(plan_as_data(plan)))) == plan
    assert (plan.provider, plan.vms[0].point) == ("vcda", "replica-1")
    assert [(nic.nic, nic.network, nic.test_network) for nic in plan.vms[0].networks] == [
        (0, "lan", "bubble"),
        (1, "backup", ""),
    ]
