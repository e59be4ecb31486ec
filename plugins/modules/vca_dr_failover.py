#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Test failovers, their clean-up, and failovers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dr_failover
short_description: Test, clean up or fail over replicated VMs
version_added: "0.1.0"
description:
  - Brings VMs to where an action of disaster recovery leads. One that is there already is not touched.
  - A VM has succeeded when its task has, its replication says so, and there is a VM. Nothing less counts.
  - What is waited for is a run with a journal, so that one which was cut off can go on without anything being started
    twice, and with reports.
  - An action that somebody has started already is waited for and not started again.
  - When it is not known whether an action was started, for example because the answer of the server was lost, the
    verdict is V(unknown), and it is not started again before somebody decides; see O(on_unknown) and O(start_again).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  action:
    description:
      - With V(test) VMs run in the cloud beside their sources, which go on.
      - With V(cleanup) what tests have made is removed.
      - With V(failover) VMs run in the cloud, and replication from the source ends.
    type: str
    choices: [test, cleanup, failover]
    required: true
  vms:
    description: >-
      Names of VMs, or UUIDs of their replications. An empty list means none. One of O(vms), O(all) and O(plan) is
      needed.
    type: list
    elements: str
    aliases: [names]
  all:
    description: Every VM that is replicated into the organisation.
    type: bool
    default: false
  plan:
    description:
      - A recovery plan, a file on the host that the module runs on. It says which VMs, in which order, and what
        is done around them.
      - What is given here beside it takes the place of what the plan says.
    type: path
  power_on:
    description: Whether the VMs are to run afterwards. By default as the plan says, else V(true).
    type: bool
  synchronize:
    description: Bring the newest data over before a test. It fails when the source cannot be reached.
    type: bool
  max_concurrent:
    description: How many VMs at the same time. By default as the plan says, else V(20).
    type: int
  vm_timeout:
    description: Seconds that one try of one VM may take. Without it there is no limit but O(stuck_after).
    type: float
  run_timeout:
    description: >-
      Seconds that all of it may take. Then nothing more is started or waited for, and the task fails; see O(resume).
    type: float
  stuck_after:
    description: >-
      Seconds without any change of a task after which it is given up. By default as the plan says, else V(600).
    type: float
  verify_timeout:
    description: Seconds that a replication and its VM may take to show what their task said.
    type: float
    default: 300
  on_error:
    description:
      - What to do when a VM fails. With V(continue), the default of O(vms) and O(all), all that does not depend on
        it is brought over all the same. With V(stop), the default of a plan, nothing more is started.
      - With V(roll_back), a test is cleaned up and networks are switched back as well.
      - A clean-up goes on by default, also that of a plan.
      - The task fails in any case.
    type: str
    choices: [continue, stop, roll_back]
  wait:
    description: >-
      Whether to wait for the verdicts. Without waiting, no more than O(max_concurrent) VMs can be started at once,
      and no plan. The same task with O(wait=true) then waits, and starts nothing twice.
    type: bool
    default: true
  resume:
    description:
      - Go on with the newest run of this plan if it was stopped or died, in place of starting a new one.
      - Without a plan there is nothing to go on with. The same task once more starts nothing twice.
    type: bool
    default: false
  on_unknown:
    description:
      - What to do with a VM whose action may or may not have been started, when neither a task nor its replication
        shows it. By default as the plan says, else V(fail).
      - With V(fail) its verdict is V(unknown), and the task fails, so that somebody decides.
      - With V(start) it is started again, which may start it twice.
    type: str
    choices: [fail, start]
  start_again:
    description: >-
      Names of VMs of a run that O(resume) goes on with, whose verdict is V(unknown), and that somebody has decided
      to start again.
    type: list
    elements: str
    default: []
  approve:
    description: Approvals of the plan that are given beforehand, by their names. Nobody can be asked from here.
    type: list
    elements: str
    default: []
  cancel_on_stop:
    description: Ask the server to cancel the task of a VM that is given up.
    type: bool
    default: false
  state_dir:
    description: >-
      Folder for journals and reports of runs, on the host that the module runs on. The environment variable
      E(VCA_STATE_DIR) is used when this is not given; by default it is a folder of the user's own.
    type: path
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dr_info
"""

EXAMPLES = r"""
- name: Test two VMs
  vcloudair.cloud.vca_dr_failover:
    action: test
    vms: [web1, db1]

- name: Clean up after every test
  vcloudair.cloud.vca_dr_failover:
    action: cleanup
    all: true

- name: Fail over by a plan, and go on with it if an earlier job was cut off
  vcloudair.cloud.vca_dr_failover:
    action: failover
    plan: "{{ playbook_dir }}/payroll.yml"
    resume: true
    approve: ["Is the primary site down?"]
"""

RETURN = r"""
vms:
  description: >-
    The result of each VM. The verdict is V(succeeded) (as the server shows), V(unchanged) (nothing was to do),
    V(planned) (in check mode), V(started) (with O(wait=false)), V(failed), V(skipped) (not started, as something
    else failed), V(unknown) (it may or may not have been started; it is not started again before somebody decides) or
    V(in_flight) (the run was stopped). The key C(vm) is the recovered VM. Also there when a VM failed.
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
  description: How many VMs had which verdict. Also there when a VM failed.
  returned: success
  type: dict
  sample: {failed: 0, planned: 0, skipped: 0, started: 0, succeeded: 2, unchanged: 1, unknown: 0}
order:
  description: What would be done, in order, with seconds from the start as far as they can be told.
  returned: in check mode
  type: list
  elements: dict
  sample:
    - {what: vm, name: web1, group: vms, verdict: planned, from_s: 0.0, until_s: 60.0, is_guess: true}
steps:
  description: What was done around VMs. Also there when something failed.
  returned: when it was waited for
  type: list
  elements: dict
  sample: []
