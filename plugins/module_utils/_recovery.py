# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Recovery plans of modules: made of their options, carried out, and shown. Private to this collection."""

from __future__ import annotations

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import refuse

VERDICTS = ("failed", "planned", "skipped", "started", "succeeded", "unchanged", "unknown")
_THERE = ("succeeded", "unchanged")


def plan_of(params, **words):
    """The plan that the options vms, all and plan mean. ``words``: fields of it that are not None."""
    from vcloudair_core.recovery import load_plan, plan_of_vms

    chosen = [name for name in ("vms", "all", "plan") if params.get(name) not in (None, False, "")]
    if len(chosen) > 1:
        refuse(chosen[1], "%s is given, too" % chosen[0])
    if not chosen:
        refuse("vms", "which machines are meant is not said; give vms, all or plan")
    given = {name: value for name, value in words.items() if value is not None}
    if chosen == ["plan"]:
        from dataclasses import replace

        return replace(load_plan(params["plan"]), **given)
    return plan_of_vms(None if params["all"] else params["vms"], **given)


def shown_results(found):
    """Machines of an action, as the library's results."""
    return [one.as_dict() for one in found]


def shown_report(report):
    """Machines of a run, one dict each, with what became of the last try."""
    shown = []
    for one in report.machines:
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


def told(vms, action, diff_mode):
    """The keys of a result that tell of machines."""
    verdicts = [one["verdict"] for one in vms]
    result = dict(
        changed=any(one["changed"] for one in vms),
        vms=vms,
        summary={verdict: verdicts.count(verdict) for verdict in VERDICTS},
    )
    if diff_mode:
        moved = [one["name"] or one["id"] for one in vms if one["changed"]]
        result["diff"] = dict(before="", after="".join("%s: %s\n" % (name, action) for name in moved))
    return result


def failure(vms, more="", hint=""):
    """The keys of a result that has failed, or nothing. ``more``: what else went wrong."""
    bad = [one for one in vms if one["verdict"] not in (*_THERE, "started", "planned")]
    if not bad and not more:
        return {}
    parts = [more] if more else []
    if bad:
        named = "; ".join("%s: %s" % (one["name"] or one["id"], one["reason"] or one["verdict"]) for one in bad[:10])
        parts.append("%d of %d machines failed: %s" % (len(bad), len(vms), named))
        hint = hint or bad[0]["hint"]
    said = "; ".join(parts)
    kind = "OutcomeUnknownError" if any(one["verdict"] == "unknown" for one in bad) else "TaskFailedError"
    return dict(failed=True, msg=said, error=dict(error=kind, message=said, hint=hint))
