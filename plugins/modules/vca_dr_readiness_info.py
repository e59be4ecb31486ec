#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a recovery is going to work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dr_readiness_info
short_description: Look whether a recovery is going to work
version_added: "0.1.0"
description:
  - Looks at all that a test or a failover depends on, and starts nothing. The plan, each VM and how old its newest
    data is, the VDC that it is brought to and the room there, the edge gateways and programs of the plan's steps, and
    when the plan was last tested.
  - What cannot be read becomes a check whose status is V(unknown), and stops no other.
  - A low score is no failure of this module. See the example for how to stop a play.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  plan:
    description: File with the recovery plan, on the host that the module runs on.
    type: path
  vms:
    description: In place of O(plan), names of VMs, or UUIDs of their replications. An empty list means none.
    type: list
    elements: str
    aliases: [names]
  all:
    description: In place of O(plan), all VMs that are replicated.
    type: bool
    default: false
  action:
    description: What it is to be ready for.
    type: str
    choices: [test, failover]
    default: failover
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_dr_failover
  - module: vcloudair.cloud.vca_dr_info
"""

EXAMPLES = r"""
- name: Is the plan ready
  vcloudair.cloud.vca_dr_readiness_info:
    plan: payroll.yml
  register: readiness

- name: Stop where it is not, and say why
  ansible.builtin.assert:
    that: readiness.ready and readiness.score >= 90
    fail_msg: "{{ readiness.checks | rejectattr('status', 'equalto', 'ok') | map(attribute='message') | join('; ') }}"

- name: Whether everything that is replicated could be tested
  vcloudair.cloud.vca_dr_readiness_info:
    all: true
    action: test
"""

RETURN = r"""
ready:
  description: Whether no check fails and everything essential is known.
  returned: success
  type: bool
  sample: true
score:
  description: >-
    0 to 100, the share of what is well by weight, rounded down. At most 70 when it is not ready, and at most 40 when
    something essential fails.
  returned: success
  type: int
  sample: 96
counts:
  description: How many checks ended how.
  returned: success
  type: dict
  sample: {ok: 23, warn: 0, fail: 0, unknown: 3}
checks:
  description: >-
    What was looked at, failures first. C(status) is ok, warn, fail or unknown; C(weight) is 10 for what is essential,
    5 for what was promised or is a part of the plan, 2 for what is good to know.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: rpo, subject: web1, status: fail, message: "the newest data is 120 min old; the plan promises 30 min",
       hint: Look at the replication where the VM runs now., weight: 5}
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 12
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: SpecError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, refuse

if TYPE_CHECKING:
    from vcloudair_core import Client
    from vcloudair_core.recovery import RecoveryPlan

ARGUMENTS = {
    "plan": {"type": "path"},
    "vms": {"type": "list", "elements": "str", "aliases": ["names"]},
    "all": {"type": "bool", "default": False},
    "action": {"type": "str", "choices": ["test", "failover"], "default": "failover"},
}


def look(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Look, and say what was seen."""
    from vcloudair_core.recovery import assess

    found = assess(client, _chosen(params), params["action"]).as_dict()
    return dict(changed=False, ready=found.pop("is_ready"), **found)


def _chosen(params: Params) -> RecoveryPlan:
    from vcloudair_core.recovery import load_plan, plan_of_vms

    given = [name for name in ("plan", "vms", "all") if params[name] not in (None, "", False)]
    if len(given) != 1:
        refuse("plan", f"give one of plan, vms and all, not {' and '.join(given) or 'none'}")
    return load_plan(params["plan"]) if params["plan"] else plan_of_vms(params["vms"])


MODULE = Module(look, ARGUMENTS, of_edges=False)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
