#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Fail or warn if metrics of VMs exceed thresholds."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_metrics_assert
short_description: Fail if metrics of VMs exceed thresholds
version_added: "0.1.0"
description:
  - Reads metrics of VMs for a period and compares them with thresholds. The task fails if a value exceeds a threshold.
    You can use the module, for example, to stop a deployment.
  - A VM without a value for a metric violates the threshold, unless O(missing=ok).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  thresholds:
    description: Thresholds. Each VM must meet all thresholds.
    type: list
    elements: dict
    required: true
    suboptions:
      metric:
        description: Name or pattern of the metric.
        type: str
        required: true
      aggregate:
        description: >-
          Aggregate to compare, as V(min), V(max), V(avg), V(last), V(sum), V(count), or a percentile such as V(p95).
        type: str
        default: avg
      max:
        description: Highest allowed value, in the unit of the metric.
        type: float
      min:
        description: Lowest allowed value, in the unit of the metric.
        type: float
  missing:
    description: Whether a VM without a value violates the threshold (V(fail)) or meets the threshold (V(ok)).
    type: str
    choices: [fail, ok]
    default: fail
  action:
    description: Whether the task fails or shows a warning if a value exceeds a threshold.
    type: str
    choices: [fail, warn]
    default: fail
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._measuring
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_metrics_info
"""

EXAMPLES = r"""
- name: Stop the deployment if the VMs of the shop are overloaded
  vcloudair.cloud.vca_metrics_assert:
    where: {containerName: shop, status: POWERED_ON}
    start: 30m
    thresholds:
      - {metric: cpu.usage.average, aggregate: p95, max: 80}
      - {metric: mem.usage.average, max: 90}
"""

RETURN = r"""
violations:
  description: >-
    Violated thresholds, with one entry for each VM that violates a threshold. C(value) is V(null) if there was no
    value.
  returned: success
  type: list
  elements: dict
  sample:
    - vm: web1
      vm_id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10
      metric: cpu.usage.average
      instance: null
      aggregate: p95
      value: 91.3
      limit: p95 of cpu.usage.average <= 80
checked:
  description: Number of VMs whose metrics were compared.
  returned: success
  type: int
  sample: 12
unmeasured:
  description: VMs whose metrics could not be read, with the error of each.
  returned: success
  type: list
  elements: dict
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 12
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: SpecError, message: "..."}
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.module_utils import _measuring
from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import measuring_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result

if TYPE_CHECKING:
    from vcloudair_core import Client
    from vcloudair_core.metrics import Measurement, Violation

ARGUMENTS = dict(
    measuring_arguments(),
    thresholds={
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "metric": {"type": "str", "required": True},
            "aggregate": {"type": "str", "default": "avg"},
            "max": {"type": "float"},
            "min": {"type": "float"},
        },
    },
    missing={"type": "str", "choices": ["fail", "ok"], "default": "fail"},
    action={"type": "str", "choices": ["fail", "warn"], "default": "fail"},
)


def compare(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Read the metrics, compare them with the thresholds, and return the result."""
    from vcloudair_core.metrics import parse_thresholds, violations

    thresholds = parse_thresholds(params["thresholds"])
    measurement = _measuring.measure_vms(client, params, [threshold.metric for threshold in thresholds])
    vm_ids = [vm["id"] for vm in measurement.vms if vm["id"] not in measurement.collected.failed]
    broken = violations(vm_ids, measurement.collected.series, thresholds, missing_is_fine=params["missing"] == "ok")
    shown = [_shown(measurement, violation) for violation in broken]
    result: Result = {"changed": False, "violations": shown, "checked": len(vm_ids)}
    result = _measuring.add_unmeasured(result, measurement, "warn" if params["action"] == "warn" else "fail")
    if not measurement.vms:
        result["warnings"].append("No VMs selected. Check names, where and vdc.")
    if broken:
        details = "; ".join(_described(violation) for violation in shown[:10])
        message = f"{len(broken)} thresholds violated: {details}"
        if params["action"] == "fail":
            result.update(failed=True, msg=f"{message}. {result['msg']}" if result.get("failed") else message)
            result.setdefault("error", {"error": "ThresholdsBrokenError", "message": message})
        else:
            result["warnings"].append(message)
    return result


def _shown(measurement: Measurement, violation: Violation) -> Result:
    return {
        "vm": measurement.name_of(violation.vm_id),
        "vm_id": violation.vm_id,
        "metric": violation.metric,
        "instance": violation.instance,
        "aggregate": violation.threshold.aggregate,
        "value": violation.value,
        "limit": violation.threshold.described(),
    }


def _described(violation: Mapping[str, Any]) -> str:
    value = "has no value" if violation["value"] is None else "is {:.4g}".format(violation["value"])
    return "{} {}, required: {}".format(violation["vm"], value, violation["limit"])


MODULE = Module(compare, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
