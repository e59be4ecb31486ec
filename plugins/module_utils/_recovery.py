# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Recovery plans of modules: made of their options, carried out, and shown. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params, Result, refuse

if TYPE_CHECKING:
    from vcloudair_core.recovery import RecoveryPlan, RunReport

VERDICTS = ("failed", "planned", "skipped", "started", "succeeded", "unchanged", "unknown")
_THERE = ("succeeded", "unchanged")


def plan_of(params: Params, **words: Any) -> RecoveryPlan:
    """The plan that the options vms, all and plan mean. ``words``: fields of it that are not None."""
    from vcloudair_core.recovery import load_plan, plan_of_vms

    chosen = [name for name in ("vms", "all", "plan") if params.get(name) not in (None, False, "")]
    if len(chosen) > 1:
        refuse(chosen[1], f"{chosen[0]} is given, too")
    if not chosen:
        refuse("vms", "which VMs are meant is not said; give vms, all or plan")
    given = {name: value for name, value in words.items() if value is not None}
    if chosen == ["plan"]:
        from dataclasses import replace

        return replace(load_plan(params["plan"]), **given)
    return plan_of_vms(None if params["all"] else params["vms"], **given)


def shown_results(found: Iterable[Any]) -> list[Result]:
    """VMs of an action, as the library's results."""
    return [one.as_dict() for one in found]


def shown_report(report: RunReport) -> list[Result]:
    """VMs of a run, one dict each, with what became of the last try."""
    shown = []
    for one in report.vms:
        last = one.last
        words = {
            name: value
            for name, value in one.as_dict().items()
            if name not in ("attempts", "href", "depends_on", "rollback", "started", "ended")
        }
        words.update(
            action=report.action,
            changed=one.verdict == "succeeded",
            tries=len(one.attempts),
            task=dict(last.task) if last is not None else {},
        )
        shown.append(words)
    return shown


def told(vms: list[dict[str, Any]], action: str, diff_mode: bool) -> Result:
    """The keys of a result that tell of VMs."""
    verdicts = [one["verdict"] for one in vms]
    result = {
        "changed": any(one["changed"] for one in vms),
        "vms": vms,
        "summary": {verdict: verdicts.count(verdict) for verdict in VERDICTS},
    }
    if diff_mode:
        moved = [one["name"] or one["id"] for one in vms if one["changed"]]
        result["diff"] = {"before": "", "after": "".join(f"{name}: {action}\n" for name in moved)}
    return result


def failure(vms: list[dict[str, Any]], more: str = "", hint: str = "") -> Result:
    """The keys of a result that has failed, or nothing. ``more``: what else went wrong."""
    bad = [one for one in vms if one["verdict"] not in (*_THERE, "started", "planned")]
    if not bad and not more:
        return {}
    parts = [more] if more else []
    if bad:
        named = "; ".join(
            "{}: {}".format(one["name"] or one["id"], one["reason"] or one["verdict"]) for one in bad[:10]
        )
        parts.append(f"{len(bad)} of {len(vms)} VMs failed: {named}")
        hint = hint or bad[0]["hint"]
    said = "; ".join(parts)
    kind = "OutcomeUnknownError" if any(one["verdict"] == "unknown" for one in bad) else "TaskFailedError"
    return {"failed": True, "msg": said, "error": {"error": kind, "message": said, "hint": hint}}
