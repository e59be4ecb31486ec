#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Test, clean up or fail over replicated VMs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dr_failover
short_description: Test, clean up or fail over replicated VMs
version_added: "0.1.0"
description:
  - Runs a disaster recovery (DR) action for selected VMs, for all replicated VMs, or for the VMs of a recovery plan.
  - The verdict of a VM is V(succeeded) only if its task succeeded, its replication shows the result, and the recovered
    VM exists. A VM that is already in the target state is not changed.
  - With O(wait=true), the task starts a run, which has a journal and reports. An interrupted run can be resumed, and no
    action is started twice.
  - If another client has already started an action, the task waits for the action and does not start it again.
  - If the task cannot determine whether an action was started, for example because a response was lost, the verdict is
    V(unknown). Such an action is not started again automatically. See O(on_unknown) and O(start_again). If an action
    has ended and the server does not show its result, the verdict is V(unknown) too. To check again, use O(resume).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  action:
    description:
      - DR action to run.
      - V(test) starts a copy of each VM in the cloud, while the source VM continues to run.
      - V(cleanup) removes the VMs that tests created.
      - V(failover) starts each VM in the cloud and ends the replication from its source.
      - The other actions require VMware Cloud Director Availability (VCDA).
      - V(migrate) powers off and synchronizes each source VM, and then starts the VM in the cloud.
      - V(reverse) reverses the replication of VMs that were failed over or migrated, so that they are protected again.
      - V(failback) migrates VMs with a reversed replication back to their original site.
      - V(pause), V(resume) and V(sync) pause a replication, resume it, and transfer the newest data.
    type: str
    choices: [test, cleanup, failover, migrate, reverse, failback, pause, resume, sync]
    required: true
  vms:
    description: >-
      Names of VMs, or UUIDs of their replications. An empty list selects no VMs. One of O(vms), O(all) and O(plan) is
      required.
    type: list
    elements: str
    aliases: [names]
  all:
    description: Select all VMs that are replicated to the organization.
    type: bool
    default: false
  plan:
    description:
      - File with the recovery plan, on the host that runs the module. The plan lists the VMs, their order, and steps
        to run before and after them.
      - Options of the task override the options of the plan.
    type: path
  power_on:
    description: Whether to power on the recovered VMs. The default is the value of the plan, or V(true) without a plan.
    type: bool
  point:
    description:
      - Point in time to recover to in a test or failover. This is V(latest), the ID of a point in time, or a time in
        ISO 8601. A time selects the newest point in time that is not later.
      - The default is the value of the plan, or V(latest) without a plan.
    type: str
  provider:
    description: >-
      API of disaster recovery, which is DR 2.x (V(vr)) or VMware Cloud Director Availability (V(vcda)). The default is
      the value of the plan. Without it, O(dr_provider) selects the API.
    type: str
    choices: [vr, vcda]
  synchronize:
    description: Synchronize the newest data before a test. If the source site cannot be reached, the test fails.
    type: bool
  max_concurrent:
    description: >-
      Maximum number of VMs to process at the same time. The default is the value of the plan, or V(20) without a plan.
    type: int
  vm_timeout:
    description: Time limit in seconds for each attempt of a VM. By default, only O(stuck_after) limits an attempt.
    type: float
  run_timeout:
    description: >-
      Time limit in seconds for the run. When this time has passed, the task starts no more actions, stops waiting, and
      fails. To continue the run, use O(resume).
    type: float
  stuck_after:
    description: >-
      Time in seconds after which the module stops waiting for a server task that makes no progress. The default is the
      value of the plan, or V(600) without a plan.
    type: float
  verify_timeout:
    description: >-
      Maximum time in seconds to wait, after the server task has ended, until the replication and the VM show the result
      of the task.
    type: float
    default: 300
  on_error:
    description:
      - What to do if a VM fails. The task fails in every case.
      - V(continue) processes all VMs that do not depend on the failed VM. This is the default for O(vms), O(all) and
        O(action=cleanup).
      - V(stop) starts no more actions. This is the default for O(plan).
      - V(roll_back) starts no more actions, cleans up a test, and restores the networks.
    type: str
    choices: [continue, stop, roll_back]
  wait:
    description: >-
      Whether to wait for the verdicts. V(false) cannot be combined with O(plan), and at most O(max_concurrent) VMs can
      be selected. To get the verdicts later, run the same task with O(wait=true), which does not start the actions
      again.
    type: bool
    default: true
  resume:
    description:
      - Resume the newest run of this plan if it was interrupted, instead of starting a new run. Requires O(plan).
      - To resume a task without a plan, run the same task again. No action is started twice.
    type: bool
    default: false
  on_unknown:
    description:
      - What to do if neither a server task nor the replication shows that the action of a VM was started. The default
        is the value of the plan, or V(fail) without a plan.
      - V(fail) sets the verdict to V(unknown), and the task fails. You then decide how to continue.
      - V(start) starts the action again. The action may then run twice.
    type: str
    choices: [fail, start]
  start_again:
    description: >-
      Names of VMs with the verdict V(unknown) to start again, after you have checked their state. Requires O(resume).
    type: list
    elements: str
    default: []
  approve:
    description: >-
      Names of approval steps of the plan that are approved in advance. The module cannot ask for an approval.
    type: list
    elements: str
    default: []
  cancel_on_stop:
    description: Cancel the server task of a VM when the module stops waiting for it.
    type: bool
    default: false
  take_over:
    description: >-
      Whether to resume the run even if another host may still continue it. Set this option only if the process on the
      other host has ended. Requires O(resume).
    type: bool
    default: false
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._dr
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dr_info
"""

EXAMPLES = r"""
- name: Run a test failover of two VMs
  vcloudair.cloud.vca_dr_failover:
    action: test
    vms: [web1, db1]

