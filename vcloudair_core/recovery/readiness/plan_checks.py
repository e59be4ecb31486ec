"""Checks of the plan itself: what it says, what its steps need, and when it was last tested."""

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
from vcloudair_core.recovery.readiness.readiness_check import ESSENTIAL, IMPORTANT, About, Check
from vcloudair_core.recovery.run.network_changes import KIND, target_of
from vcloudair_core.services.ans.document.file import read_document
from vcloudair_core.services.dr.model import TEST

if TYPE_CHECKING:
    from vcloudair_core.client import Client

_CORRECT = "Correct the plan."
_CLOSE = 0.9


def plan_check(plan: RecoveryPlan) -> Check:
    """Check that the plan can be carried out at all."""
    about = About("plan", plan.name or "vms", ESSENTIAL)
    faults = list(_faults(plan))
    if faults:
        return about.fail("; ".join(faults), _CORRECT)
    if plan.all_vms:
        return about.ok("all that is replicated, together")
    return about.ok(f"groups: {len(plan.groups)}, vms: {len(plan.vms)}")


def _faults(plan: RecoveryPlan) -> Iterator[str]:
    if not (plan.vms or plan.all_vms):
        yield "it has no VMs"
    for what, names in (
        ("group", [group.name for group in plan.groups]),
        ("VM", [vm.name for vm in plan.vms]),
    ):
        yield from (f"{what} {name} is there {count} times" for name, count in Counter(names).items() if count > 1)
    try:
        check_order(plan)
    except SpecError as exc:
        yield exc.message.rstrip(".")


# -- steps -------------------------------------------------------------------------------------------------------


def step_checks(client: Client, plan: RecoveryPlan, action: str) -> Iterator[Check]:
    """Yield the checks of what the steps of the action need on this host, and of the edges that they change.

    A question to a person and time that has to pass need nothing; what a program does is only seen in a run.
    """
    folder = Path(plan.path).resolve().parent if plan.path else Path.cwd()
    for step in _steps(plan, action):
        work = step.work
        if isinstance(work, Command):
            yield _program(step, work, folder)
        elif isinstance(work, Playbook):
            yield _playbook(step, work, folder)
        elif isinstance(work, HttpCheck):
            yield _address(step, work)
        elif isinstance(work, NetworkChange):
            yield _edge(client, step, folder / work.document)
            if work.rollback:
                yield _edge(client, step, folder / work.rollback)


def _steps(plan: RecoveryPlan, action: str) -> Iterator[Step]:
    """Return the steps of an action; those of a test include its cleanup."""
    actions = {action, "cleanup"} if action == TEST else {action}
    around = [*plan.before, *[step for group in plan.groups for step in (*group.before, *group.after)], *plan.after]
    return (step for step in around if step.only & actions)


def _program(step: Step, work: Command, folder: Path) -> Check:
    about, program = About("step", step.name, IMPORTANT), work.argv[0] if work.argv else ""
    path = shutil.which(str(folder / program) if "/" in program else program) if program else None
    if path is None:
        return about.fail(f"there is no program {program!r} that may be run here", _CORRECT)
    return about.ok(f"{program} is there")


def _playbook(step: Step, work: Playbook, folder: Path) -> Check:
    about = About("step", step.name, IMPORTANT)
    if not (folder / work.path).is_file():
        return about.fail(f"there is no playbook {work.path}", _CORRECT)
    if not shutil.which("ansible-playbook"):
        return about.fail("there is no ansible-playbook here", "Install ansible-core.")
    if work.inventory and "," not in work.inventory and not (folder / work.inventory).exists():
        return about.fail(f"there is no inventory {work.inventory}", _CORRECT)
    return about.ok(f"{work.path} is there")


def _address(step: Step, work: HttpCheck) -> Check:
    about, url = About("step", step.name, IMPORTANT), urlsplit(work.url)
    if url.scheme not in ("http", "https") or not url.hostname:
        return about.fail(f"{work.url} is no address to ask", _CORRECT)
    return about.ok(f"{url.scheme}://{url.netloc.rpartition('@')[2]} is to be asked")


def _edge(client: Client, step: Step, path: Path) -> Check:
    """Check that the document is valid and that its edge exists and accepts it. Nothing is changed."""
    about = About("edge", step.name, IMPORTANT)
    try:
        document = read_document(str(path))
        client.kind(KIND).parse(document.sections)
        target = target_of(client, document)
    except (ConfigurationError, SpecError) as exc:
        message = exc.message if path.name in exc.message else f"{path.name}: {exc.message}"
        return about.fail(message, exc.hint or f"Correct {path.name}.")
    outcome = tried(lambda: client.ensure(KIND, document.sections, state="exact", target=target, check=True))
    if isinstance(outcome, EngineError):
        return about.fail(f"{path.name}: {outcome.message}", outcome.hint or f"Correct {path.name}.")
    if isinstance(outcome, VcloudAirError):
        return about.needs(f"The edge gateway {target['edge']}", outcome)
    if outcome.warnings:
        return about.warn(f"{path.name}: {'; '.join(outcome.warnings)}", f"Look at `vca edge plan {path.name}`.")
    summary = outcome.plan.summary() if outcome.changed else "nothing to change"
    return about.ok(f"{target['edge']} is there and takes {path.name}: {summary}")


# -- the last test -----------------------------------------------------------------------------------------------


def last_test_check(plan: RecoveryPlan, action: str, now: datetime, last_test: datetime | None) -> Check:
    """Check the age of the last successful test. It never fails a test, which is what would renew it."""
    about = About("last_test", plan.name or "vms", IMPORTANT)
    most, hint = plan.test_max_age_days, f"Test it: `vca dr test --plan {plan.path or 'PLAN'}`."
    wrong = about.warn if action == TEST else about.fail
    if last_test is None:
        message = "no successful test of it is known"
        return (
            about.warn(message, hint)
            if most is None
            else wrong(f"{message}; the plan wants one every {most:g} days", hint)
        )
    age = now - last_test
    if age < -timedelta(minutes=5):
        return about.unknown(f"its last test is of the future ({last_test.isoformat()})", "Compare the clocks.")
    days = max(0.0, age.total_seconds() / 86400)
    message = f"it was last tested {days:.0f} days ago"
    if most is None:
        return about.ok(message)
    if days > most:
        return wrong(f"{message}; the plan wants a test every {most:g} days", hint)
    if days > _CLOSE * most:
        return about.warn(f"{message}; it is due after {most:g}", hint)
    return about.ok(f"{message}, of at most {most:g}")
