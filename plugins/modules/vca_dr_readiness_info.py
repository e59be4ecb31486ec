#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Check if VMs or a recovery plan are ready for a test or failover."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dr_readiness_info
short_description: Check if a recovery plan or VMs are ready for a test or failover
version_added: "0.1.0"
description:
  - Checks everything that a test or failover depends on, without starting a DR action. The checks cover the plan, each
    VM and the age of its newest data, the target VDC and its free capacity, the edge gateways and programs of the
    plan's steps, and the date of the last test of the plan.
  - If a value cannot be read, the status of its check is V(unknown), and the other checks continue.
  - The task succeeds even if the recovery is not ready. To stop a play in this case, see the examples.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  plan:
    description: File with the recovery plan, on the host that runs the module.
    type: path
  vms:
    description: >-
      Names of VMs, or UUIDs of their replications, instead of O(plan). An empty list selects no VMs.
    type: list
    elements: str
    aliases: [names]
  all:
    description: Check all replicated VMs, instead of O(plan).
    type: bool
    default: false
  action:
    description: DR action to check the readiness for.
    type: str
    choices: [test, failover]
    default: failover
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._dr
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_dr_failover
  - module: vcloudair.cloud.vca_dr_info
"""

EXAMPLES = r"""
- name: Check the readiness of a recovery plan
  vcloudair.cloud.vca_dr_readiness_info:
    plan: payroll.yml
  register: readiness

- name: Stop the play if the plan is not ready
  ansible.builtin.assert:
    that: readiness.ready and readiness.score >= 90
    fail_msg: "{{ readiness.checks | rejectattr('status', 'equalto', 'ok') | map(attribute='message') | join('; ') }}"

- name: Check if all replicated VMs are ready for a test
  vcloudair.cloud.vca_dr_readiness_info:
    all: true
    action: test
"""

RETURN = r"""
ready:
  description: >-
    Whether the recovery is ready: no check has failed, and no essential check has the status V(unknown).
  returned: success
  type: bool
  sample: true
score:
  description: >-
    Weighted share of passed checks, from 0 to 100, rounded down. The score is at most 70 if RV(ready) is V(false), and
    at most 40 if an essential check fails.
  returned: success
  type: int
  sample: 96
counts:
  description: Number of checks by status.
  returned: success
  type: dict
  sample: {ok: 23, warn: 0, fail: 0, unknown: 3}
checks:
  description: >-
    Results of the checks, failures first. C(status) is V(ok), V(warn), V(fail) or V(unknown). C(weight) is V(10) for
    essential checks, V(5) for targets and steps of the plan, and V(2) for additional information.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: rpo, subject: web1, status: fail, message: "the newest data is 120 min old; the RPO of the plan is 30 min",
       hint: Look at the replication where the VM runs now., weight: 5}
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 12
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: SpecError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import dr_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, refuse

if TYPE_CHECKING:
    from vcloudair_core import Client
    from vcloudair_core.recovery import RecoveryPlan

ARGUMENTS = {
    "plan": {"type": "path"},
    "vms": {"type": "list", "elements": "str", "aliases": ["names"]},
    "all": {"type": "bool", "default": False},
    "action": {"type": "str", "choices": ["test", "failover"], "default": "failover"},
    **dr_arguments(),
}


def check_readiness(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the results of the readiness checks."""
    from vcloudair_core.recovery import assess

    readiness = assess(client, _load_plan(params), params["action"]).as_dict()
    return dict(changed=False, ready=readiness.pop("is_ready"), **readiness)


def _load_plan(params: Params) -> RecoveryPlan:
    from vcloudair_core.recovery import load_plan, plan_of_vms

    selectors = [name for name in ("plan", "vms", "all") if params[name] not in (None, "", False)]
    if len(selectors) != 1:
        refuse("plan", f"exactly one of plan, vms and all is required, not {' and '.join(selectors) or 'none'}")
    return load_plan(params["plan"]) if params["plan"] else plan_of_vms(params["vms"])


MODULE = Module(check_readiness, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
