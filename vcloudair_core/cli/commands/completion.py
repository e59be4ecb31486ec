"""The command group ``vca completion``."""

from __future__ import annotations

from typing import Any

import typer

from vcloudair_core.cli.completion.command_table import command_table
from vcloudair_core.cli.completion.known_names import remember_names
from vcloudair_core.cli.completion.scripts import SCRIPTS
from vcloudair_core.cli.display.output import write
from vcloudair_core.cli.invocation import Invocation, changes, connected

app = typer.Typer(help="Set up shell completion for bash, zsh and fish.", no_args_is_help=True)


@app.callback()
def completion() -> None:
    """Set up shell completion for bash, zsh and fish."""


@app.command()
@connected
def bash(run: Invocation) -> None:
    """Print the completion script for bash.

    To load the script in each shell, add `source <(vca completion bash)` to `~/.bashrc`.

    Example:
        vca completion bash > ~/.local/share/bash-completion/completions/vca
    """
    _print("bash")


@app.command()
@connected
def zsh(run: Invocation) -> None:
    """Print the completion script for zsh.

    To load the script in each shell, add `source <(vca completion zsh)` to `~/.zshrc`.

    Example:
        vca completion zsh > "${fpath[1]}/_vca"
    """
    _print("zsh")


@app.command()
@connected
def fish(run: Invocation) -> None:
    """Print the completion script for fish.

    Example:
        vca completion fish | source
        vca completion fish > ~/.config/fish/completions/vca.fish
    """
    _print("fish")


@app.command()
@connected
@changes
def refresh(run: Invocation) -> None:
    """Fetch the names of edge gateways, VDCs and VMs for completion.

    Completion sends no requests. Completion suggests names that this command or a list command stored in the last seven
    days.

    Example:
        vca completion refresh --context production
    """
    with run.client() as client:
        edges = client.edges.list_edges()
        vms = client.query.query("vm", fields=["name"]).all()
        vdcs = client.query.query("orgVdc", fields=["name"]).all()
        names: dict[str, list[Any]] = {
            "edge": [edge.name for edge in edges],
            "vdc": [record.as_dict().get("name") for record in vdcs],
            "vm": [record.as_dict().get("name") for record in vms],
        }
        for kind in names:
            remember_names(client.settings, kind, names[kind])
    command_table()
    run.emit({f"{kind}s": len(found) for kind, found in names.items()})


def _print(shell: str) -> None:
    write(SCRIPTS[shell].rstrip("\n"))
    command_table()  # fills the cache, so that the first Tab is fast
