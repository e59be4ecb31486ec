#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the replications of VMs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dr_info
short_description: Read replications of VMs
version_added: "0.1.0"
description:
  - Returns the VMs that are replicated to the organization, with the state of each replication.
  - With O(history), also returns when plans and VMs were last tested, and which drills are due.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  vms:
    description: >-
      Names of VMs, or UUIDs of their replications. By default, all replications are returned. An empty list selects no
      VMs.
    type: list
    elements: str
    aliases: [names]
  points:
    description: Also return the points in time of each replication. This takes one request for each replication.
    type: bool
    default: false
  history:
    description: >-
      Whether to read the history of recovery tests from the run journals of this host, or of the storage in
      O(state_url).
    type: bool
    default: false
  plan:
    description: File with a recovery plan to which the history is limited. Requires O(history).
    type: path
  max_age_days:
    description: >-
      Days after which a successful test is too old. If a plan sets C(test_max_age_days), that value applies instead.
      Requires O(history).
    type: float
    default: 90
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._dr
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_dr_failover
"""

EXAMPLES = r"""
- name: Read all replications
  vcloudair.cloud.vca_dr_info:
  register: dr

- name: Show the VMs whose replication violates the RPO
  ansible.builtin.debug:
    msg: "{{ dr.replications | selectattr('rpo_violation_minutes', '>', 0) | map(attribute='name') }}"

- name: Read the history of recovery tests
  vcloudair.cloud.vca_dr_info:
    history: true
    max_age_days: 30
  register: dr

- name: Show the plans whose test is due
  ansible.builtin.debug:
    msg: "{{ dr.drills.plans | selectattr('due') | map(attribute='name') }}"
"""

RETURN = r"""
replications:
  description: >-
    Replications, with the states that the server reports. C(last_sync) is the start time of the newest transfer, or
    V(null) if no transfer has started. With O(points=true), C(points) lists the points in time, newest first.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 3c1d5f60-0d5f-4a0e-9c58-1b7e7d9a4f01, name: web1, state: ok, test_state: none, recovery_state: notStarted,
       is_recovered: false, is_paused: false, rpo_minutes: 240, rpo_violation_minutes: 0,
       last_sync: "2016-09-14T08:00:10.120000+00:00"}
drills:
  description: >-
    History of recovery tests. C(due) is true if a test of any plan or VM is due. C(plans) and C(vms) have the state
    (V(ok), V(overdue), V(failed) or V(never)), the last test, RTO and RPO in seconds, and their trends. C(untested) has
    the names of VMs without a successful test.
  returned: if O(history) is true
  type: dict
  sample:
    due: true
    plans: []
    vms:
      - {name: web1, state: overdue, due: true, last_test: "2026-08-03T12:00:00.000Z", verdict: succeeded, rto_s: 820.0,
         rto_trend: better, rpo_s: 612.0, rpo_trend: steady}
    untested: []
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 12
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import dr_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, refuse

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {
    "vms": {"type": "list", "elements": "str", "aliases": ["names"]},
    "points": {"type": "bool", "default": False},
    "history": {"type": "bool", "default": False},
    "plan": {"type": "path"},
    "max_age_days": {"type": "float", "default": 90.0},
    **dr_arguments(),
}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the replications of the selected VMs, and the history of their tests."""
    if params["plan"] and not params["history"]:
        refuse("plan", "requires history, because the plan only limits the history")
    replications = client.dr.replications(params["vms"])
    rows = [replication.as_dict() for replication in replications]
    if params["points"]:
        for row in rows:
            row["points"] = [point.as_dict() for point in client.dr.points(row["id"])]
    result: Result = {"changed": False, "replications": rows}
    if params["history"]:
        result["drills"] = _drills(client, params, [(vm.id, vm.name) for vm in replications])
    return result


def _drills(client: Client, params: Params, replicated: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the history of a plan, of the selected VMs, or of all plans and VMs."""
    from vcloudair_core.recovery import drill_history, load_plan

    plan = load_plan(params["plan"]) if params["plan"] else None
    names = None if params["vms"] is None else [name for vm in replicated for name in vm]
    history = drill_history(
        client.settings,
        plan=plan,
        vms=names,
        replicated=() if plan else replicated,
        max_age_days=params["max_age_days"],
    )
    return history.as_dict()


MODULE = Module(read, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
