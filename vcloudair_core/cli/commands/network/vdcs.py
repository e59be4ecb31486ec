"""The command group ``vca vdc``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.direct.networks import list_vdcs
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List VDCs, and show the capacity and quotas of a VDC.", no_args_is_help=True)


@app.callback()
def vdc() -> None:
    """List VDCs, and show the capacity and quotas of a VDC."""


@app.command("show")
@connected
def show_vdc(
    run: Invocation,
    name: str = typer.Argument("", help="Name or UUID of the VDC (default: the selected VDC).", show_default=False),
) -> None:
    """Show the allocated, used and maximum resources of a VDC, and its quotas.

    A limit of 0 means no limit, and an empty cell means unknown.

    Example:
        vca vdc show gold
    """
    with run.client() as client:
        if not name:
            client.settings.require("vdc")
        row = client.query.vdcs.one(name or str(client.settings.vdc))
    run.emit(row, columns=_RESOURCE_COLUMNS, rows=_resources(row))
    if run.is_table:
        state = {True: "enabled", False: "disabled", None: "unknown"}[row["is_enabled"]]
        say(f"VDC {row['name']}: {state}. Allocation model: {row['allocation_model'] or 'unknown'}.")


app.command("list")(connected(list_vdcs))


def _resources(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each resource, storage profile and quota of a VDC."""
    units = (("cpu", "MHz", "mhz"), ("memory", "MB", "mb"))
    rows = [
        {
            "resource": name,
            "unit": unit,
            **{amount: row[name][f"{amount}_{suffix}"] for amount in ("allocated", "reserved", "used", "limit")},
        }
        for name, unit, suffix in units
    ]
    rows += [
        {
            "resource": f"storage {profile['name']}",
            "unit": "MB",
            "used": profile["used_mb"],
            "limit": profile["limit_mb"],
        }
        for profile in row["storage_profiles"]
    ]
    counts = (
        ("VMs", "vm_count", "vm_quota"),
        ("networks", "network_count", "network_quota"),
        ("NICs", "", "nic_quota"),
    )
    return rows + [
        {"resource": name, "unit": "", "used": row[count] if count else None, "limit": row[quota]}
        for name, count, quota in counts
    ]


_RESOURCE_COLUMNS = [
    Column("resource", keep=True, priority=0),
    Column("unit", priority=1),
    Column("allocated", right=True, priority=2),
    Column("reserved", right=True, priority=3),
    Column("used", right=True, priority=0),
    Column("limit", right=True, priority=0),
]