- name: Clean up the tests of all VMs
  vcloudair.cloud.vca_dr_failover:
    action: cleanup
    all: true

- name: Run a recovery plan, or resume it if an earlier job was interrupted
  vcloudair.cloud.vca_dr_failover:
    action: failover
    plan: "{{ playbook_dir }}/payroll.yml"
    resume: true
    approve: ["Is the primary site down?"]

- name: Protect the VMs of a plan again after a failover with VCDA
  vcloudair.cloud.vca_dr_failover:
    action: reverse
    plan: "{{ playbook_dir }}/payroll.yml"
    provider: vcda
"""

RETURN = r"""
vms:
  description: >-
    Result of each VM, also returned if a VM failed. C(verdict) is V(succeeded) (verified on the server), V(unchanged)
    (already in the target state), V(planned) (check mode), V(started) (with O(wait=false)), V(failed), V(skipped) (not
    started because of another failure), V(unknown) (the action may have been started, and is not started again
    automatically) or V(in_flight) (still running when the run was interrupted). C(vm) is the recovered VM.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 3c1d5f60-0d5f-4a0e-9c58-1b7e7d9a4f01, name: web1, action: test, verdict: succeeded, changed: true,
       reason: "", hint: "", seconds: 63.2, task: {}, vm: {id: 0c5b2f9e-6f0a-4c59-9a34-0a4b0e1d7c11, name: web1,
       href: "https://vcd.example.test/api/vApp/vm-0c5b2f9e-6f0a-4c59-9a34-0a4b0e1d7c11", status: POWERED_ON,
       vapp: web1-vapp, vapp_href: "https://vcd.example.test/api/vApp/vapp-6e1f7a90-3c52-4c6a-8c1a-2f6d1b7f0a22",
       vdc: org1-vdc1, vdc_href: "https://vcd.example.test/api/vdc/ee541366-e2d4-5c36-8b7a-9a68f57938ca",
       addresses: [10.1.2.3]}}
