# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Convert module options to recovery plans, and reports of runs to module results.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params, Result, refuse

if TYPE_CHECKING:
    from vcloudair_core.recovery import RecoveryPlan, RunReport

VERDICTS = ("failed", "planned", "skipped", "started", "succeeded", "unchanged", "unknown")
_IN_TARGET_STATE = ("succeeded", "unchanged")


def build_plan(params: Params, **fields: Any) -> RecoveryPlan:
    """Return the recovery plan for the options ``vms``, ``all`` and ``plan``.

    ``fields`` that are not None override the fields of the plan. Raises SpecError unless exactly one of the options is
    set.
    """
    from vcloudair_core.recovery import load_plan, plan_of_vms

    selectors = [name for name in ("vms", "all", "plan") if params.get(name) not in (None, False, "")]
    if len(selectors) > 1:
        refuse(selectors[1], f"cannot be combined with {selectors[0]}")
    if not selectors:
        refuse("vms", "no VMs are selected; set vms, all or plan")
    overrides = {name: value for name, value in fields.items() if value is not None}
    if selectors == ["plan"]:
        from dataclasses import replace

        return replace(load_plan(params["plan"]), **overrides)
    return plan_of_vms(None if params["all"] else params["vms"], **overrides)


def result_rows(results: Iterable[Any]) -> list[Result]:
    """Return a dict for each result of a DR action."""
    return [result.as_dict() for result in results]


def report_rows(report: RunReport) -> list[Result]:
    """Return a dict for each VM of a run, with the server task of its last attempt."""
    rows = []
    for vm in report.vms:
        last = vm.last
        row = {
            name: value
            for name, value in vm.as_dict().items()
            if name not in ("attempts", "href", "depends_on", "rollback", "started", "ended")
        }
        row.update(
            action=report.action,
            changed=vm.verdict == "succeeded",
            tries=len(vm.attempts),
            task=dict(last.task) if last is not None else {},
        )
        rows.append(row)
    return rows


def result_of(vms: list[dict[str, Any]], action: str, diff_mode: bool) -> Result:
    """Return the result keys ``changed``, ``vms``, ``summary`` and ``diff``."""
    verdicts = [vm["verdict"] for vm in vms]
    result = {
        "changed": any(vm["changed"] for vm in vms),
        "vms": vms,
        "summary": {verdict: verdicts.count(verdict) for verdict in VERDICTS},
    }
    if diff_mode:
        names = [vm["name"] or vm["id"] for vm in vms if vm["changed"]]
        result["diff"] = {"before": "", "after": "".join(f"{name}: {action}\n" for name in names)}
    return result


def failure(vms: list[dict[str, Any]], reason: str = "", hint: str = "") -> Result:
    """Return the result keys of a failed task, or an empty dict if nothing failed.

    ``reason`` describes a failure other than that of a VM, such as a failed step.
    """
    failed = [vm for vm in vms if vm["verdict"] not in (*_IN_TARGET_STATE, "started", "planned")]
    if not failed and not reason:
        return {}
    reasons = [reason] if reason else []
    if failed:
        details = "; ".join(
            "{}: {}".format(vm["name"] or vm["id"], vm["reason"] or vm["verdict"]) for vm in failed[:10]
        )
        reasons.append(f"{len(failed)} of {len(vms)} VMs failed: {details}")
        hint = hint or failed[0]["hint"]
    message = "; ".join(reasons)
    kind = "OutcomeUnknownError" if any(vm["verdict"] == "unknown" for vm in failed) else "TaskFailedError"
    return {"failed": True, "msg": message, "error": {"error": kind, "message": message, "hint": hint}}
