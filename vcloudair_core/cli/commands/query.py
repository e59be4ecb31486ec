"""``vca query``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.conditions import conditions, words
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, csv_line, emit, write
from vcloudair_core.cli.progress_bar import progress_bar

if TYPE_CHECKING:
    from vcloudair_core.services.query.record import Record

_USUAL = {
    "vm": ("name", "id", "containerName", "status", "guestOs", "numberOfCpus", "memoryMB", "networkName", "ipAddress"),
    "vApp": ("name", "id", "vdcName", "status", "ownerName"),
    "vAppTemplate": ("name", "id", "catalogName", "vdcName", "status"),
    "orgVdc": ("name", "id", "orgName", "status", "numberOfVApps"),
    "edgeGateway": ("name", "id", "orgVdcName", "gatewayStatus", "haStatus"),
    "orgVdcNetwork": ("name", "id", "vdcName", "defaultGateway", "netmask", "connectedTo"),
    "task": ("name", "id", "status", "objectName", "ownerName", "startDate", "endDate"),
}
"""Columns of the table when no fields are asked for; those that no record has are left out."""


@connected
def query(
    run: Invocation,
    type_name: str = typer.Argument(None, metavar="TYPE", help="Type of records, such as vm; without it the types."),
    where: list[str] = typer.Option(
        [], "--where", "-w", help="Condition: name=value, !=, <, <=, >, >=, or ~ with * for any text. May be repeated."
    ),
    filter_text: str = typer.Option("", "--filter", help="FIQL as the API has it, for experts."),
    fields: str = typer.Option("", "--fields", help="Attributes to fetch, with commas between them."),
    metadata: str = typer.Option("", "--metadata", help="Keys of metadata to fetch, with commas between them."),
    sort: str = typer.Option("", "--sort", help="Attribute to sort by; with - in front, from the highest down."),
    limit: int = typer.Option(None, "--limit", min=0, help="How many records at most."),
    count: bool = typer.Option(False, "--count", help="Only say how many there are."),
) -> None:
    """Find anything: VMs, networks, catalogs, tasks.

    A value is taken as it is, whatever is in it. `-o csv` streams, so that results of any size fit.

    Example:
        vca query vm --where 'name~web*' --fields name,status --limit 20
        vca query task --sort -startDate -o csv
    """
    with run.client() as client:
        service = client.service("query")
        if not type_name:
            _list_types(service, run.output)
            return
        with progress_bar("records") as progress:
            asked = service.query(
                type_name,
                conditions(where),
                filter=filter_text,
                fields=words(fields),
                metadata=words(metadata),
                sort=sort.lstrip("-"),
                descending=sort.startswith("-"),
                limit=limit,
                progress=progress,
            )
            if count:
                write(str(asked.count()))
                return
            if run.output == "csv":
                _write_csv(asked, words(fields), words(metadata))
                return
            found = asked.all()
    shown = [record.as_dict() for record in found]
    emit(
        shown,
        output=run.output,
        columns=[Column(name, keep=name in ("name", "id")) for name in _columns(type_name, shown, words(fields))],
        table_rows=[{**row, **row.get("metadata", {})} for row in shown],
        empty=f"There is no {type_name} that meets the conditions." if where or filter_text else f"No {type_name}.",
    )


def _list_types(service: Any, output: str) -> None:
    known = service.types()
    rows = [
        {"type": name, "record": known[name].record_element, "attributes": len(known[name].attributes)}
        if name in known
        else {"type": name}
        for name in service.offered_types()
    ]
    emit(rows, output=output, columns=[Column("type", keep=True), Column("record"), Column("attributes", right=True)])


def _columns(type_name: str, rows: Sequence[dict[str, Any]], fields: Sequence[str]) -> list[str]:
    if fields:
        names = list(dict.fromkeys(["name", *fields]))
    else:
        there = {name for row in rows for name in row}
        names = [name for name in _USUAL.get(type_name, ("name", "id", "status")) if name in there]
    keys = dict.fromkeys(key for row in rows for key in row.get("metadata", {}))
    return [*names, *(key for key in keys if key not in names)]


def _write_csv(records: Any, fields: Sequence[str], metadata: Sequence[str]) -> None:
    """One line for each record, as they come. The heading is made of what was asked for, or of what the first has."""
    heading: list[str] = []
    for record in records:
        row = _flat(record)
        if not heading:
            asked = dict.fromkeys(["name", "id", *fields, *metadata])
            heading = list(asked) if fields else list(dict.fromkeys([*row, *metadata]))
            csv_line(heading)
        csv_line([row.get(name) for name in heading])


def _flat(record: Record) -> dict[str, Any]:
    row = record.as_dict()
    return {**row.pop("metadata", {}), **row}
