#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Test failovers, their clean-up, and failovers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dr_failover
short_description: Test, clean up or fail over replicated machines
version_added: "0.1.0"
description:
  - Brings machines to where an action of disaster recovery leads. One that is there already is not touched.
  - A machine has succeeded when its task has, its replication says so, and there is a machine. Nothing less counts.
  - An action that somebody has started already is waited for and not started again.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  action:
    description:
      - With V(test) machines run in the cloud beside their sources, which go on.
      - With V(cleanup) what tests have made is removed.
      - With V(failover) machines run in the cloud, and replication from the source ends.
    type: str
    choices: [test, cleanup, failover]
    required: true
  vms:
    description: Names of machines, or UUIDs of their replications. An empty list means none.
    type: list
    elements: str
    aliases: [names]
  all:
    description: Every machine that is replicated into the organisation.
    type: bool
    default: false
  power_on:
    description: Whether the machines are to run afterwards.
    type: bool
    default: true
  synchronize:
    description: Bring the newest data over before a test. It fails when the source cannot be reached.
    type: bool
    default: false
  max_concurrent:
    description: How many machines at the same time.
    type: int
    default: 20
  task_timeout:
    description: Seconds that one machine may take. Without it there is no limit but O(stuck_after).
    type: float
  stuck_after:
    description: Seconds without any change of a task after which it is given up.
    type: float
    default: 600
  on_error:
    description: >-
      What to do when a machine fails. With V(continue) the others are brought over all the same, with V(stop) nothing
      more is started. The task fails either way.
    type: str
    choices: [continue, stop]
    default: continue
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dr_info
"""

EXAMPLES = r"""
- name: Test two machines
  vcloudair.cloud.vca_dr_failover:
    action: test
    vms: [web1, db1]

- name: Clean up after every test
  vcloudair.cloud.vca_dr_failover:
    action: cleanup
    all: true
"""

RETURN = r"""
vms:
  description: >-
    What came of each machine. The verdict is V(done), V(already) (nothing was to do), V(would) (in check mode),
    V(failed) or V(skipped) (not started, as another one failed). Also there when a machine failed.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 3c1d5f60-0d5f-4a0e-9c58-1b7e7d9a4f01, name: web1, action: test, verdict: done, changed: true, reason: "",
       hint: "", seconds: 63.2, task: {}}
summary:
  description: How many machines had which verdict. Also there when a machine failed.
  returned: success
  type: dict
  sample: {already: 1, done: 2, failed: 0, skipped: 0, would: 0}
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

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, refuse

ARGUMENTS = dict(
    action=dict(type="str", choices=["test", "cleanup", "failover"], required=True),
    vms=dict(type="list", elements="str", aliases=["names"]),
    all=dict(type="bool", default=False),
    power_on=dict(type="bool", default=True),
    synchronize=dict(type="bool", default=False),
    max_concurrent=dict(type="int", default=20),
    task_timeout=dict(type="float"),
    stuck_after=dict(type="float", default=600),
    on_error=dict(type="str", choices=["continue", "stop"], default="continue"),
)


def act(client, params, check_mode, diff_mode):
    """Bring the machines over, and say what came of it."""
    from vcloudair_core.services.dr.run import Options

    options = Options(
        power_on=params["power_on"],
        synchronize=params["synchronize"],
        max_concurrent=params["max_concurrent"],
        timeout_s=params["task_timeout"],
        stuck_after_s=params["stuck_after"],
        stop_on_failure=params["on_error"] == "stop",
    )
    if params["all"] and params["vms"] is not None:
        refuse("all", "machines are named, too")
    names = None if params["all"] else params["vms"]
    found = client.service("dr").act(params["action"], names, options=options, check=check_mode)
    return _shown(found, diff_mode)


def _shown(found, diff_mode):
    verdicts = [one.verdict for one in found]
    summary = {verdict: verdicts.count(verdict) for verdict in ("already", "done", "failed", "skipped", "would")}
    result = dict(changed=any(one.changed for one in found), vms=[one.as_dict() for one in found], summary=summary)
    if diff_mode:
        after = "".join("%s: %s\n" % (one.name, one.action) for one in found if one.changed)
        result["diff"] = dict(before="", after=after)
    failed = [one for one in found if one.is_failed]
    if failed:
        said = "%d of %d machines failed: " % (len(failed), len(found))
        said += "; ".join("%s: %s" % (one.name or one.id, one.reason) for one in failed[:10])
        result.update(failed=True, msg=said, error=dict(error="TaskFailedError", message=said, hint=failed[0].hint))
    return result


MODULE = Module(act, ARGUMENTS, of_edges=False, required_if=[("all", False, ("vms",))])


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
