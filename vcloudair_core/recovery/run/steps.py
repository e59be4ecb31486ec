"""Steps around VMs: programs, playbooks, checks, edge gateways. One function for each kind of work.

A step never raises for what it is about: that it failed, and why, is its result.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import SpecError, VcloudAirError
from vcloudair_core.recovery.plan.model import (
    Approval,
    Command,
    HttpCheck,
    NetworkChange,
    Playbook,
    Step,
    NetworkRestore,
)
from vcloudair_core.recovery.run.http_check import check_url
from vcloudair_core.recovery.run.network_changes import saved_file, switch
from vcloudair_core.services.ans.document.file import read_document
from vcloudair_core.settings.directories import current_user
from vcloudair_core.settings.settings import secrets_in_environment
from vcloudair_core.util.redaction import Secret, redact_text, remembered
from vcloudair_core.util.user_files import reason_of

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.dr.operation_options import Stop

_EXCERPT = 2000
_TICK_S = 0.1


@dataclass(frozen=True)
class StepResult:
    """``verdict``: done, failed, or stopped (nobody waited for its end). ``output``: an excerpt, secrets hidden.

    ``by``: who approved. ``saved``: the file in the run's folder with what an edge held before. ``summary``: what was
    changed there. ``restores``: the change that this one took back.
    """

    verdict: str
    reason: str = ""
    hint: str = ""
    output: str = ""
    by: str = ""
    saved: str = ""
    summary: str = ""
    restores: str = ""


@dataclass(frozen=True)
class ApprovalRequest:
    """A question to the person who approves a step."""

    plan: str
    action: str
    group: str
    step: str
    text: str


Ask = Callable[[ApprovalRequest], str]
"""Returns who said yes, or nothing for a no."""


@dataclass(frozen=True)
class Surroundings:
    """The environment of steps. ``plan_folder``: where paths of the plan start. ``run_folder``: the run's own."""

    client: Client
    run_id: str
    action: str
    plan_name: str
    plan_folder: Path
    run_folder: Path
    ask: Ask | None
    stop: Stop


def perform(step: Step, around: Surroundings, *, group: str, key: str) -> StepResult:
    """Do the work of a step once. ``key`` names it within the run."""
    work = step.work
    try:
        if isinstance(work, Approval):
            result = _ask(step, work, around, group)
        elif isinstance(work, HttpCheck):
            result = StepResult(*check_url(work, around.client.settings, step.timeout_s))
        elif isinstance(work, NetworkChange):
            result = _switch(work, around, key)
        elif isinstance(work, NetworkRestore):
            result = _restore_network(work, around)
        elif isinstance(work, Playbook):
            result = _play(step, work, around, group)
        elif isinstance(work, Command):
            result = _execute(list(work.argv), step, around, group)
        else:
            raise SpecError("", f"a {step.kind} is not something that is done")
    except VcloudAirError as exc:
        result = StepResult("failed", exc.message, exc.hint)
    except OSError as exc:
        result = StepResult("failed", f"it could not be started: {reason_of(exc)[0]}")
    secrets = _secrets(around)
    shown = {name: redact_text(getattr(result, name), secrets) for name in ("reason", "hint", "output", "summary")}
    return replace(result, **{**shown, "output": shown["output"][-_EXCERPT:]})


def _secrets(around: Surroundings) -> list[Secret]:
    """Of this client, of the sessions of this process, and what a program finds in its environment."""
    return [*around.client.settings.secrets(), *remembered(), *secrets_in_environment(os.environ)]


# -- people --------------------------------------------------------------------------------------------------------


def _ask(step: Step, work: Approval, around: Surroundings, group: str) -> StepResult:
    if around.ask is None:
        return StepResult(
            "failed",
            "there is nobody to ask",
            f"Approve it beforehand, with --approve {step.name!r} or approve of the module.",
        )
    who = around.ask(ApprovalRequest(around.plan_name, around.action, group, step.name, work.text))
    if around.stop.is_requested and not who:
        return StepResult("stopped", around.stop.reason)
    return StepResult("succeeded", by=who) if who else StepResult("failed", "it was not approved")


