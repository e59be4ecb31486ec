# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Staging."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of tasks that can be staged."""

    DOCUMENTATION = r"""
options:
  stage:
    description:
      - Do not write yet. The task plans its change on top of those that were staged before it, reports it with its
        diff, and M(vcloudair.cloud.vca_edge_commit) later writes all of them at once.
      - Set it for all tasks of a play with C(module_defaults).
    type: bool
    default: false
  stage_id:
    description:
      - Name of the stage. Tasks that use one name share it. By default each run of Ansible has a stage of its own.
    type: str
"""
