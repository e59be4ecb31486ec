"""Readiness checks of the plan, its steps, and its last test."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vcloudair_core.errors import ConfigurationError, EngineError, SpecError, VcloudAirError
from vcloudair_core.recovery.plan.group_order import check_order
from vcloudair_core.recovery.plan.model import Command, HttpCheck, NetworkChange, Playbook, RecoveryPlan, Step
from vcloudair_core.recovery.readiness.evidence import tried
from vcloudair_core.recovery.readiness.readiness_check import ESSENTIAL, IMPORTANT, Check, CheckSubject
from vcloudair_core.recovery.run.network_changes import KIND, target_of
from vcloudair_core.services.ans.document.file import read_document
from vcloudair_core.services.dr.model import TEST

if TYPE_CHECKING:
    from vcloudair_core.client import Client

_CORRECT = "Correct the plan."
_NEAR_LIMIT = 0.9
"""The check warns if the last test is older than this share of the maximum age."""


def plan_check(plan: RecoveryPlan) -> Check:
    """Check that the plan can be run."""
    subject = CheckSubject("plan", plan.name or "vms", ESSENTIAL)
    problems = list(_problems(plan))
    if problems:
        return subject.fail("; ".join(problems), _CORRECT)
    if plan.all_vms:
        return subject.ok("all replicated VMs, in one group")
    return subject.ok(f"groups: {len(plan.groups)}, VMs: {len(plan.vms)}")


def _problems(plan: RecoveryPlan) -> Iterator[str]:
    if not (plan.vms or plan.all_vms):
        yield "the plan has no VMs"
    for kind, names in (
        ("group", [group.name for group in plan.groups]),
        ("VM", [vm.name for vm in plan.vms]),
    ):
        yield from (f"{kind} {name} is listed {count} times" for name, count in Counter(names).items() if count > 1)
    try:
        check_order(plan)
    except SpecError as exc:
        yield exc.message.rstrip(".")


# -- steps -------------------------------------------------------------------------------------------------------


def step_checks(client: Client, plan: RecoveryPlan, action: str) -> Iterator[Check]:
    """Yield a check for each program, playbook, URL and edge that a step uses.

    Programs and playbooks are not run. Approvals and delays need no check.
    """
    folder = Path(plan.path).resolve().parent if plan.path else Path.cwd()
    for step in _steps(plan, action):
        work = step.work
        if isinstance(work, Command):
            yield _program(step, work, folder)
        elif isinstance(work, Playbook):
            yield _playbook(step, work, folder)
        elif isinstance(work, HttpCheck):
            yield _url(step, work)
        elif isinstance(work, NetworkChange):
            yield _edge(client, step, folder / work.document)
            if work.rollback:
                yield _edge(client, step, folder / work.rollback)


def _steps(plan: RecoveryPlan, action: str) -> Iterator[Step]:
    """Yield the steps that an action runs. A test includes the steps of its cleanup."""
    actions = {action, "cleanup"} if action == TEST else {action}
    steps = [*plan.before, *[step for group in plan.groups for step in (*group.before, *group.after)], *plan.after]
    return (step for step in steps if step.only & actions)


def _program(step: Step, work: Command, folder: Path) -> Check:
    subject, program = CheckSubject("step", step.name, IMPORTANT), work.argv[0] if work.argv else ""
    path = shutil.which(str(folder / program) if "/" in program else program) if program else None
    if path is None:
        return subject.fail(f"program {program!r} does not exist on this host or is not executable", _CORRECT)
    return subject.ok(f"program {program} exists")


def _playbook(step: Step, work: Playbook, folder: Path) -> Check:
    subject = CheckSubject("step", step.name, IMPORTANT)
    if not (folder / work.path).is_file():
        return subject.fail(f"playbook {work.path} does not exist", _CORRECT)
    if not shutil.which("ansible-playbook"):
        return subject.fail("ansible-playbook is not installed on this host", "Install ansible-core.")
    if work.inventory and "," not in work.inventory and not (folder / work.inventory).exists():
        return subject.fail(f"inventory {work.inventory} does not exist", _CORRECT)
    return subject.ok(f"playbook {work.path} exists")


def _url(step: Step, work: HttpCheck) -> Check:
    subject, url = CheckSubject("step", step.name, IMPORTANT), urlsplit(work.url)
    if url.scheme not in ("http", "https") or not url.hostname:
        return subject.fail(f"{work.url} is not a valid URL", _CORRECT)
    return subject.ok(f"the URL of {url.scheme}://{url.netloc.rpartition('@')[2]} is valid")


def _edge(client: Client, step: Step, path: Path) -> Check:
    """Check that an edge document is valid, and that its edge gateway accepts it.

    Nothing is changed.
    """
    subject = CheckSubject("edge", step.name, IMPORTANT)
    try:
        document = read_document(str(path))
        client.kind(KIND).parse(document.sections)
        target = target_of(client, document)
    except (ConfigurationError, SpecError) as exc:
        message = exc.message if path.name in exc.message else f"{path.name}: {exc.message}"
        return subject.fail(message, exc.hint or f"Correct {path.name}.")
    outcome = tried(lambda: client.ensure(KIND, document.sections, state="exact", target=target, check=True))
    if isinstance(outcome, EngineError):
        return subject.fail(f"{path.name}: {outcome.message}", outcome.hint or f"Correct {path.name}.")
    if isinstance(outcome, VcloudAirError):
        return subject.required_unreadable(f"the edge gateway {target['edge']}", outcome)
    if outcome.warnings:
        return subject.warn(
            f"{path.name}: {'; '.join(outcome.warnings)}", f"Run `vca edge plan {path.name}` to see the plan."
        )
    summary = outcome.plan.summary() if outcome.changed else "nothing to change"
    return subject.ok(f"{target['edge']} accepts {path.name}: {summary}")


# -- the last test -----------------------------------------------------------------------------------------------


def last_test_check(plan: RecoveryPlan, action: str, now: datetime, last_test: datetime | None) -> Check:
    """Check the age of the last successful test.

    If ``action`` is ``test``, an old test is only a warning.
    """
    subject = CheckSubject("last_test", plan.name or "vms", IMPORTANT)
    limit, hint = plan.test_max_age_days, f"Run `vca dr test --plan {plan.path or 'PLAN'}`."
    too_old = subject.warn if action == TEST else subject.fail
    if last_test is None:
        message = "no successful test of the plan is known"
        if limit is None:
            return subject.warn(message, hint)
        return too_old(f"{message}; the plan requires a test every {limit:g} days", hint)
    age = now - last_test
    if age < -timedelta(minutes=5):
        return subject.unknown(
            f"the last test is in the future ({last_test.isoformat()})", "Check the clock of this host."
        )
    days = max(0.0, age.total_seconds() / 86400)
    message = f"the last successful test was {days:.0f} days ago"
    if limit is None:
        return subject.ok(message)
    if days > limit:
        return too_old(f"{message}; the plan requires a test every {limit:g} days", hint)
    if days > _NEAR_LIMIT * limit:
        return subject.warn(
            f"{message}; the plan requires a test every {limit:g} days, so the next test is due soon", hint
        )
    return subject.ok(f"{message}; allowed: {limit:g} days")
