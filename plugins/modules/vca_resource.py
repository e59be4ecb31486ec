#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Any kind of resource that is installed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_resource
short_description: Manage a resource of any kind, also of kinds that plugins bring
version_added: "0.1.0"
description:
  - Brings resources of any kind that vcloudair-core or one of its plugins offers to the state asked for. A plugin
    needs no module of its own to be used in playbooks.
  - For the kinds that have a module of their own, such as M(vcloudair.cloud.vca_firewall), that module is the better
    choice, because its options are documented and checked one by one.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  kind:
    description:
      - Kind of the resource, such as V(ans.nat_rule). The plugin that offers it must be installed in the Python that
        runs the module.
    type: str
    required: true
  spec:
    description:
      - One resource, in the words of the kind. What M(vcloudair.cloud.vca_resource_info) returns are such words.
      - Values of fields that the kind declares to be secret, and of fields whose names say so, such as C(password), are
        masked in all that this module returns and logs. If nobody offers the kind, nothing of O(spec) is returned.
      - Ansible itself shows the options of a task as they are written when it is told to, with
        C(display_args_to_stdout). Only C(no_log) on the task keeps secrets out of that.
    type: dict
  specs:
    description:
      - Several resources, as O(spec), in one write.
    type: list
    elements: dict
  state:
    description:
      - V(present) brings them about, V(absent) takes them out. Others are left alone.
      - V(exact) brings them about and takes all others out that users may own.
    type: str
    choices: [present, absent, exact]
    default: present
  target:
    description:
      - What the kind acts on, in its own words. For kinds of edge gateways, O(edge) and O(vdc) do.
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
- name: A pool of a load balancer, of a plugin that offers lb.pool
  vcloudair.cloud.vca_resource:
    kind: lb.pool
    edge: web-edge
    spec:
      name: web
      members:
        - {name: web1, address: 192.168.10.21, port: 8443}

- name: These NAT rules and no others
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
  description: What was named, in the words of the kind, as it is on the server, or would be in check mode.
  returned: success
  type: raw
  sample: [{name: web, members: [{name: web1, address: 192.168.10.21, port: 8443}]}]
plan:
  description: What there was to do, in one line.
  returned: success
  type: str
  sample: 1 to create
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 6
written:
  description: Whether something was written before it failed, V(true), V(false) or V(unknown). The last means that a
    response was lost; run the task again in check mode to see what is there.
  returned: failure
  type: raw
  sample: false
error:
  description: What failed, for programs. Its keys depend on the error.
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
    """What to mask. Where nobody can tell what is secret, nothing is kept that could be."""
    several = params.get("specs")
    listed = [params.get("spec"), *(several if isinstance(several, list) else [several])]
    secrets = secrets_of(params.get("kind"), [spec for spec in listed if spec is not None])
    if secrets is None:
        params.update({name: empty for name, empty in (("spec", {}), ("specs", [])) if params.get(name) is not None})
    return secrets or ()


def specs(params: Params) -> list[Params]:
    """In the words of the kind, whatever they are."""
    return [params["spec"]] if params["specs"] is None else params["specs"]


def converge(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """The kind is not known before there are parameters."""
    job = Job(params["kind"], specs=specs, show=lambda resource, params: {"resource": resource})
    return job(client, params, check_mode, diff_mode)


MODULE = Module(
    converge, ARGUMENTS, hide=hide, mutually_exclusive=[("spec", "specs")], required_one_of=[("spec", "specs")]
)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
