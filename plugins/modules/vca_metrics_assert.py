#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Machines keep within limits, or the play stops."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_metrics_assert
short_description: Assert that machines keep within limits
version_added: "0.1.0"
description:
  - Compares what machines did over a time with limits, and fails when one is not kept. A gate in a deployment.
  - A machine that has no value for a limit breaks it, unless O(missing=ok), as nothing can be said of it.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  thresholds:
    description: The limits, all of which are to be kept by all of the machines.
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
          What is compared, V(min), V(max), V(avg), V(last), V(sum), V(count), or a percentile such as V(p95).
        type: str
        default: avg
      max:
        description: The highest value that is fine, in the unit of the metric.
        type: float
      min:
        description: The lowest value that is fine, in the unit of the metric.
        type: float
  missing:
    description: What it means that a machine has no value.
    type: str
    choices: [fail, ok]
    default: fail
  action:
    description: What to do when a limit is not kept.
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
- name: Go on only if the machines have room
  vcloudair.cloud.vca_metrics_assert:
    where: {containerName: shop, status: POWERED_ON}
    start: 30m
    thresholds:
      - {metric: cpu.usage.average, aggregate: p95, max: 80}
      - {metric: mem.usage.average, max: 90}
"""

RETURN = r"""
violations:
  description: Limits that were not kept. C(value) is null where there was no value.
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
  description: How many machines were looked at.
  returned: success
  type: int
  sample: 12
unmeasured:
  description: Machines that could not be measured, and why.
  returned: success
  type: list
  elements: dict
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 12
error:
  description: What failed, for programs. Its keys depend on the error.
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
    """Measure, and compare."""
    from vcloudair_core.metrics import parse_thresholds, violations

    thresholds = parse_thresholds(params["thresholds"])
    found = _measuring.measured(client, params, [one.metric for one in thresholds])
    machines = [one["id"] for one in found.vms if one["id"] not in found.collected.failed]
    broken = violations(machines, found.collected.series, thresholds, missing_is_fine=params["missing"] == "ok")
    shown = [_shown(found, one) for one in broken]
    result: Result = {"changed": False, "violations": shown, "checked": len(machines)}
    result = _measuring.with_unmeasured(result, found, "warn" if params["action"] == "warn" else "fail")
    if not found.vms:
        result["warnings"].append("There is no machine to look at.")
    if broken:
        message = f"{len(broken)} limits are not kept: {'; '.join(_words(violation) for violation in shown[:10])}"
        if params["action"] == "fail":
            result.update(failed=True, msg=f"{message}. {result['msg']}" if result.get("failed") else message)
            result.setdefault("error", {"error": "ThresholdsBrokenError", "message": message})
        else:
            result["warnings"].append(message)
    return result


def _shown(found: Measurement, violation: Violation) -> Result:
    return {
        "vm": found.name_of(violation.vm_id),
        "vm_id": violation.vm_id,
        "metric": violation.metric,
        "instance": violation.instance,
        "aggregate": violation.threshold.aggregate,
        "value": violation.value,
        "limit": violation.threshold.described(),
    }


def _words(violation: Mapping[str, Any]) -> str:
    value = "no value" if violation["value"] is None else "{:.4g}".format(violation["value"])
    return "{}: {}, it is {}".format(violation["vm"], violation["limit"], value)


MODULE = Module(compare, ARGUMENTS, of_edges=False)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