run_id:
  description: The name of the run, for C(vca dr resume) and C(vca dr report).
  returned: when it was waited for
  type: str
  sample: 20261127-013604-047-71f7
report:
  description: The page for the auditor. Beside it are report.json and report.xml (JUnit).
  returned: when it was waited for
  type: str
  sample: /home/ops/.local/state/vcloudair/dr/runs/20261127-013604-047-71f7/report.html
rto:
  description: How long the slowest VM took from the start of the run, against the target.
  returned: when it was waited for
  type: dict
  sample: {target_minutes: 60.0, reached_s: 312.4, met: true}
rpo:
  description: How old the oldest data was at the start of the run, against the target.
  returned: when it was waited for
  type: dict
  sample: {target_minutes: 30.0, reached_s: 610.0, met: true}
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

from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._recovery import (
    failure,
    plan_of,
    shown_report,
    shown_results,
    told,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, refuse

if TYPE_CHECKING:
    from vcloudair_core import Client
    from vcloudair_core.recovery import RecoveryPlan

ARGUMENTS = {
    "action": {"type": "str", "choices": ["test", "cleanup", "failover"], "required": True},
    "vms": {"type": "list", "elements": "str", "aliases": ["names"]},
    "all": {"type": "bool", "default": False},
    "plan": {"type": "path"},
    "power_on": {"type": "bool"},
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
    "state_dir": {"type": "path"},
}


def act(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Bring the VMs over, and say what came of it."""
    if params["resume"] and not params["plan"]:
        refuse("resume", "it is a plan that is gone on with; without one, the same task again starts nothing twice")
    if params["start_again"] and not params["resume"]:
        refuse("start_again", "it decides about VMs of a run that is gone on with; set resume")
    is_cleanup = params["action"] == "cleanup"
    plan = plan_of(
        params,
        power_on=params["power_on"],
        synchronize=params["synchronize"],
        max_concurrent=params["max_concurrent"],
        vm_timeout=params["vm_timeout"],
        stuck_after=params["stuck_after"],
        on_error=params["on_error"] or ("continue" if is_cleanup else None),
        on_unknown=params["on_unknown"],
    )
    if not plan.vms and not plan.all_vms:
        return told([], params["action"], diff_mode)  # an empty selection: nothing is meant
    if check_mode:
        return _previewed(client, plan, params, diff_mode)
    if not params["wait"]:
        return _started(client, plan, params, diff_mode)
    return _carried_out(client, plan, params, diff_mode)


def _previewed(client: Client, plan: RecoveryPlan, params: Params, diff_mode: bool) -> Result:
    from vcloudair_core.recovery import preview

    found = preview(client, plan, params["action"])
    vms = shown_results(found.results)
    order = [row.as_dict() for row in found.rows]
    return dict(told(vms, params["action"], diff_mode), order=order, **failure(vms))


def _started(client: Client, plan: RecoveryPlan, params: Params, diff_mode: bool) -> Result:
    from vcloudair_core.recovery import OperationOptions

    if params["plan"]:
        refuse("wait", "the order of a plan cannot be kept without waiting")
    options = OperationOptions(
        power_on=plan.power_on,
        synchronize=plan.synchronize,
        max_concurrent=plan.max_concurrent,
        stuck_after=plan.stuck_after,
        vm_timeout=plan.vm_timeout,
        verify_timeout=params["verify_timeout"],
        on_unknown=plan.on_unknown,
        wait=False,
    )
    names = None if params["all"] else params["vms"]
    vms = shown_results(client.dr.act(params["action"], names, options=options))
    return dict(told(vms, params["action"], diff_mode), **failure(vms))


def _carried_out(client: Client, plan: RecoveryPlan, params: Params, diff_mode: bool) -> Result:
    from vcloudair_core.recovery import RunOptions, resume, run_folder, start, unfinished_runs

    options = RunOptions(
        verify_timeout=params["verify_timeout"],
        cancel_on_stop=params["cancel_on_stop"],
        run_timeout=params["run_timeout"],
        approve=tuple(params["approve"]),
        on_unknown=params["on_unknown"] or "",
        start_again=tuple(params["start_again"]),
    )
    action, report = params["action"], None
    if params["resume"]:
        resumable = unfinished_runs(client, plan.name, action)
        report = resume(client, resumable[0], options) if resumable else None
    report = report or start(client, plan, action, options)
    vms = shown_report(report)
    whole = report.as_dict()
    result = told(vms, action, diff_mode)
    result["changed"] = result["changed"] or any(_has_changed(step) for step in report.all_steps)
    result.update(
        run_id=report.run_id,
        report=str(run_folder(client.settings, report.run_id) / "report.html"),
        steps=[step for part in [whole, *whole["groups"]] for step in part["steps"]],
        rto=whole["rto"],
        rpo=whole["rpo"],
    )
    if report.verdict == "succeeded":
        return result
    steps = [one for one in report.failures if one.what == "step"]
    more = f"the run was stopped: {report.reason}" if report.verdict == "interrupted" else ""
    more = more or "; ".join(f"step {one.name}: {one.reason}" for one in steps)
    hint = f"Go on with: vca dr resume {report.run_id}, or resume: true." if report.verdict == "interrupted" else ""
    hint = hint or (steps[0].hint if steps else "")
    return dict(result, **failure(vms, more or ("" if vms else report.reason), hint))


def _has_changed(step: Any) -> bool:
    """Whether a step was a change: a program may have changed anything, an edge says whether it was changed."""
    if step.last.verdict != "succeeded" or step.kind not in ("command", "playbook", "network"):
        return False
    return step.kind != "network" or step.summary != "nothing to change"


MODULE = Module(act, ARGUMENTS, of_edges=False)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