# -- edges ---------------------------------------------------------------------------------------------------------


def _switch(work: NetworkChange, around: Surroundings, key: str) -> StepResult:
    document = read_document(str(around.plan_folder / work.document))
    saved = saved_file(around.run_folder, key)
    return StepResult("succeeded", saved=saved.name, summary=switch(around.client, document, saved))


def _restore_network(work: NetworkRestore, around: Surroundings) -> StepResult:
    return StepResult("succeeded", summary=switch(around.client, read_document(work.document)), restores=work.change)


# -- programs ------------------------------------------------------------------------------------------------------


def _play(step: Step, work: Playbook, around: Surroundings, group: str) -> StepResult:
    program = shutil.which("ansible-playbook")
    if program is None:
        return StepResult("failed", "there is no ansible-playbook on this host", "Install ansible-core.")
    # In a file, as everybody may read what is on a command line.
    with tempfile.NamedTemporaryFile("w", dir=around.run_folder, suffix=".json", encoding="utf-8") as variables:
        json.dump({**_facts(around, group), **work.extra_vars}, variables, default=str)
        variables.flush()
        command = [program, "--extra-vars", f"@{variables.name}"]
        command += ["--inventory", work.inventory] if work.inventory else []
        return _execute([*command, work.path], step, around, group)


def _facts(around: Surroundings, group: str) -> dict[str, str]:
    return {
        "vca_dr_run": around.run_id,
        "vca_dr_action": around.action,
        "vca_dr_plan": around.plan_name,
        "vca_dr_group": group,
    }


def _execute(argv: Sequence[str], step: Step, around: Surroundings, group: str) -> StepResult:
    """Run a program in its own process group, so that all that it starts ends with it."""
    facts = {name.upper(): value for name, value in _facts(around, group).items()}
    with tempfile.TemporaryFile(dir=around.run_folder) as output:
        process = subprocess.Popen(  # noqa: S603 - the user's own program, without a shell
            _resolved(argv, around.plan_folder),
            cwd=around.plan_folder,
            env={**os.environ, **facts},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = _wait(process, step.timeout_s, around.stop)
        # Before anything is cut off: half of a secret is not known as one.
        output_text = redact_text(_tail(output.fileno()), _secrets(around))
    if ended == "stopped":
        return StepResult("stopped", around.stop.reason, output=output_text)
    if ended == "late":
        return StepResult("failed", f"it was not over after {step.timeout_s:g} s and was ended", output=output_text)
    status = process.returncode
    if status:
        how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
        last = next((line.strip() for line in reversed(output_text.splitlines()) if line.strip()), "")
        return StepResult(
            "failed", f"{Path(argv[0]).name} {how}{': ' + last[:200] if last else ''}", output=output_text
        )
    return StepResult("succeeded", output=output_text)


def _resolved(argv: Sequence[str], folder: Path) -> list[str]:
    """A program with a slash in its name is looked for in the plan's folder."""
    first = argv[0]
    return [str(folder / first) if "/" in first else first, *argv[1:]]


def _wait(process: subprocess.Popen[bytes], timeout_s: float, stop: Stop) -> str:
    waited = 0.0
    while True:
        try:
            process.wait(_TICK_S)
            return "over"
        except subprocess.TimeoutExpired:
            waited += _TICK_S
        if stop.is_requested or waited >= timeout_s:
            _end(process)
            return "stopped" if stop.is_requested else "late"


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, patience_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience_s)
            return
        except ProcessLookupError:
            process.wait()
            return
        except subprocess.TimeoutExpired:
            continue


def _tail(file: int) -> str:
    size = os.fstat(file).st_size
    return os.pread(file, 16 * _EXCERPT, max(0, size - 16 * _EXCERPT)).decode("utf-8", "replace").strip()


def approvals_of(names: Sequence[str], otherwise: Ask | None) -> Ask | None:
    """Asks nobody about the steps of these names: they were approved beforehand, by the user who runs this."""
    if not names:
        return otherwise

    def ask(question: ApprovalRequest) -> str:
        if question.step in names:
            return f"{current_user()} (beforehand)"
        return otherwise(question) if otherwise is not None else ""

    return ask
