#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read metrics of VMs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_metrics_info
short_description: Read metrics of VMs
version_added: "0.1.0"
description:
  - Reads metrics of VMs for a period, several VMs at the same time, and calculates aggregates such as averages and
    percentiles.
  - If the metrics of a VM cannot be read, the result still has the metrics of the other VMs, even if the task fails.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  metrics:
    description:
      - Names or patterns of metrics, in which C(*) matches any text. By default, all metrics are returned. To list the
        metrics, run C(vca metrics names).
    type: list
    elements: str
    default: []
  aggregates:
    description:
      - Aggregates to calculate for each series, as V(min), V(max), V(avg), V(last), V(sum), V(count), or a percentile
        such as V(p95).
    type: list
    elements: str
    default: [min, avg, p95, max, last]
  samples:
    description:
      - Whether to return all samples too.
    type: bool
    default: false
  on_error:
    description:
      - Whether the task fails or shows a warning if the metrics of a VM cannot be read.
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
- name: Read the CPU usage of two VMs in the last 24 hours
  vcloudair.cloud.vca_metrics_info:
    names: [web1, web2]
    metrics: [cpu.usage.*]
    start: 24h
  register: cpu

- name: Show the VM with the highest CPU usage
  ansible.builtin.debug:
    msg: "{{ (cpu.series | sort(attribute='aggregates.p95') | last).vm }}"
  when: cpu.series
"""

RETURN = r"""
series:
  description: Series, one for each VM, metric and instance.
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
  description: VMs whose metrics could not be read, with the error of each.
  returned: success
  type: list
  elements: dict
  sample: [{vm: web3, vm_id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a12, error: {error: ServerError, message: "..."}}]
missing:
  description: Requested metrics that no VM has.
  returned: success
  type: list
  elements: str
  sample: []
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
    """Read the metrics and return each series with its aggregates."""
    _measuring.check_aggregates(params["aggregates"])
    measurement = _measuring.measure_vms(client, params, params["metrics"])
    collected = measurement.collected
    rows = [
        _measuring.series_row(measurement, series, params["aggregates"], params["samples"])
        for series in collected.series
    ]
    result = {"changed": False, "series": rows, "missing": list(collected.missing)}
    return _measuring.add_unmeasured(result, measurement, params["on_error"])


MODULE = Module(read, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
