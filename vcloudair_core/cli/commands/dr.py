"""``vca dr``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from vcloudair_core.cli.commands import dr_check
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, emit, say
from vcloudair_core.cli.progress_bar import progress_bar
from vcloudair_core.errors import ConfigurationError, TaskFailedError

if TYPE_CHECKING:
    from vcloudair_core.services.dr.model import Result

app = typer.Typer(help="Disaster recovery: replications, tests, failovers.", no_args_is_help=True)
dr_check.register(app)

_MACHINES = typer.Argument(None, metavar="[MACHINE]...", help="Names of machines, or UUIDs of replications.")
_ALL = typer.Option(False, "--all", help="All machines that are replicated.")
_DRY_RUN = typer.Option(False, "--dry-run", help="Say what would be started, and start nothing.")
_POWER_ON = typer.Option(True, "--power-on/--power-off", help="Whether the machines are to run afterwards.")
_MOST = typer.Option(20, "--max-concurrent", min=1, help="How many machines at the same time.")
_TIMEOUT = typer.Option(0.0, "--timeout", min=0.0, help="Seconds that one machine may take; 0: no limit.")
_STUCK = typer.Option(600.0, "--stuck-after", min=1.0, help="Seconds without any change after which to give up.")
_STOP = typer.Option(False, "--stop-on-failure", help="Start nothing more after the first failure.")


@app.callback()
def dr() -> None:
    """Disaster recovery: replications, tests, failovers."""


@app.command("list")
@connected
def list_(run: Invocation, machines: list[str] = _MACHINES) -> None:
    """List replications with their state."""
    with run.client() as client:
        rows = [one.as_dict() for one in client.service("dr").replications(machines or None)]
    columns = [
        Column("name", keep=True),
        Column("id"),
        Column("state"),
        Column("test_state", heading="TEST"),
        Column("recovery_state", heading="RECOVERY"),
        Column("rpo_minutes", heading="RPO (MIN)", right=True),
        Column("rpo_violation_minutes", heading="OVER (MIN)", right=True),
        Column("last_sync", heading="LAST SYNC"),
    ]
    emit(rows, output=run.output, columns=columns, empty="Nothing is replicated into this organisation.")


@app.command()
@connected
def test(
    run: Invocation,
    machines: list[str] = _MACHINES,
    every: bool = _ALL,
    power_on: bool = _POWER_ON,
    synchronize: bool = typer.Option(False, "--synchronize", help="Bring the newest data over first."),
    max_concurrent: int = _MOST,
    timeout: float = _TIMEOUT,
    stuck_after: float = _STUCK,
    stop_on_failure: bool = _STOP,
    dry_run: bool = _DRY_RUN,
) -> None:
    """Test failovers: machines run in the cloud beside their sources, which go on."""
    words = {"power_on": power_on, "synchronize": synchronize, "stop_on_failure": stop_on_failure}
    _act(run, "test", machines, every, dry_run, max_concurrent, timeout, stuck_after, words)


@app.command()
@connected
def cleanup(
    run: Invocation,
    machines: list[str] = _MACHINES,
    every: bool = _ALL,
    max_concurrent: int = _MOST,
    timeout: float = _TIMEOUT,
    stuck_after: float = _STUCK,
    dry_run: bool = _DRY_RUN,
) -> None:
    """Remove what tests have made."""
    _act(run, "cleanup", machines, every, dry_run, max_concurrent, timeout, stuck_after, {})


@app.command()
@connected
def failover(
    run: Invocation,
    machines: list[str] = _MACHINES,
    every: bool = _ALL,
    power_on: bool = _POWER_ON,
    max_concurrent: int = _MOST,
    timeout: float = _TIMEOUT,
    stuck_after: float = _STUCK,
    stop_on_failure: bool = _STOP,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    dry_run: bool = _DRY_RUN,
) -> None:
    """Fail machines over: they run in the cloud, and replication from the source ends."""
    _check_choice(machines, every)
    if not dry_run and not yes:
        _ask("all machines" if every else f"{len(machines)} machines: {', '.join(machines[:10])}")
    words = {"power_on": power_on, "stop_on_failure": stop_on_failure}
    _act(run, "failover", machines, every, dry_run, max_concurrent, timeout, stuck_after, words)


def _check_choice(machines: list[str] | None, every: bool) -> None:
    if bool(machines) == every:
        raise ConfigurationError("Which machines are meant is not said.", hint="Name machines, or give --all.")


def _ask(what: str) -> None:
    """Raises ConfigurationError unless a person at a terminal types the word."""
    if not sys.stdin.isatty():
        raise ConfigurationError("A failover is not started without a yes.", hint="Give --yes.")
    say(f"This fails over {what}. Replication from the source ends.")
    if typer.prompt("Type failover to go on", err=True).strip() != "failover":
        raise ConfigurationError("Nothing was started.")


def _act(
    run: Invocation,
    action: str,
    machines: list[str] | None,
    every: bool,
    dry_run: bool,
    max_concurrent: int,
    timeout: float,
    stuck_after: float,
    words: dict[str, bool],
) -> None:
    from vcloudair_core.services.dr.run import Options

    _check_choice(machines, every)
    options = Options(max_concurrent=max_concurrent, timeout_s=timeout or None, stuck_after_s=stuck_after, **words)
    with run.client() as client, progress_bar("machines") as progress:
        service = client.service("dr")
        total = len(machines or ()) or len(service.references())
        known: list[Result] = []

        def tell(result: Result) -> None:
            known.append(result)
            if progress is not None:
                progress(len(known), total)

        found = service.act(action, machines or None, options=options, check=dry_run, progress=tell)
    rows = [one.as_dict() for one in sorted(found, key=lambda one: not one.is_failed)]
    columns = [Column("name", keep=True), Column("verdict", keep=True), Column("seconds", right=True)]
    emit(
        rows,
        output=run.output,
        columns=[*columns, Column("reason"), Column("hint", heading="NEXT")],
        empty="Nothing is replicated into this organisation.",
    )
    failed = [one for one in found if one.is_failed]
    if failed:
        first = failed[0]
        raise TaskFailedError(
            f"{len(failed)} of {len(found)} machines are not where the {action} was to bring them; "
            f"{first.name}: {first.reason}.",
            task=first.task,
            hint=first.hint,
        )