summary:
  description: Number of VMs by verdict, also returned if a VM failed.
  returned: success
  type: dict
  sample: {failed: 0, planned: 0, skipped: 0, started: 0, succeeded: 2, unchanged: 1, unknown: 0}
order:
  description: >-
    Planned actions and steps, in order. C(from_s) and C(until_s) are the estimated start and end, in seconds from the
    start of the run.
  returned: in check mode
  type: list
  elements: dict
  sample:
    - {what: vm, name: web1, group: vms, verdict: planned, from_s: 0.0, until_s: 60.0, is_guess: true}
steps:
  description: Results of the steps of the plan, also returned if a VM or step failed.
  returned: when O(wait=true), not in check mode
  type: list
  elements: dict
  sample: []
run_id:
  description: ID of the run, for C(vca dr resume) and C(vca dr report).
  returned: when O(wait=true), not in check mode
  type: str
  sample: 20261127-013604-047-71f7
report:
  description: Path of the HTML report. The same folder has report.json and report.xml (JUnit).
  returned: when O(wait=true), not in check mode
  type: str
  sample: /home/ops/.local/state/vcloudair/dr/runs/20261127-013604-047-71f7/report.html
rto:
  description: >-
    Recovery time objective (RTO): the target of the plan, and the time from the start of the run until the slowest VM
    was recovered.
  returned: when O(wait=true), not in check mode
  type: dict
  sample: {target_minutes: 60.0, reached_s: 312.4, met: true}
rpo:
  description: >-
    Recovery point objective (RPO): the target of the plan, and the age of the oldest replicated data at the start of
    the run.
  returned: when O(wait=true), not in check mode
  type: dict
  sample: {target_minutes: 30.0, reached_s: 610.0, met: true}
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

