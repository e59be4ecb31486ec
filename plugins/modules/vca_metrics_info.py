#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of machines."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_metrics_info
short_description: Read metrics of machines
version_added: "0.1.0"
description:
  - Reads what machines did over a time, several machines at once, and works out what it amounts to.
  - A machine that cannot be measured does not hide the others. They are in the result also when the task fails.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  metrics:
    description:
      - Names or patterns, where C(*) stands for any text. By default all. C(vca metrics names) lists those that are
        known.
    type: list
    elements: str
    default: []
  aggregates:
    description:
      - What to work out for each series, V(min), V(max), V(avg), V(last), V(sum), V(count), or a percentile such as
        V(p95).
    type: list
    elements: str
    default: [min, avg, p95, max, last]
  samples:
    description:
      - Return every sample, too.
    type: bool
    default: false
  on_error:
    description:
      - What to do when a machine cannot be measured.
    type: str
    choices: [fail, warn]
    default: fail
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._measuring
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_metrics_assert
"""

EXAMPLES = r"""
- name: CPU of two machines over a day
  vcloudair.cloud.vca_metrics_info:
    names: [web1, web2]
    metrics: [cpu.usage.*]
    start: 24h
  register: cpu

- name: The busiest of them
  ansible.builtin.debug:
    msg: "{{ (cpu.series | sort(attribute='aggregates.p95') | last).vm }}"
  when: cpu.series
"""

RETURN = r"""
series:
  description: One for each machine, metric and instance of it.
  returned: success
  type: list
  elements: dict
  sample:
    - vm: web1
      vm_id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10
      metric: cpu.usage.average
      instance: null
      unit: percent
      interval: 300
      aggregates: {min: 3.1, avg: 12.4, p95: 40.2, max: 61.0, last: 9.9}
unmeasured:
  description: Machines that could not be measured, and why.
  returned: success
  type: list
  elements: dict
  sample: [{vm: web3, vm_id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a12, error: {error: ServerError, message: "..."}}]
missing:
  description: Metrics that were asked for and that no machine has.
  returned: success
  type: list
  elements: str
  sample: []
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 12
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils import _measuring
from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import measuring_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = dict(
    measuring_arguments(),
    metrics={"type": "list", "elements": "str", "default": []},
    aggregates={"type": "list", "elements": "str", "default": ["min", "avg", "p95", "max", "last"]},
    samples={"type": "bool", "default": False},
    on_error={"type": "str", "choices": ["fail", "warn"], "default": "fail"},
)


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Series with what they amount to."""
    _measuring.check_aggregates(params["aggregates"])
    found = _measuring.measured(client, params, params["metrics"])
    series = [_measuring.shown(found, one, params["aggregates"], params["samples"]) for one in found.collected.series]
    result = {"changed": False, "series": series, "missing": list(found.collected.missing)}
    return _measuring.with_unmeasured(result, found, params["on_error"])


MODULE = Module(read, ARGUMENTS, of_edges=False)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
