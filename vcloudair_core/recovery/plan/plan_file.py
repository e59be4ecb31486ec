"""Load recovery plans from YAML files.

The error for an invalid file lists all of its problems. The format is defined by ``plan.schema.json`` in the
folder of this module, and described in docs/reference/recovery-plan.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path as File
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.errors import SpecError
from vcloudair_core.recovery.plan import plan_schema, plan_validation
from vcloudair_core.recovery.plan.group_order import check_order
from vcloudair_core.recovery.plan.model import (
    Approval,
    Command,
    Delay,
    Group,
    HttpCheck,
    NetworkChange,
    PlannedVm,
    Playbook,
    RecoveryPlan,
    Step,
    Work,
)
from vcloudair_core.services.dr.network_mapping import NicMapping
from vcloudair_core.util import strict_yaml
from vcloudair_core.util.document_errors import raise_problems
from vcloudair_core.util.strict_yaml import Path, Reading
from vcloudair_core.util.user_files import unreadable

MAX_BYTES = 1_000_000

_PLAN = (
    "name", "description", "rto_minutes", "rpo_minutes", "test_max_age_days", "max_concurrent", "on_error",
    "power_on", "synchronize", "point", "provider", "vm_timeout", "stuck_after", "on_unknown",
)  # fmt: skip
_GROUP = ("name", "priority", "timeout_s", "on_error", "rto_minutes")
_VM = ("name", "vm_timeout", "retries", "retry_delay_s", "power_on", "rto_minutes", "rpo_minutes", "point")
_STEP = ("timeout_s", "retries", "retry_delay_s", "on_error", "on_resume")


def load_plan(path: str) -> RecoveryPlan:
    """Return the recovery plan in a YAML file. Raises the errors of :func:`read_plan`."""
    return read_plan(path)[0]


def read_plan(path: str) -> tuple[RecoveryPlan, Reading]:
    """Return the recovery plan in a file, and the parsed YAML with line numbers.

    Raises: ConfigurationError when the file cannot be read or is not UTF-8; SpecError as in :func:`parse_plan`.
    """
    try:
        with File(path).open("rb") as file:
            # One byte above the limit is enough to detect a file that is too large.
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise _too_large(path)
        text = raw.decode("utf-8")
    except (OSError, ValueError) as exc:
        raise unreadable("The recovery plan", path, exc) from exc
    return _parsed(text, path)


def parse_plan(text: str, path: str = "") -> RecoveryPlan:
    """Return the recovery plan in a YAML text.

    Args:
        text: The YAML text.
        path: The path of the plan file. Paths in the plan are relative to the folder of this file. If ``path`` is
            empty, these paths are relative to the current folder.

    Raises: SpecError, with one problem per line: ``plan.yml:12: groups[1].vms[0].retries: 'x' is not a whole number``.
        The ``field`` of the error is the location of the first problem.
    """
    return _parsed(text, path)[0]


def _parsed(text: str, path: str) -> tuple[RecoveryPlan, Reading]:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
        raise _too_large(path)
    reading = strict_yaml.read(text)
    raise_problems(path, reading, _problems(reading, File(path).parent))
    plan = _plan(reading, path, hashlib.sha256(text.encode()).hexdigest())
    check_order(plan)
    return plan, reading


def _too_large(path: str) -> SpecError:
    return SpecError(path, f"the recovery plan is larger than {MAX_BYTES:,} bytes")


def _problems(reading: Reading, folder: File) -> Iterable[plan_validation.Problem]:
    """Return the path and reason of each problem. YAML errors are not included."""
    if reading.tree is None and not reading.issues:
        return [((), "the plan is empty; a plan needs a name and groups")]
    if not isinstance(reading.tree, dict) and reading.issues:
        return []
    affected = {issue.path for issue in reading.issues}
    problems = [*plan_schema.problems(reading.tree), *plan_validation.problems(reading, folder)]
    return [(path, reason) for path, reason in problems if path not in affected]


# -- conversion of valid YAML to a plan ----------------------------------------------------------------------------


def _plan(reading: Reading, path: str, digest: str) -> RecoveryPlan:
    groups = tuple(_group(item, ("groups", at), reading) for at, item in enumerate(reading.tree["groups"]))
    before, after = (_steps(reading.tree, key, (), reading) for key in ("before", "after"))
    options = _picked(reading.tree, _PLAN)
    return RecoveryPlan(groups=groups, before=before, after=after, path=path, digest=digest, **options)


def _group(item: dict[str, Any], at: Path, reading: Reading) -> Group:
    return Group(
        vms=tuple(_vm(vm, (*at, "vms", position), reading) for position, vm in enumerate(item["vms"])),
        depends_on=tuple(item.get("depends_on", ())),
        before=_steps(item, "before", at, reading),
        after=_steps(item, "after", at, reading),
        line=reading.line(at),
        **_picked(item, _GROUP),
    )


def _vm(vm: Any, at: Path, reading: Reading) -> PlannedVm:
    item = plan_validation.as_mapping(vm, "name")
    networks = tuple(NicMapping(**nic) for nic in item.get("networks", ()))
    needed = tuple(item.get("depends_on", ()))
    return PlannedVm(depends_on=needed, line=reading.line(at), networks=networks, **_picked(item, _VM))


def _steps(owner: dict[str, Any], key: str, at: Path, reading: Reading) -> tuple[Step, ...]:
    """Return the steps in the list ``owner[key]``.

    A step without a name gets a unique name.
    """
    items = owner.get(key, [])
    taken = {item["name"] for item in items if "name" in item}
    steps = []
    for position, item in enumerate(items):
        work = _work(item)
        name = item.get("name") or _unused(_name_of(work), taken)
        taken.add(name)
        how = _picked(item, _STEP) | ({"only": frozenset(item["only"])} if "only" in item else {})
        steps.append(Step(name, work, line=reading.line((*at, key, position)), **how))
    return tuple(steps)


def _work(item: dict[str, Any]) -> Work:
    if "command" in item:
        return Command(tuple(plan_validation.split_command(item["command"])))
    if "playbook" in item:
        return Playbook(**plan_validation.as_mapping(item["playbook"], "path"))
    if "http" in item:
        check = plan_validation.as_mapping(item["http"], "url")
        how = _picked(check, ("url", "contains", "validate_certs"))
        return HttpCheck(**how | ({"statuses": tuple(check["status"])} if "status" in check else {}))
    if "approval" in item:
        return Approval(item["approval"])
    if "delay_s" in item:
        return Delay(item["delay_s"])
    return NetworkChange(**plan_validation.as_mapping(item["network"], "document"))


def _name_of(work: Work) -> str:
    """Return a name for an unnamed step.

    The name contains no arguments and no query string, because these can contain secrets, and names appear in journals
    and reports.
    """
    if isinstance(work, Command):
        text = f"run {File(work.argv[0]).name or work.argv[0]}"
    elif isinstance(work, Playbook):
        text = f"playbook {work.path}"
    elif isinstance(work, HttpCheck):
        parts = urlsplit(work.url)
        text = f"GET {parts.scheme}://{parts.netloc}{parts.path}"
    elif isinstance(work, Approval):
        text = work.text
    elif isinstance(work, Delay):
        text = f"wait {work.seconds:g} s"
    else:
        text = f"network {work.document}"
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _unused(name: str, taken: set[str]) -> str:
    number = 2
    unused = name
    while unused in taken:
        unused, number = f"{name} ({number})", number + 1
    return unused


def _picked(item: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: item[name] for name in names if name in item}
