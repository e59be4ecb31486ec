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
extends_documentation_fragment:
  - vcloudair.cloud._vca
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

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {
    "vms": {"type": "list", "elements": "str", "aliases": ["names"]},
    "points": {"type": "bool", "default": False},
}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the replications of the selected VMs."""
    replications = client.dr.replications(params["vms"])
    rows = [replication.as_dict() for replication in replications]
    if params["points"]:
        for row in rows:
            row["points"] = [point.as_dict() for point in client.dr.points(row["id"])]
    return {"changed": False, "replications": rows}


MODULE = Module(read, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
