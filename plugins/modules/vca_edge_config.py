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
  - Applies a document with sections such as firewall, NAT and IPsec to an edge gateway. Sections that are not in the
    document are neither read nor changed.
  - The module plans all sections before it writes the first one, and writes them in the order of their dependencies.
    If a section fails, the error lists the sections that were written. Run the task again to write the others.
  - The task has the same effect as C(vca edge apply) with the same document.
  - C(vca edge export) and M(vcloudair.cloud.vca_edge_info) return the current configuration in the format of O(config).
    If you apply the returned document, nothing changes.
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
      - Whether each section of the document is complete. If V(true), user-defined rules and tunnels that are not listed
        are deleted, and fields that are not set are reset to their default values. C(vca edge apply) works in the same
        way.
      - Pre-shared keys, certificates, tags, the MTU, and the options of newer edge gateways are kept if they are not
        set. The IPsec service stays enabled or disabled if the document does not set C(enabled).
      - Sections that are not in the document are kept. In a section without a list of rules or tunnels, the existing
        rules or tunnels are kept.
      - With V(false), rules and tunnels that are not listed are kept, and fields that are not set keep their current
        values.
    type: bool
    default: true
  allow_empty:
    description:
      - Whether an empty list may delete all user-defined rules or tunnels of a section.
      - You can also set O(config.allow_empty) in the document.
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
    The sections of the document, with their configuration on the server after the task. In check mode, the predicted
    configuration.
  returned: success
  type: dict
  sample: {firewall: {enabled: true, default_action: deny, rules: []}}
edge:
  description: >-
    The edge gateway, with the keys that M(vcloudair.cloud.vca_edge_info) returns.
  returned: success
  type: dict
  sample: {name: web-edge, id: 4b5dd4ac-7b8c-5300-99b4-70d76b4ed6e4, backend: nsxv}
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
    Whether the task wrote a change before it failed. V(unknown) means that the response to a write was lost. To see the
    current state, run the task again in check mode.
  returned: failure
  type: raw
  sample: false
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample:
    error: InvalidRequestError
    context: "Sections written before the error: firewall. Failed section: nat."
    message: "..."
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, vcloudair_core
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import edge_document_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

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
    """Return the edge document of the task as a list with one spec."""
    config = params["config"]
    spec = {
        name: _without_none(section)
        for name, section in config.items()
        if name not in NOT_SECTIONS and section is not None
    }
    allow_empty = config["allow_empty"] if params["allow_empty"] is None else params["allow_empty"]
    return [spec if allow_empty is None else dict(spec, allow_empty=allow_empty)]


def _without_none(value: Any) -> Any:
    """Return ``value`` without the None values that Ansible adds for unset options."""
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def target(params: Params) -> Mapping[str, Any]:
    """Return the target (edge gateway and VDC) from the document and the options.

    Raises ConfigurationError if the document and the options name different targets.
    """
    return vcloudair_core.agreed_target(params["config"], given(params, ("edge", "vdc")))


JOB = Job(
    "ans.edge",
    specs=document,
    target=target,
    state=lambda params: "exact" if params["purge"] else "present",
    show=lambda config, params: {"config": config},
    about=edge_of,
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
