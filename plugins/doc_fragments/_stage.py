# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Options for staging changes."""

from __future__ import annotations


class ModuleDocFragment:
    """Options for modules that can stage their changes."""

    DOCUMENTATION = r"""
options:
  stage:
    description:
      - Whether to stage the change instead of writing it. The task plans the change on top of earlier staged changes
        and reports it with its diff. M(vcloudair.cloud.vca_edge_commit) then writes all staged changes at once.
      - To set it for all tasks of a play, use C(module_defaults).
    type: bool
    default: false
  stage_id:
    description:
      - Name of the stage, which is the list of staged changes. Tasks with the same name share a stage. By default, each
        Ansible run has a separate stage.
    type: str
"""
