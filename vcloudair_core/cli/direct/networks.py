"""The commands ``vca network list`` and ``vca vdc list``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation


def list_networks(run: Invocation) -> None:
    """List the networks of the organization, with used and free addresses.

    USED, FREE and TOTAL are numbers of addresses in the static pools, from which VMs get addresses. To limit the list
    to a VDC, use --vdc. `-o wide` also shows the pools.

    Example:
        vca network list --vdc gold
    """
    with run.client() as client:
        rows = client.edges.list_networks(client.settings.vdc)
    run.emit(rows, columns=_NETWORK_COLUMNS, empty="There are no networks.")


def list_vdcs(run: Invocation) -> None:
    """List the VDCs with the use of CPU, memory and storage.

    Each cell has the used amount and the limit. CPU is in MHz, and memory and storage are in MB. A dash means no limit,
    and a question mark means unknown. To limit the list to a VDC, use --vdc.

    Example:
        vca vdc list
    """
    with run.client() as client:
        rows = client.query.vdcs.read(client.settings.vdc or "")
    run.emit(rows, columns=_VDC_COLUMNS, empty="There are no VDCs.")


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


_NETWORK_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("vdc", priority=3, show=lambda row: row["owner_name"]),
    Column("subnet", keep=True, priority=0),
    Column("edge", priority=2),
    Column("used", right=True, priority=1, show=lambda row: row["used_count"]),
    Column("free", right=True, priority=0, show=lambda row: row["free_count"]),
    Column("total", right=True, priority=1, show=lambda row: row["total_count"]),
    Column("type", priority=4),
    Column("static_pools", wide=True),
    Column("gateway", wide=True),
    Column("backend", wide=True),
    Column("id", keep=True, wide=True),
]
_VDC_COLUMNS = [
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
