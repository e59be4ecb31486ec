"""The command group ``vca vdc``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import typer

from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List VDCs, and show the capacity and quotas of a VDC.", no_args_is_help=True)


@app.callback()
def vdc() -> None:
    """List VDCs, and show the capacity and quotas of a VDC."""


@app.command("list")
@connected
def list_vdcs(run: Invocation) -> None:
    """List the VDCs with the use of CPU, memory and storage.

    Each cell has the used amount and the limit. CPU is in MHz, and memory and storage are in MB. A dash means no limit,
    and a question mark means unknown. To limit the list to a VDC, use --vdc.

    Example:
        vca vdc list
    """
    with run.client() as client:
        rows = client.query.vdcs.read(client.settings.vdc or "")
    run.emit(rows, columns=_COLUMNS, empty="There are no VDCs.")


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


def _usage(resource: str, unit: str) -> Callable[[Mapping[str, Any]], str]:
    def show(row: Mapping[str, Any]) -> str:
        return _share(row[resource][f"used_{unit}"], row[resource][f"limit_{unit}"])

    return show


def _storage(row: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{profile['name']} {_share(profile['used_mb'], profile['limit_mb'])}" for profile in row["storage_profiles"]
    )


def _share(used: int | None, limit: int | None) -> str:
    """Return ``used/limit``.

    An unknown number is a question mark, and no limit is a dash.
    """
    shown = "?" if limit is None else limit or "-"
    return f"{'?' if used is None else used}/{shown}"


_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("cpu", right=True, priority=0, show=_usage("cpu", "mhz")),
    Column("memory", right=True, priority=0, show=_usage("memory", "mb")),
    Column("storage", priority=2, show=_storage),
    Column("vms", right=True, priority=1, show=lambda row: _share(row["vm_count"], row["vm_quota"])),
    Column("networks", right=True, priority=3, show=lambda row: _share(row["network_count"], row["network_quota"])),
    Column("is_enabled", priority=4),
    Column("allocation_model", wide=True),
    Column("id", keep=True, wide=True),
]
_RESOURCE_COLUMNS = [
    Column("resource", keep=True, priority=0),
    Column("unit", priority=1),
    Column("allocated", right=True, priority=2),
    Column("reserved", right=True, priority=3),
    Column("used", right=True, priority=0),
    Column("limit", right=True, priority=0),
]
