"""The commands ``vca edge export``, ``plan`` and ``apply``, for edge documents."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.plan_files import load_plan, require_same_plan, save_plan
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.plan_view import show_plan
from vcloudair_core.cli.exit_codes import DRIFT
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.errors import ConfigurationError, VcloudAirError
from vcloudair_core.services.ans.document.file import EdgeDocument, agreed_target, explicit_target, read_document
from vcloudair_core.util.option_conflicts import Stated, reject_contradiction

if TYPE_CHECKING:
    from vcloudair_core.engine.outcome import Outcome
    from vcloudair_core.engine.plan import Plan

KIND = "ans.edge"
_PURGE = typer.Option(
    None,
    "--purge/--no-purge",
    help="Delete rules and reset fields that are not in the document (default), or keep them.",
)
_ALLOW_EMPTY = typer.Option(
    None, "--allow-empty", help="Allow an empty list in the document to delete all rules of its section."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("export")(export)
    app.command("plan")(plan)
    app.command("apply")(apply)


@connected
def export(run: Invocation) -> None:
    """Export an edge gateway as a document for `vca edge plan` and `vca edge apply`.

    The document contains the user-defined rules and tunnels. It does not contain pre-shared keys, because servers do
    not return them. The format is YAML, or JSON with -o json.

    Example:
        vca edge export --edge web-edge > edge.yml
    """
    with run.client() as client:
        target = edge_target(client.settings)
        sections = client.read(KIND, target)
    shown = run.with_options({"output": "yaml"}) if run.is_table else run
    shown.emit({**target, **sections})


@connected
def plan(
    run: Invocation,
    document: str = typer.Argument(help="Edge document. Use - for standard input."),
    purge: bool = _PURGE,
    allow_empty: bool = _ALLOW_EMPTY,
    out: str = typer.Option(
        None, "--out", metavar="FILE", help="File to save the plan to, for `vca edge apply --plan`."
    ),
) -> None:
    """Show the changes that would bring an edge gateway to the state of a document.

    The exit code is 2 if there are changes, 0 if there are none, and 64 for a usage error, such as an invalid document.

    Example:
        vca edge plan edge.yml
        vca edge plan edge.yml --no-purge --out edge.plan
    """
    desired = read_document(document)
    options = _plan_options(run, desired, purge, allow_empty)
    outcome = _ensure(run, desired, options, check=True)
    if out:
        save_plan(out, document, desired, outcome.plan, options)
    _print_outcome(run, outcome)
    if outcome.changed:
        raise typer.Exit(DRIFT)


@connected
@changes
def apply(
    run: Invocation,
    document: str = typer.Argument(None, help="Edge document. Use - for standard input."),
    purge: bool = _PURGE,
    allow_empty: bool = _ALLOW_EMPTY,
    plan_file: str = typer.Option(
        None, "--plan", metavar="FILE", help="Apply exactly this saved plan of `vca edge plan --out`."
    ),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask for confirmation. Required without a terminal."),
) -> None:
    """Apply an edge document or a saved plan to an edge gateway.

    The command shows the plan and asks for confirmation. After the confirmation, the sections are written in order.
    If a section fails, the command reports the sections that were written. Run the command again to write the
    remaining sections.

    Example:
        vca edge apply edge.yml --yes
        vca edge apply --plan edge.plan
    """
    if bool(document) == bool(plan_file):
        raise ConfigurationError("Pass either a document or --plan.")
    if plan_file:
        desired, saved = load_plan(plan_file)
        target = agreed_target(saved["target"], explicit_target(run.settings()))
        for name, value in (("purge", purge), ("allow_empty", allow_empty)):
            reject_contradiction(_spelled(name, value), value, Stated(saved.get(name), f"{plan_file}: {name}"))
        approve: Callable[[Plan], None] | None = require_same_plan(saved, plan_file)
        options = {"target": target, "purge": saved["purge"], "allow_empty": bool(saved.get("allow_empty"))}
    else:
        desired = read_document(document)
        approve = None if yes else _confirmation(can_prompt=document != "-")
        options = _plan_options(run, desired, purge, allow_empty)
    _print_outcome(run, _ensure(run, desired, options, approve=approve))


def _ensure(
    run: Invocation,
    document: EdgeDocument,
    options: Mapping[str, Any],
    *,
    check: bool = False,
    approve: Callable[[Plan], None] | None = None,
) -> Outcome:
    with run.client() as client, document.lines_in_errors():
        state = "exact" if options["purge"] else "present"
        sections = {**document.sections, "allow_empty": True} if options["allow_empty"] else document.sections
        return client.ensure(KIND, sections, state=state, target=options["target"], check=check, approve=approve)


def _plan_options(
    run: Invocation, document: EdgeDocument, purge: bool | None, allow_empty: bool | None
) -> dict[str, Any]:
    """Return the target and the options of a plan.

    Raises ConfigurationError if a command-line option conflicts with the document.
    """
    from vcloudair_core.services.ans.sections import SECTIONS

    for path in ((), *((section,) for section in document.sections if section in SECTIONS)):
        reject_contradiction("--allow-empty", allow_empty, document.stated(*path, "allow_empty"))
    return {"target": _target(run, document), "purge": purge is not False, "allow_empty": bool(allow_empty)}


def _spelled(name: str, value: bool | None) -> str:
    flag = name.replace("_", "-")
    return f"--no-{flag}" if value is False else f"--{flag}"


def _target(run: Invocation, document: EdgeDocument) -> dict[str, str]:
    settings = run.settings()
    places = {name: document.stated(name).place for name in document.target}
    target = agreed_target(document.target, explicit_target(settings), places)
    target.setdefault("edge", settings.edge or "")
    if not target["edge"]:
        raise ConfigurationError("No edge gateway selected.", hint="Pass --edge, or set `edge:` in the document.")
    return target


def _confirmation(*, can_prompt: bool) -> Callable[[Plan], None]:
    confirmed: list[Plan] = []

    def ask(plan: Plan) -> None:
        if confirmed and confirmed[-1].changes == plan.changes:
            return  # a retry after a write conflict, with the same changes
        if not (can_prompt and sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigurationError(
                "Applying the plan requires confirmation. Nothing was changed.", hint="Pass --yes or --plan."
            )
        show_plan(plan)
        if not typer.confirm("Apply these changes?", err=True):
            raise NotConfirmedError("The plan was not confirmed. Nothing was changed.")
        confirmed.append(plan)

    return ask


class NotConfirmedError(VcloudAirError):
    """The user did not confirm the plan."""


def _print_outcome(run: Invocation, outcome: Outcome) -> None:
    if not run.is_table:
        run.emit(_result(outcome))
        return
    show_plan(outcome.plan)
    for warning in outcome.warnings:
        say(f"Warning: {warning}")
    if outcome.changed and not outcome.is_check:
        say("Applied and verified.")


def _result(outcome: Outcome) -> dict[str, Any]:
    return {"changed": outcome.changed, "plan": outcome.plan.as_dict(), "warnings": list(outcome.warnings)}