from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import dr_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._recovery import (
    build_plan,
    failure,
    report_rows,
    result_of,
    result_rows,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, refuse

if TYPE_CHECKING:
    from vcloudair_core import Client
    from vcloudair_core.recovery import RecoveryPlan

ACTIONS = ["test", "cleanup", "failover", "migrate", "reverse", "failback", "pause", "resume", "sync"]
ARGUMENTS = {
    "action": {"type": "str", "choices": ACTIONS, "required": True},
    "vms": {"type": "list", "elements": "str", "aliases": ["names"]},
    "all": {"type": "bool", "default": False},
    "plan": {"type": "path"},
    "power_on": {"type": "bool"},
    "point": {"type": "str"},
    "provider": {"type": "str", "choices": ["vr", "vcda"]},
    "synchronize": {"type": "bool"},
    "max_concurrent": {"type": "int"},
    "vm_timeout": {"type": "float"},
    "run_timeout": {"type": "float"},
    "stuck_after": {"type": "float"},
    "verify_timeout": {"type": "float", "default": 300},
    "on_error": {"type": "str", "choices": ["continue", "stop", "roll_back"]},
    "wait": {"type": "bool", "default": True},
    "resume": {"type": "bool", "default": False},
    "on_unknown": {"type": "str", "choices": ["fail", "start"]},
    "start_again": {"type": "list", "elements": "str", "default": []},
    "approve": {"type": "list", "elements": "str", "default": []},
    "cancel_on_stop": {"type": "bool", "default": False},
    "take_over": {"type": "bool", "default": False},
    **dr_arguments(),
}


def act(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Run the DR action for the selected VMs and return their verdicts."""
    if params["resume"] and not params["plan"]:
        refuse("resume", "requires plan; to resume a task without a plan, run the same task again")
    if params["start_again"] and not params["resume"]:
        refuse("start_again", "requires resume, because start_again names VMs of the resumed run")
    if params["take_over"] and not params["resume"]:
        refuse("take_over", "requires resume, because only a resumed run can be taken over")
    is_cleanup = params["action"] == "cleanup"
    plan = build_plan(
        params,
        power_on=params["power_on"],
        point=params["point"],
        provider=params["provider"],
        synchronize=params["synchronize"],
        max_concurrent=params["max_concurrent"],
        vm_timeout=params["vm_timeout"],
        stuck_after=params["stuck_after"],
        on_error=params["on_error"] or ("continue" if is_cleanup else None),
        on_unknown=params["on_unknown"],
    )
    if not plan.vms and not plan.all_vms:
        return result_of([], params["action"], diff_mode)  # an empty list selects no VMs
    if check_mode:
        return _preview(client, plan, params, diff_mode)
    if not params["wait"]:
        return _start_only(client, plan, params, diff_mode)
    return _run_plan(client, plan, params, diff_mode)


def _preview(client: Client, plan: RecoveryPlan, params: Params, diff_mode: bool) -> Result:
    from vcloudair_core.recovery import preview

    forecast = preview(client, plan, params["action"])
    vms = result_rows(forecast.results)
    order = [row.as_dict() for row in forecast.rows]
    return dict(result_of(vms, params["action"], diff_mode), order=order, **failure(vms))


def _start_only(client: Client, plan: RecoveryPlan, params: Params, diff_mode: bool) -> Result:
    from vcloudair_core.recovery import OperationOptions

    if params["plan"]:
        refuse("wait", "must be true if plan is set, because the order of the plan requires waiting")
    options = OperationOptions(
        power_on=plan.power_on,
        point=plan.point,
        synchronize=plan.synchronize,
        max_concurrent=plan.max_concurrent,
        stuck_after=plan.stuck_after,
        vm_timeout=plan.vm_timeout,
        verify_timeout=params["verify_timeout"],
        on_unknown=plan.on_unknown,
        wait=False,
    )
    names = None if params["all"] else params["vms"]
    vms = result_rows(client.dr.using(plan.provider).act(params["action"], names, options=options))
    return dict(result_of(vms, params["action"], diff_mode), **failure(vms))


def _run_plan(client: Client, plan: RecoveryPlan, params: Params, diff_mode: bool) -> Result:
    from vcloudair_core.recovery import RunOptions, resume, run_folder, start, unfinished_runs

    options = RunOptions(
        verify_timeout=params["verify_timeout"],
        cancel_on_stop=params["cancel_on_stop"],
        run_timeout=params["run_timeout"],
        approve=tuple(params["approve"]),
        on_unknown=params["on_unknown"] or "",
        start_again=tuple(params["start_again"]),
        take_over=params["take_over"],
    )
    action, report = params["action"], None
    if params["resume"]:
        resumable = unfinished_runs(client, plan.name, action)
        report = resume(client, resumable[0], options) if resumable else None
    report = report or start(client, plan, action, options)
    vms = report_rows(report)
    data = report.as_dict()
    result = result_of(vms, action, diff_mode)
    result["changed"] = result["changed"] or any(_has_changed(step) for step in report.all_steps)
    result.update(
        run_id=report.run_id,
        report=str(run_folder(client.settings, report.run_id) / "report.html"),
        steps=[step for level in [data, *data["groups"]] for step in level["steps"]],
        rto=data["rto"],
        rpo=data["rpo"],
    )
    if report.verdict == "succeeded":
        return result
    steps = [failed for failed in report.failures if failed.what == "step"]
    reason = f"The run was interrupted: {report.reason}" if report.verdict == "interrupted" else ""
    reason = reason or "; ".join(f"step {step.name}: {step.reason}" for step in steps)
    hint = ""
    if report.verdict == "interrupted":
        hint = f"Run `vca dr resume {report.run_id}`, or set resume to true and run the task again."
    hint = hint or (steps[0].hint if steps else "")
    return dict(result, **failure(vms, reason or ("" if vms else report.reason), hint))


def _has_changed(step: Any) -> bool:
    """Return True if a step may have changed something.

    A command or playbook that succeeded counts as a change. A network step counts if it changed an edge gateway.
    """
    if step.last.verdict != "succeeded" or step.kind not in ("command", "playbook", "network"):
        return False
    return step.kind != "network" or step.summary != "nothing to change"


MODULE = Module(act, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
