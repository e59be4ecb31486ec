"""The command ``vca doctor``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import typer

from vcloudair_core.cli.display.output import can_show, console, say, write
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.doctor.api_checks import ServerClock, check_rights, check_sign_in, not_reached
from vcloudair_core.cli.doctor.diagnosis import FAILURE, PASSED, SKIPPED, WARNING, DiagnosisStep, failed
from vcloudair_core.cli.doctor.network_checks import Network, check_clock, check_network, check_settings, check_url
from vcloudair_core.cli.exit_codes import exit_code_for
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.util.escaping import visible

_MARKS = {PASSED: "✔", WARNING: "!", FAILURE: "✖", SKIPPED: "-"}
_PLAIN_MARKS = {PASSED: "ok", WARNING: "!", FAILURE: "X", SKIPPED: "-"}
_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("status", keep=True, priority=0),
    Column("detail", priority=1),
    Column("hint", priority=2),
]
_COLORS = {PASSED: "green", WARNING: "yellow", FAILURE: "bold red", SKIPPED: "dim"}


@connected
def doctor(run: Invocation) -> None:
    """Diagnose connection, sign-in and permission problems.

    Checks settings, URL, DNS, TCP, TLS, API version, sign-in, org, rights and clock. Stops at a failure that prevents
    further checks, and prints a hint. Changes nothing. The first failed check sets the exit code.

    Example:
        vca doctor --url https://vcd.example.com --org acme --username ops
    """
    steps = diagnose(run, Network())
    if run.is_table and run.output == "table" and not run.options.get("columns"):
        results = _print_steps(steps)
    else:
        results = list(steps)
        run.emit([step.as_dict() for step in results], columns=_COLUMNS)
    failures = [step for step in results if step.status == FAILURE]
    raise typer.Exit(failures[0].exit_code if failures else 0)


def diagnose(run: Invocation, network: Network) -> Iterator[DiagnosisStep]:
    """Yield the results of the steps in order.

    Each step runs when its result is requested.
    """
    try:
        settings = run.settings()
        methods = run.plugins.auth_methods()
    except VcloudAirError as exc:
        yield failed("Settings", exc.message.rstrip("."), exc.hint, exit_code_for(exc))
        return
    ready = check_settings(settings, methods, can_ask=sys.stdin.isatty() or run.kept_login(settings) is not None)
    yield ready
    if not settings.url and ready.status == FAILURE:
        return
    step, target = check_url(settings)
    yield step
    if target is None:
        return
    for step in check_network(network, target, validate_certs=bool(settings.validate_certs), ca_path=settings.ca_path):
        yield step
        if step.status == FAILURE:
            yield from not_reached("Sign-in", "Rights")
            return
    if ready.status == FAILURE:
        yield from not_reached("Sign-in", "Rights")
        return
    yield from _check_api(run, network)


def _check_api(run: Invocation, network: Network) -> Iterator[DiagnosisStep]:
    clock = ServerClock()
    run.plugins.register(clock, "vca doctor")
    is_kept = run.kept_login(run.settings()) is not None
    with run.client() as client:
        signed_in = True
        for step in check_sign_in(client, is_kept=is_kept):
            yield step
            signed_in = signed_in and step.status != FAILURE
        if signed_in:
            yield from check_rights(client)
        else:
            yield from not_reached("Rights")
    yield check_clock(clock.time, network.now())


def _print_steps(steps: Iterable[DiagnosisStep]) -> list[DiagnosisStep]:
    """Print each result immediately, so that users see which step hangs."""
    from rich.table import Table
    from rich.text import Text

    fancy = can_show("✔✖→")
    marks = _MARKS if fancy else _PLAIN_MARKS
    screen = console()
    printed = []
    for step in steps:
        printed.append(step)
        line = Table.grid(padding=(0, 1))
        for width in (2, 8, None):
            line.add_column(width=width, overflow="fold")
        line.add_row(
            Text(marks[step.status], _COLORS[step.status]), Text(step.name, "bold"), Text(visible(step.detail))
        )
        if step.hint:
            line.add_row("", "", Text(f"{'→' if fancy else '->'} {visible(step.hint)}", "yellow"))
        with screen.capture() as captured:
            screen.print(line)
        write("\n".join(text.rstrip() for text in captured.get().splitlines()))
    say(_verdict(printed))
    return printed


def _verdict(steps: list[DiagnosisStep]) -> str:
    failures = [step for step in steps if step.status == FAILURE]
    warnings = [step for step in steps if step.status == WARNING]
    if failures:
        return f"Fix the step {failures[0].name!r} first. Later steps depend on this step."
    return f"No failures. Warnings: {len(warnings)}." if warnings else "No problems found."
