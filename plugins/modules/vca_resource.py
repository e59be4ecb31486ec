#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage resources of any kind, including kinds that plugins add."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_resource
short_description: Manage resources of any kind, including kinds from plugins
version_added: "0.1.0"
description:
  - Creates, updates and deletes resources of any kind that vcloudair-core or one of its plugins provides. With this
    module, playbooks can manage the resources of a plugin that has no Ansible module.
  - If a kind has a module, such as M(vcloudair.cloud.vca_firewall), use that module. It documents and checks each
    option.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  kind:
    description:
      - Resource kind, such as V(ans.nat_rule). The plugin that provides the kind must be installed in the Python
        environment that runs the module.
    type: str
    required: true
  spec:
    description:
      - Specification of the resource, with the options of the kind. M(vcloudair.cloud.vca_resource_info) returns
        resources in the same format.
      - Secret values are masked in everything that this module returns and logs. Secret values are the values of fields
        that the kind declares as secret, and of fields with names such as C(password). If no plugin provides the kind,
        the result contains no part of O(spec).
      - If C(display_args_to_stdout) is enabled, Ansible shows the options of a task before the module can mask secret
        values. To hide the options, set C(no_log) for the task.
    type: dict
  specs:
    description:
      - Specifications of several resources, each in the format of O(spec), to write together.
    type: list
    elements: dict
  state:
    description:
      - V(present) creates or updates the resources. V(absent) deletes the resources. Other resources are kept.
      - V(exact) creates or updates the resources, and deletes all other user-defined resources of the kind.
    type: str
    choices: [present, absent, exact]
    default: present
  target:
    description:
      - Target of the resources, with the keys that the kind defines. For kinds of edge gateways, set O(edge) and
        O(vdc) instead.
    type: dict
    default: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_resource_info
"""

EXAMPLES = r"""
- name: Create a load balancer pool with a plugin that provides the kind lb.pool
  vcloudair.cloud.vca_resource:
    kind: lb.pool
    edge: web-edge
    spec:
      name: web
      members:
        - {name: web1, address: 192.168.10.21, port: 8443}

- name: Replace all user-defined NAT rules
  vcloudair.cloud.vca_resource:
    kind: ans.nat_rule
    edge: web-edge
    state: exact
    specs:
      - action: snat
        original_address: 192.168.10.0/24
        translated_address: 203.0.113.11
"""

RETURN = r"""
resource:
  description: >-
    The resources of the task on the server after the task, in the format of the kind. In check mode, the predicted
    resources.
  returned: success
  type: raw
  sample: [{name: web, members: [{name: web1, address: 192.168.10.21, port: 8443}]}]
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 1 to create
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 6
written:
  description: >-
    Whether the task wrote a change before it failed. V(unknown) means that the response to a write was lost. To see the
    current state, run the task again in check mode.
  returned: failure
  type: raw
  sample: false
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: SpecError, field: algorithm, message: "..."}
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, Result, secrets_of

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {
    "kind": {"type": "str", "required": True},
    "spec": {"type": "dict"},
    "specs": {"type": "list", "elements": "dict"},
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
    "target": {"type": "dict", "default": {}},
}


def hide(params: Params) -> Iterable[str]:
    """Return the secrets to mask.

    If the secrets cannot be determined, empty the specs in ``params``, so that no secret can appear in the result.
    """
    specs = params.get("specs")
    listed = [params.get("spec"), *(specs if isinstance(specs, list) else [specs])]
    secrets = secrets_of(params.get("kind"), [spec for spec in listed if spec is not None])
    if secrets is None:
        params.update({name: empty for name, empty in (("spec", {}), ("specs", [])) if params.get(name) is not None})
    return secrets or ()


def specs(params: Params) -> list[Params]:
    """Return the specs of the task as a list."""
    return [params["spec"]] if params["specs"] is None else params["specs"]


def converge(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Converge the resources of the kind that the option ``kind`` names."""
    job = Job(params["kind"], specs=specs, show=lambda resource, params: {"resource": resource})
    return job(client, params, check_mode, diff_mode)


MODULE = Module(
    converge, ARGUMENTS, hide=hide, mutually_exclusive=[("spec", "specs")], required_one_of=[("spec", "specs")]
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
