"""The command ``vca query``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.completion.known_names import remember_names
from vcloudair_core.cli.conditions import conditions, split_list
from vcloudair_core.cli.display.output import chosen_columns, csv_line, json_line, write
from vcloudair_core.cli.display.progress_bar import progress_bar
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import utc_second
from vcloudair_core.cli.invocation import Invocation, connected

if TYPE_CHECKING:
    from vcloudair_core.services.query.query import Query
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
"""Default columns of the table by record type.

Columns without values are left out.
"""

_COMPLETED = {"vm": "vm", "orgVdc": "vdc", "edgeGateway": "edge"}
"""Kinds of cached names for shell completion, by record type."""


@connected
def query(
    run: Invocation,
    type_name: str = typer.Argument(None, metavar="TYPE", help="Record type, such as vm (default: list the types)."),
    where: list[str] = typer.Option(
        [], "--where", "-w", help="Condition: name=value, !=, <, <=, >, >=, or ~ with * as wildcard. May be repeated."
    ),
    filter_text: str = typer.Option("", "--filter", help="Filter in FIQL, the filter language of the API."),
    fields: str = typer.Option("", "--fields", help="Attributes to fetch, separated by commas."),
    metadata: str = typer.Option("", "--metadata", help="Metadata keys to fetch, separated by commas."),
    sort: str = typer.Option(
        "", "--sort", help="Attribute to sort by, with a leading - for descending order (default: name)."
    ),
    limit: int = typer.Option(None, "--limit", min=0, help="Maximum number of records."),
    count: bool = typer.Option(False, "--count", help="Print only the number of records."),
) -> None:
    """Query VMs, networks, catalogs, tasks and other records.

    You need not escape the values of conditions. Records are sorted by name. `-o csv` and `-o jsonl` stream the
    records, sorted by ID, so that results of any size fit in memory. With `--query`, the whole result is read first.

    Example:
        vca query vm --where 'name~web*' --fields name,status --limit 20
        vca query task --sort -startDate -o csv
    """
    with run.client() as client:
        service = client.query
        if not type_name:
            _list_types(run, service)
            return
        is_streamed = run.output in ("csv", "jsonl") and run.options.get("query") is None
        with progress_bar("records") as progress:
            query = service.query(
                type_name,
                conditions(where),
                filter=filter_text,
                fields=split_list(fields),
                metadata=split_list(metadata),
                sort=sort.lstrip("-") or _server_sort(service, type_name, limit),
                descending=sort.startswith("-"),
                limit=limit,
                progress=progress,
            )
            if count:
                write(str(query.count()))
                return
            if is_streamed:
                _stream(run, query, split_list(fields), split_list(metadata))
                return
            records = query.all()
            if type_name in _COMPLETED and not (where or filter_text or limit):
                remember_names(client.settings, _COMPLETED[type_name], [row.as_dict().get("name") for row in records])
    if not sort:
        records.sort(key=lambda record: (record.name.casefold(), record.name, record.id))
    times = _times(query)
    rows = [_as_row(record, times) for record in records]
    run.emit(
        rows,
        columns=_columns(query, _keys(type_name, rows, split_list(fields))),
        rows=[{**row, **row.get("metadata", {})} for row in rows],
        keys=_attributes(service, type_name),
        empty=f"No {type_name} records match." if where or filter_text else f"No {type_name} records found.",
    )


def _server_sort(service: Any, type_name: str, limit: int | None) -> str:
    """Return the attribute that the server sorts by.

    The attribute is ``name`` if a limit is set and the record type has a name. Otherwise, the result is an empty
    string.
    """
    return "name" if limit is not None and "name" in _attributes(service, type_name) else ""


def _attributes(service: Any, type_name: str) -> list[str]:
    known = service.types().get(type_name)
    return list(known.attributes) if known is not None else []


def _list_types(run: Invocation, service: Any) -> None:
    known = service.types()
    rows = [
        {"type": name, "record": known[name].record_element, "attributes": len(known[name].attributes)}
        if name in known
        else {"type": name}
        for name in service.offered_types()
    ]
    columns = [Column("type", keep=True, priority=0), Column("record", keep=True), Column("attributes", right=True)]
    run.emit(rows, columns=columns)


def _keys(type_name: str, rows: Sequence[dict[str, Any]], fields: Sequence[str]) -> list[str]:
    if fields:
        names = list(dict.fromkeys(["name", *fields]))
    else:
        present = {name for row in rows for name in row}
        names = [name for name in _USUAL.get(type_name, ("name", "id", "status")) if name in present]
    keys = dict.fromkeys(key for row in rows for key in row.get("metadata", {}))
    return [*names, *(key for key in keys if key not in names)]


def _stream(run: Invocation, records: Query, fields: Sequence[str], metadata: Sequence[str]) -> None:
    """Write a line for each record as it arrives.

    The CSV header has the requested fields, or the attributes of the first record.
    """
    times, chosen = _times(records), run.output_options.columns
    if run.output == "jsonl":
        for record in records:
            json_line(_as_row(record, times))
        return
    heading: list[str] = []
    for record in records:
        row = _as_row(record, times)
        row = {**row.pop("metadata", {}), **row}
        if not heading:
            requested = dict.fromkeys(["name", "id", *fields, *metadata])
            usual = list(requested if fields else dict.fromkeys([*row, *metadata]))
            columns = chosen_columns(chosen, [], [row], [*usual, *records.record_type.attributes])
            heading = [column.key for column in columns] or usual
            csv_line(heading)
        csv_line([row.get(name) for name in heading])


def _columns(records: Query, keys: Sequence[str]) -> list[Column]:
    """Return the table columns.

    If space is short, the rightmost columns are dropped first. The name is never dropped.
    """
    kinds = records.record_type.attributes
    return [
        Column(key, keep=True, right=kinds.get(key) in ("int", "float"), priority=0 if key == "name" else position)
        for position, key in enumerate(keys, start=1)
    ]


def _times(records: Query) -> list[str]:
    """Return the names of the query attributes whose values are times."""
    return [name for name, kind in records.record_type.attributes.items() if kind == "datetime"]


def _as_row(record: Record, times: Sequence[str]) -> dict[str, Any]:
    """Return a record as plain data. Times are in UTC, with a precision of one second."""
    row = record.as_dict()
    for name in times:
        stamp = utc_second(record[name]) if name in record else None
        if isinstance(stamp, str):
            row[name] = stamp
    return row
