"""``vca edge export``, ``plan`` and ``apply``: a whole edge as a document."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.plan_files import load_plan, only, save_plan
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
    help="Delete rules that the document lacks, and reset fields that it does not give (default), or keep them.",
)
_ALLOW_EMPTY = typer.Option(
    None, "--allow-empty", help="Let an empty list of the document delete all rules of its section."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("export")(export)
    app.command("plan")(plan)
    app.command("apply")(apply)


@connected
def export(run: Invocation) -> None:
    """Write an edge gateway down as a YAML document (or JSON, with -o json), for `vca edge plan` and `apply`.

    It holds what users own. Pre-shared keys, which no server shows, are not in it.

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
    document: str = typer.Argument(help="An edge document; - for standard input."),
    purge: bool = _PURGE,
    allow_empty: bool = _ALLOW_EMPTY,
    out: str = typer.Option(
        None, "--out", metavar="FILE", help="Keep the plan in this file, for `vca edge apply --plan`."
    ),
) -> None:
    """Show what it takes to bring an edge gateway to a document. Exit code 2 when there is a difference, else 0.

    A usage error, such as a document that cannot be right, ends with 64.

    Example:
        vca edge plan edge.yml
        vca edge plan edge.yml --no-purge --out edge.plan
    """
    desired = read_document(document)
    how = _how(run, desired, purge, allow_empty)
    outcome = _ensure(run, desired, how, check=True)
    if out:
        save_plan(out, document, desired, outcome.plan, how)
    _tell(run, outcome)
    if outcome.changed:
        raise typer.Exit(DRIFT)


@connected
@changes
def apply(
    run: Invocation,
    document: str = typer.Argument(None, help="An edge document; - for standard input."),
    purge: bool = _PURGE,
    allow_empty: bool = _ALLOW_EMPTY,
    plan_file: str = typer.Option(
        None, "--plan", metavar="FILE", help="Carry out exactly this plan of `vca edge plan --out`, or none."
    ),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask. Needed where nobody sits at a terminal."),
) -> None:
    """Bring an edge gateway to a document, or carry out a plan that was kept.

    The plan is shown and asked about first. Sections are written one after the other; if one fails, what was written is
    told, and running it again finishes the rest.

    Example:
        vca edge apply edge.yml --yes
        vca edge apply --plan edge.plan
    """
    if bool(document) == bool(plan_file):
        raise ConfigurationError("Give either a document or --plan.")
    if plan_file:
        desired, kept = load_plan(plan_file)
        target = agreed_target(kept["target"], explicit_target(run.settings()))
        for name, value in (("purge", purge), ("allow_empty", allow_empty)):
            reject_contradiction(_spelled(name, value), value, Stated(kept.get(name), f"{plan_file}: {name}"))
        approve: Callable[[Plan], None] | None = only(kept, plan_file)
        how = {"target": target, "purge": kept["purge"], "allow_empty": bool(kept.get("allow_empty"))}
    else:
        desired = read_document(document)
        approve = None if yes else _asker(is_typed=document != "-")
        how = _how(run, desired, purge, allow_empty)
    _tell(run, _ensure(run, desired, how, approve=approve))


def _ensure(
    run: Invocation,
    document: EdgeDocument,
    how: Mapping[str, Any],
    *,
    check: bool = False,
    approve: Callable[[Plan], None] | None = None,
) -> Outcome:
    with run.client() as client, document.lines_in_errors():
        state = "exact" if how["purge"] else "present"
        sections = {**document.sections, "allow_empty": True} if how["allow_empty"] else document.sections
        return client.ensure(KIND, sections, state=state, target=how["target"], check=check, approve=approve)


def _how(run: Invocation, document: EdgeDocument, purge: bool | None, allow_empty: bool | None) -> dict[str, Any]:
    """Target and options of an action. Raises ConfigurationError when document and options contradict each other."""
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
        raise ConfigurationError("The document names no edge gateway.", hint="Give --edge, or `edge:` in the document.")
    return target


def _asker(*, is_typed: bool) -> Callable[[Plan], None]:
    agreed: list[Plan] = []

    def ask(plan: Plan) -> None:
        if agreed and agreed[-1].changes == plan.changes:
            return  # a try that met with a conflict; what was agreed to is what is to be done
        if not (is_typed and sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigurationError("There is nobody to ask. Nothing was changed.", hint="Give --yes, or --plan.")
        show_plan(plan)
        if not typer.confirm("Carry this out?", err=True):
            raise NotWantedError("Nothing was changed.")
        agreed.append(plan)

    return ask


class NotWantedError(VcloudAirError):
    """The person at the terminal said no."""


def _tell(run: Invocation, outcome: Outcome) -> None:
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
