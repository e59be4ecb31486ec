"""The command ``vca edge convert``: convert NSX-V edge documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
import yaml

from vcloudair_core.cli.commands.edge.edge_document import KIND
from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.exit_codes import DRIFT
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.errors import ConfigurationError, NotFoundError
from vcloudair_core.services.ans.document.file import EdgeDocument, read_document

_COLUMNS = (
    Column("path", keep=True, priority=0),
    Column("name", priority=2),
    Column("result", keep=True, priority=1),
    Column("reason", priority=1),
    Column("hint", wide=True),
)


@dataclass(frozen=True)
class _Source:
    """The configuration to convert, and the numbers of the uplink interfaces."""

    document: EdgeDocument
    uplinks: Sequence[str] = ()


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command("convert")(convert)


@connected
def convert(
    run: Invocation,
    document: str = typer.Argument(None, help="Edge document of an NSX-V edge gateway. Use - for standard input."),
    file: str = typer.Option(
        "", "--file", "-f", metavar="FILE", help="File to write the converted document to (default: standard output)."
    ),
    target_version: str = typer.Option(
        None,
        "--target-version",
        metavar="VERSION",
        help="API version of the cloud with the NSX-T edge gateway, such as 38.1 (default: 37.0, or the version of the "
        "cloud with --edge).",
    ),
    uplink: list[str] = typer.Option(
        None,
        "--uplink",
        metavar="NUMBER",
        help="Number of the only uplink of the NSX-V edge gateway. NAT rules of this interface are converted. "
        "With --edge, the number is read from the edge gateway.",
    ),
) -> None:
    """Convert an NSX-V edge gateway to a document for an NSX-T edge gateway.

    The command changes nothing. A rule that NSX-T cannot express completely is left out, and the report on standard
    error names the option, the reason and an alternative. If a later rule could handle traffic of a rule that is left
    out, the later rule is disabled. Pre-shared keys are not copied.

    With --file, the report is printed to standard output. With -o json or -o yaml, the output has the document and the
    report.

    The exit code is 2 if a rule was left out or disabled, or if an option was omitted. It is 0 if the document is
    complete.

    Example:
        vca edge convert nsxv.yml --uplink 0 --file nsxt.yml
        vca edge convert --edge web-edge --target-version 38.1 > nsxt.yml
    """
    from vcloudair_core.services.ans.conversion.edge_converter import OLDEST_VERSION, convert_edge

    version = _checked_version(target_version)
    if document:
        source = _Source(read_document(document), uplink or ())
    else:
        source, live_version = _read_edge(run, uplink)
        version = version or live_version
    with source.document.lines_in_errors():
        conversion = convert_edge(
            source.document.sections, api_version=version or OLDEST_VERSION, uplinks=source.uplinks
        )
    _print(run, conversion.document, [item.as_dict() for item in conversion.items], file)
    if not conversion.is_complete:
        raise typer.Exit(DRIFT)


def _checked_version(version: str | None) -> str:
    """Return the value of ``--target-version``, or an empty string if it is not set.

    Raises: ConfigurationError if the API version is too old for NSX-T edge gateways.
    """
    from vcloudair_core.services.ans.edge.backend import NSXT_SINCE, backend_in_version, split_backend

    if not version:
        return ""
    _, numbers = split_backend(backend_in_version("nsxt", version))
    if numbers < NSXT_SINCE:
        raise ConfigurationError(
            f"--target-version must be API version {NSXT_SINCE[0]}.{NSXT_SINCE[1]} or newer, not {version!r}.",
            hint="Run `vca doctor` with the context of the cloud to see its API version.",
        )
    return version


def _read_edge(run: Invocation, uplink: Sequence[str] | None) -> tuple[_Source, str]:
    """Return the selected edge gateway, and the API version of its cloud.

    The version is an empty string if the cloud is too old for NSX-T edge gateways.
    """
    from vcloudair_core.services.ans.edge.backend import NSXT, NSXT_SINCE, backend_in_version, split_backend
    from vcloudair_core.services.ans.edge.interfaces import read_interfaces

    with run.client() as client:
        target = edge_target(client.settings)
        edge = client.edges.find_edge(target["edge"], target.get("vdc"))
        if edge.backend == NSXT:
            raise ConfigurationError(
                f"{edge.name} is already an NSX-T edge gateway.", hint="Run `vca edge export` to get its document."
            )
        sections = client.read(KIND, target)
        uplinks = list(uplink or ())
        if not uplinks:
            try:
                interfaces = read_interfaces(client.session, edge)
            except (ConfigurationError, NotFoundError):
                interfaces = []
            uplinks = [interface.vnic for interface in interfaces if interface.type == "uplink"]
        version = client.session.identity.api_version
    _, numbers = split_backend(backend_in_version(NSXT, version))
    return _Source(EdgeDocument({}, sections), uplinks), version if numbers >= NSXT_SINCE else ""


def _print(run: Invocation, document: Mapping[str, Any], items: Sequence[Mapping[str, Any]], file: str) -> None:
    """Write the document and the report."""
    if file:
        from vcloudair_core.util.user_files import write_text

        write_text(file, yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True), "The document")
        run.emit(items, columns=_COLUMNS, empty="The document is complete.")
    elif run.is_table:
        run.with_options({"output": "yaml"}).emit(document)
        for item in items:
            name = f" ({item['name']})" if item["name"] else ""
            hint = f" {item['hint']}" if item["hint"] else ""
            say(f"{str(item['result']).capitalize()}: {item['path']}{name}: {item['reason']}.{hint}")
    else:
        run.emit({"document": document, "items": list(items)}, columns=_COLUMNS, rows=items)
