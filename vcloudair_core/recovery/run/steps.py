"""Run one attempt of a step, such as a program, playbook or HTTP check.

A failed step does not raise an error; its result has the verdict and the reason.
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
    NetworkRestore,
    Playbook,
    Step,
)
from vcloudair_core.recovery.run.http_check import check_url
from vcloudair_core.recovery.run.network_changes import apply_document, saved_file
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
    """The result of one attempt of a step.

    Attributes:
        verdict: ``succeeded``, ``failed``, or ``stopped`` if the run was stopped before the step ended.
        reason: The reason for a failure.
        hint: What the user can do after a failure.
        output: An excerpt of the program's output, with secrets hidden.
        by: The user who approved the step.
        saved: The name of the file in the run folder that stores the edge's configuration before the change.
        summary: The changes of the edge.
        restores: The ID of the network change that this step undid.
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
    """A question to the user who approves a step."""

    plan: str
    action: str
    group: str
    step: str
    text: str


Ask = Callable[[ApprovalRequest], str]
"""Callback that returns the name of the approver.

The callback returns an empty string if the user denies the approval.
"""


@dataclass(frozen=True)
class StepContext:
    """The environment in which steps run.

    Paths in the plan are relative to ``plan_folder``. ``run_folder`` is the folder of the run.
    """

    client: Client
    run_id: str
    action: str
    plan_name: str
    plan_folder: Path
    run_folder: Path
    ask: Ask | None
    stop: Stop
    keep: Callable[[Path], None] | None = None
    """Callback that stores a file of the run folder in the object store."""


def perform(step: Step, context: StepContext, *, group: str, key: str) -> StepResult:
    """Run one attempt of a step and return its result.

    ``key`` is the key of the step in the run.
    """
    work = step.work
    try:
        if isinstance(work, Approval):
            result = _request_approval(step, work, context, group)
        elif isinstance(work, HttpCheck):
            result = StepResult(*check_url(work, context.client.settings, step.timeout_s))
        elif isinstance(work, NetworkChange):
            result = _apply_network(work, context, key)
        elif isinstance(work, NetworkRestore):
            result = _restore_network(work, context)
        elif isinstance(work, Playbook):
            result = _run_playbook(step, work, context, group)
        elif isinstance(work, Command):
            result = _run_program(list(work.argv), step, context, group)
        else:
            raise SpecError("", f"a step of kind {step.kind!r} cannot be executed, because it has no action")
    except VcloudAirError as exc:
        result = StepResult("failed", exc.message, exc.hint)
    except OSError as exc:
        result = StepResult("failed", f"starting the program failed: {reason_of(exc)[0]}")
    secrets = _secrets(context)
    shown = {name: redact_text(getattr(result, name), secrets) for name in ("reason", "hint", "output", "summary")}
    return replace(result, **{**shown, "output": shown["output"][-_EXCERPT:]})


def _secrets(context: StepContext) -> list[Secret]:
    """Return the secrets to hide in the output of programs.

    These are the secrets of the client, all sessions and the environment.
    """
    return [*context.client.settings.secrets(), *remembered(), *secrets_in_environment(os.environ)]


# -- approvals -----------------------------------------------------------------------------------------------------


def _request_approval(step: Step, work: Approval, context: StepContext, group: str) -> StepResult:
    if context.ask is None:
        return StepResult(
            "failed",
            "the step needs an approval, but this program cannot ask for it",
            f"Pass `--approve {step.name!r}`, or set `approve` of the module.",
        )
    who = context.ask(ApprovalRequest(context.plan_name, context.action, group, step.name, work.text))
    if context.stop.is_requested and not who:
        return StepResult("stopped", context.stop.reason)
    return StepResult("succeeded", by=who) if who else StepResult("failed", "the approval was denied")


# -- edges ---------------------------------------------------------------------------------------------------------


def _apply_network(work: NetworkChange, context: StepContext, key: str) -> StepResult:
    document = read_document(str(context.plan_folder / work.document))
    saved = saved_file(context.run_folder, key)
    return StepResult(
        "succeeded", saved=saved.name, summary=apply_document(context.client, document, saved, context.keep)
    )


