#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage an edge gateway with one document."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_config
short_description: Manage the configuration of an edge gateway with one document
version_added: "0.1.0"
description:
  - Applies the sections of O(config), such as firewall, NAT and IPsec, to an edge gateway. Sections that are not in
    the document are neither read nor changed.
  - The module plans all sections before it writes the first one, and writes them in the order of their dependencies.
    If a section fails, the error lists the sections that were written. Run the task again to write the others.
  - The task has the same effect as C(vca edge apply) with the same document.
  - C(vca edge export) and M(vcloudair.cloud.vca_edge_info) return the current configuration as such a document. If
    you apply that document, nothing changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  config:
    description:
      - Document with the configuration of the edge gateway. Its keys are the sections. Each section has the options of
        the module that manages it.
    type: dict
    required: true
  purge:
    description:
      - Whether the document is complete for its sections, as for C(vca edge apply). User-defined rules and tunnels that
        are not listed are deleted, and fields that are not set are reset to their default values.
      - Pre-shared keys, certificates, tags, the MTU, the options of newer edge gateways, and whether the IPsec service
        is enabled are kept.
      - Sections that are not in the document are kept. In a section without a list of rules or tunnels, the existing
        rules or tunnels are kept.
      - With V(false), rules and tunnels that are not listed are kept, and fields that are not set keep their current
        values.
    type: bool
    default: true
  allow_empty:
    description:
      - Whether an empty list may delete all user-defined rules or tunnels of a section.
      - You can also set it in the document, with O(config.allow_empty).
    type: bool
extends_documentation_fragment:
  - vcloudair.cloud._edge_document
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_edge_info
  - module: vcloudair.cloud.vca_firewall
  - module: vcloudair.cloud.vca_nat
  - module: vcloudair.cloud.vca_ipsec
"""

EXAMPLES = r"""
- name: Apply the configuration of an edge gateway from a file
  vcloudair.cloud.vca_edge_config:
    edge: web-edge
    config: "{{ lookup('ansible.builtin.file', 'web-edge.yml') | from_yaml }}"
    purge: true
"""

RETURN = r"""
config:
  description: >-
    The sections of the document, as they are on the server after the task, or in check mode as they would be.
  returned: success
  type: dict
  sample: {firewall: {enabled: true, default_action: deny, rules: []}}
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to update
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 6
written:
  description: >-
    Whether the task wrote a change before it failed, V(true), V(false) or V(unknown). With V(unknown), a response was
    lost. Run the task again in check mode to see the current state.
  returned: failure
  type: raw
  sample: false
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: InvalidRequestError, context: "Written before: firewall. Failed: nat.", message: "..."}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, vcloudair_core
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import edge_document_arguments

# The options of the IPsec section are declared one by one, so that Ansible hides pre-shared keys even if it rejects
# the arguments of a task.
OPTIONS = edge_document_arguments()
NOT_SECTIONS = ("edge", "vdc", "allow_empty")
"""Keys of a document that are not sections."""

ARGUMENTS = {
    "config": {"type": "dict", "required": True, "options": OPTIONS},
    "purge": {"type": "bool", "default": True},
    "allow_empty": {"type": "bool"},
}


def document(params: Params) -> list[Params]:
    """Return the edge document as a list with one spec."""
    config = params["config"]
    spec = {
        name: _without_none(section)
        for name, section in config.items()
        if name not in NOT_SECTIONS and section is not None
    }
    allow_empty = config["allow_empty"] if params["allow_empty"] is None else params["allow_empty"]
    return [spec if allow_empty is None else dict(spec, allow_empty=allow_empty)]


def _without_none(value: Any) -> Any:
    """Return a value without None, which Ansible adds for options that are not set."""
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def target(params: Params) -> Mapping[str, Any]:
    """Return the target that the document and the options name.

    Raises ConfigurationError if document and options name different targets.
    """
    return vcloudair_core.agreed_target(params["config"], given(params, ("edge", "vdc")))


JOB = Job(
    "ans.edge",
    specs=document,
    target=target,
    state=lambda params: "exact" if params["purge"] else "present",
    show=lambda config, params: {"config": config},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
