"""The command group ``vca group``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.errors import NotFoundError
from vcloudair_core.settings.settings import Settings

app = typer.Typer(help="List IP sets, security groups and application profiles.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """List IP sets, security groups and application profiles."""


@app.command("list")
@connected
def list_groups(run: Invocation) -> None:
    """List IP sets, security groups and application profiles, and their uses.

    RULES is the number of rules that use an object. The objects belong to an edge gateway or a VDC group. If both
    are set, an option overrides an environment variable, which overrides the configuration file. At the same level,
    the edge gateway is used. JSON and YAML also contain the rules.

    Example:
        vca group list --edge web-edge
        vca group list --vdc-group dc-group -o json
    """
    with run.client() as client:
        rows = client.edges.list_groups(**group_target(client.settings))
    run.emit(rows, columns=_COLUMNS, empty="There are no IP sets, security groups or application profiles.")


@app.command("uses")
@connected
def list_uses(run: Invocation, name: str = typer.Argument(help="Name of the object.", show_default=False)) -> None:
    """List the rules that use an IP set, a security group or an application profile.

    The column REMOVAL shows the effect of deleting the object with `force`. It says whether the rule is updated or
    deleted, or why the deletion is refused.

    Example:
        vca group uses partners --edge web-edge
    """
    with run.client() as client:
        rows = client.edges.list_groups(**group_target(client.settings))
    objects = [row for row in rows if row["name"] == name]
    if not objects:
        raise NotFoundError(f"Object not found: {name!r}.", hint="Run `vca group list` to see the objects.")
    uses = [{"type": row["type"], **use} for row in objects for use in row["uses"]]
    run.emit(uses, columns=_USE_COLUMNS, empty=f"No rule uses {name!r}.")


def group_target(settings: Settings) -> dict[str, str]:
    """Return the edge gateway or VDC group of a command.

    If both are set, the source with the higher precedence decides: options, then environment variables, then the
    configuration file. If both have the same source, the edge gateway is used.

    Raises: ConfigurationError if neither is set.
    """
    if not settings.vdc_group:
        settings.require("edge")
    if settings.vdc_group and (not settings.edge or _rank(settings, "vdc_group") > _rank(settings, "edge")):
        return {"vdc_group": str(settings.vdc_group)}
    target = {"edge": str(settings.edge), "vdc": str(settings.vdc or "")}
    return {name: value for name, value in target.items() if value}


def _rank(settings: Settings, name: str) -> int:
    source = settings.origin(name).source.partition(" ")[0]
    return {"default": 0, "file": 1, "env": 2}.get(source, 3)


def _content(row: Mapping[str, Any]) -> list[str]:
    """Return the addresses, members, criteria or services of an object."""
    criteria = [
        " and ".join(f"{rule['attribute']} {rule['operator']} {rule['value']}" for rule in criterion["rules"])
        for criterion in row.get("criteria", ())
    ]
    services = [
        " ".join(filter(None, (service["protocol"], ",".join(service.get("port", ())), service.get("icmp_type"))))
        for service in row.get("services", ())
    ]
    return [*row.get("addresses", ()), *row.get("members", ()), *criteria, *services]


_COLUMNS = [
    Column("type", keep=True, priority=1),
    Column("name", keep=True, priority=0),
    Column("content", priority=2, show=_content),
    Column("owner", priority=3),
    Column("rules", right=True, keep=True, priority=0),
    Column("id", wide=True),
    Column("description", wide=True),
]
_USE_COLUMNS = [
    Column("owner", keep=True, priority=1),
    Column("section", keep=True, priority=1),
    Column("rule", keep=True, priority=0),
    Column("fields", priority=2),
    Column("removal", keep=True, priority=0),
]