def _restore_network(work: NetworkRestore, context: StepContext) -> StepResult:
    return StepResult(
        "succeeded", summary=apply_document(context.client, read_document(work.document)), restores=work.change
    )


# -- programs ------------------------------------------------------------------------------------------------------


def _run_playbook(step: Step, work: Playbook, context: StepContext, group: str) -> StepResult:
    program = shutil.which("ansible-playbook")
    if program is None:
        return StepResult("failed", "ansible-playbook is not installed on this host", "Install ansible-core.")
    # All users of the host can read command lines, so the variables are passed in a file.
    with tempfile.NamedTemporaryFile("w", dir=context.run_folder, suffix=".json", encoding="utf-8") as variables:
        json.dump({**_run_variables(context, group), **work.extra_vars}, variables, default=str)
        variables.flush()
        command = [program, "--extra-vars", f"@{variables.name}"]
        command += ["--inventory", work.inventory] if work.inventory else []
        return _run_program([*command, work.path], step, context, group)


def _run_variables(context: StepContext, group: str) -> dict[str, str]:
    return {
        "vca_dr_run": context.run_id,
        "vca_dr_action": context.action,
        "vca_dr_plan": context.plan_name,
        "vca_dr_group": group,
    }


def _run_program(argv: Sequence[str], step: Step, context: StepContext, group: str) -> StepResult:
    """Run a program in a process group of its own.

    A timeout or a stopped run ends the whole process group, including child processes of the program.
    """
    variables = {name.upper(): value for name, value in _run_variables(context, group).items()}
    with tempfile.TemporaryFile(dir=context.run_folder) as output:
        process = subprocess.Popen(  # noqa: S603 - the user's own program, without a shell
            _resolve_program(argv, context.plan_folder),
            cwd=context.plan_folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = _wait(process, step.timeout_s, context.stop)
        # Hide secrets before the text is cut, because part of a secret is not recognized.
        output_text = redact_text(_tail(output.fileno()), _secrets(context))
    if ended == "stopped":
        return StepResult("stopped", context.stop.reason, output=output_text)
    if ended == "timed out":
        reason = f"the program exceeded its timeout of {step.timeout_s:g} s and was ended"
        return StepResult("failed", reason, output=output_text)
    status = process.returncode
    if status:
        how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
        last = next((line.strip() for line in reversed(output_text.splitlines()) if line.strip()), "")
        return StepResult(
            "failed", f"{Path(argv[0]).name} {how}{': ' + last[:200] if last else ''}", output=output_text
        )
    return StepResult("succeeded", output=output_text)


def _resolve_program(argv: Sequence[str], folder: Path) -> list[str]:
    """Return the command line, with the path of the program.

    A program with a slash in its name is relative to the folder of the plan.
    """
    first = argv[0]
    return [str(folder / first) if "/" in first else first, *argv[1:]]


def _wait(process: subprocess.Popen[bytes], timeout_s: float, stop: Stop) -> str:
    waited = 0.0
    while True:
        try:
            process.wait(_TICK_S)
            return "ended"
        except subprocess.TimeoutExpired:
            waited += _TICK_S
        if stop.is_requested or waited >= timeout_s:
            _end(process)
            return "stopped" if stop.is_requested else "timed out"


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, timeout_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout_s)
            return
        except ProcessLookupError:
            process.wait()
            return
        except subprocess.TimeoutExpired:
            continue


def _tail(file: int) -> str:
    size = os.fstat(file).st_size
    return os.pread(file, 16 * _EXCERPT, max(0, size - 16 * _EXCERPT)).decode("utf-8", "replace").strip()


def with_approvals(names: Sequence[str], ask_user: Ask | None) -> Ask | None:
    """Return a callback that approves the steps in ``names``, and asks about others."""
    if not names:
        return ask_user

    def ask(question: ApprovalRequest) -> str:
        if question.step in names:
            return f"{current_user()} (in advance)"
        return ask_user(question) if ask_user is not None else ""

    return ask
