"""The command ``vca edge list``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.cli.completion.known_names import remember_names
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation


def list_edges(run: Invocation) -> None:
    """List edge gateways.

    To limit the list to a VDC or an edge gateway, use --vdc or --edge.

    Example:
        vca edge list --vdc gold
    """
    with run.client() as client:
        service, vdc = client.edges, client.settings.vdc
        edges = service.list_edges(vdc=vdc)
        if not vdc:
            remember_names(client.settings, "edge", [edge.name for edge in edges])
            remember_names(client.settings, "vdc", [edge.vdc_name for edge in edges])
        # Only the option filters the list: VCA_EDGE selects the target of other commands.
        if run.options.get("edge"):
            chosen = service.find_edge(str(run.options["edge"]), vdc)
            edges = [edge for edge in edges if edge.edge_id == chosen.edge_id]
    run.emit(
        [edge.as_row() for edge in edges],
        columns=[
            Column("name", keep=True, priority=0),
            Column("id", keep=True, priority=1),
            Column("vdc", keep=True, priority=2),
            Column("status", keep=True, priority=1, show=_state),
            Column("ha_status", keep=True, wide=True),
            Column("vdc_id", keep=True, wide=True),
            Column("backend", keep=True, priority=1),
            Column("owner_name", keep=True, wide=True),
            Column("owner_id", keep=True, wide=True),
            Column("deployment_mode", keep=True, wide=True),
        ],
        empty="No edge gateways found. Run `vca doctor` to check your rights.",
    )


def _state(row: Mapping[str, Any]) -> list[str]:
    has_no_services = row["is_advanced"] is False and row["backend"] != "nsxt"
    notes = ["busy" if row["is_busy"] else "", "no advanced services" if has_no_services else ""]
    return [word for word in (row["status"], *notes) if word]
