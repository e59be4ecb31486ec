#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""A whole edge gateway as one document."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_config
short_description: Manage a whole edge gateway as one document
version_added: "0.1.0"
description:
  - Brings all sections of an edge gateway that O(config) holds to the state it describes. Sections that it lacks are
    neither read nor changed.
  - All sections are planned before the first is written. They are written in the order in which they depend on each
    other. If one fails, the error tells what was written before it and what was not, and a second run finishes it.
  - The task does what C(vca edge apply) does with the same document.
  - C(vca edge export) and M(vcloudair.cloud.vca_edge_info) give such a document of an edge gateway as it is. Given
    back, it changes nothing.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  config:
    description:
      - The document. Its keys are the sections, each in the words of the module for the whole section.
    type: dict
    required: true
  purge:
    description:
      - Whether the document says all there is to say about its sections, as for C(vca edge apply). What users own and
        the lists of the document do not name is deleted, and fields that are not given have their defaults.
      - Kept are pre-shared keys and certificates, tags, the MTU and the options of newer edge gateways, and whether
        the IPsec service is on.
      - A section that the document lacks is left alone, and so are the rules of a section without a list of them.
      - With V(false), what is not named is kept, and so are fields that are not given.
    type: bool
    default: true
  allow_empty:
    description:
      - Whether a section may be emptied by a list without items, which deletes all rules or tunnels that users own.
      - The document can say the same with O(config.allow_empty).
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
- name: The edge gateway is as our repository says, and has nothing else
  vcloudair.cloud.vca_edge_config:
    edge: web-edge
    config: "{{ lookup('ansible.builtin.file', 'web-edge.yml') | from_yaml }}"
    purge: true
"""

RETURN = r"""
config:
  description: The sections that were named, as they are on the server, or would be in check mode.
  returned: success
  type: dict
  sample: {firewall: {enabled: true, default_action: deny, rules: []}}
plan:
  description: What there was to do, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to update
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
  sample: {error: InvalidRequestError, context: "Written before: firewall. Failed: nat.", message: "..."}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, vcloudair_core
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import edge_document_arguments

# The IPsec section is declared key by key, so that Ansible hides pre-shared keys even when it refuses a task.
OPTIONS = edge_document_arguments()
ABOUT = ("edge", "vdc", "allow_empty")  # all other keys of a document are sections
ARGUMENTS = {
    "config": {"type": "dict", "required": True, "options": OPTIONS},
    "purge": {"type": "bool", "default": True},
    "allow_empty": {"type": "bool"},
}


def document(params: Params) -> list[Params]:
    """The one spec of the kind."""
    config = params["config"]
    wanted = {name: _said(part) for name, part in config.items() if name not in ABOUT and part is not None}
    allow_empty = config["allow_empty"] if params["allow_empty"] is None else params["allow_empty"]
    return [wanted if allow_empty is None else dict(wanted, allow_empty=allow_empty)]


def _said(value: Any) -> Any:
    """Without the options that Ansible fills in for those that nobody gave."""
    if isinstance(value, dict):
        return {name: _said(item) for name, item in value.items() if item is not None}
    return [_said(item) for item in value] if isinstance(value, list) else value


def target(params: Params) -> Mapping[str, Any]:
    """The edge that the document and the options agree on."""
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
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
