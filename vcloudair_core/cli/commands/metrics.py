"""The command group ``vca metrics``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.conditions import conditions, split_list
from vcloudair_core.cli.display.metrics_tables import busiest, short_number
from vcloudair_core.cli.display.output import console, say, write
from vcloudair_core.cli.display.progress_bar import progress_bar
from vcloudair_core.cli.display.sparkline import sparkline
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import utc_second
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.errors import ConfigurationError, VcloudAirError
from vcloudair_core.monitoring.gauges import COLLECTORS
from vcloudair_core.services.metrics.units.display import display_unit
from vcloudair_core.util.user_files import first_line, unwritable

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.metrics.model import Series
    from vcloudair_core.services.metrics.select import Measurement

app = typer.Typer(help="Show, plot, export and serve metrics of VMs.", no_args_is_help=True)

_VMS = typer.Argument(None, metavar="[VM]...", help="VM names or UUIDs (default: all VMs).")
_WHERE = typer.Option([], "--where", "-w", help="Condition on VMs, as in `vca query vm`. May be repeated.")
_METRIC = typer.Option("", "--metric", "-m", help="Metric names or patterns, separated by commas.")
_START = typer.Option(
    "1h", "--start", help="Start time: a duration before now, such as 90m or 24h, or an ISO 8601 time."
)
_END = typer.Option("", "--end", help="End time, in the same formats as --start (default: now).")
_SOURCE = typer.Option("auto", "--source", help="Metrics API: auto, vca, vcd-historic or vcd-current.")


@app.callback()
def metrics() -> None:
    """Show, plot, export and serve metrics of VMs."""


@app.command()
@connected
def show(
    run: Invocation,
    vms: list[str] = _VMS,
    where: list[str] = _WHERE,
    metric: str = _METRIC,
    start: str = _START,
    end: str = _END,
    source: str = _SOURCE,
) -> None:
    """Show statistics of VM metrics.

    The statistics are minimum, average, 95th percentile, maximum and last value. Tables show sizes and rates in KiB to
    TiB, and a sparkline. JSON and YAML contain all samples. CSV contains one line per series. JSON, YAML and CSV use
    the units of the API.

    Example:
        vca metrics show web1 web2 --metric 'cpu.*' --start 3h
    """
    with run.client() as client:
        measurement = _measured(client, vms, where, metric, start, end, source)
    has_samples = run.output != "csv" or run.options.get("query") is not None
    run.emit(
        [_summary(measurement, series, has_samples=has_samples) for series in measurement.collected.series],
        columns=[
            Column("vm", keep=True, priority=0),
            Column("metric", keep=True, priority=1),
            Column("instance", keep=True, priority=2),
            Column("unit", keep=True, priority=2, show=lambda row: _display_unit(row)[0]),
            _number("min", 5),
            _number("avg", 1),
            _number("p95", 3),
            _number("max", 2),
            _number("last", 1),
            Column("samples", keep=True, priority=6, show=_course),
        ],
        empty="No samples found for this time range.",
    )
    _tell(measurement)


@app.command()
@connected
def plot(
    run: Invocation,
    vms: list[str] = _VMS,
    file: str = typer.Option(..., "--file", "-f", metavar="FILE", help="File to write: .png or .svg."),
    where: list[str] = _WHERE,
    metric: str = _METRIC,
    start: str = _START,
    end: str = _END,
    source: str = _SOURCE,
) -> None:
    """Plot metrics of VMs, with a panel for each metric.

    A plot of up to twelve VMs has a line for each VM. A plot of more VMs shows the median, the interquartile range
    and the VMs with the highest values.

    Example:
        vca metrics plot web1 --metric cpu.usage.average --start 24h --file cpu.png
    """
    from vcloudair_core.services.metrics.plot import check_plot
    from vcloudair_core.services.metrics.plot import plot as draw

    check_plot(file)
    with run.client() as client:
        measurement = _measured(client, vms, where, metric, start, end, source)
    names = {vm["id"]: vm["name"] for vm in measurement.vms}
    count = len(measurement.collected.by_vm())
    title = next(iter(names.values())) if count == 1 and len(names) == 1 else f"{count} VMs"
    with _writing(file):
        draw(file, measurement.collected.series, names, f"{title}, {_window(start, end)}")
    say(f"Wrote {file}: {len(measurement.collected.series)} series of {count} VMs.")
    _tell(measurement)


@app.command()
@connected
def export(
    run: Invocation,
    vms: list[str] = _VMS,
    form: str = typer.Option(
        "csv", "--format", metavar="csv|jsonl|openmetrics|parquet", help="File format (default: csv)."
    ),
    file: str = typer.Option("", "--file", "-f", metavar="FILE", help="File to write (default: standard output)."),
    where: list[str] = _WHERE,
    metric: str = _METRIC,
    start: str = _START,
    end: str = _END,
    source: str = _SOURCE,
) -> None:
    """Export all samples as CSV, JSON lines, OpenMetrics or Parquet.

    OpenMetrics uses base units. Parquet requires pyarrow and --file.

    Example:
        vca metrics export --where 'name~web*' --start 24h --format csv --file metrics.csv
    """
    from vcloudair_core.services.metrics.export import FORMATS, as_text, write_parquet

    if form not in FORMATS:
        raise ConfigurationError(f"Unknown format: {form!r}.", hint=f"Use one of: {', '.join(FORMATS)}.")
    if form == "parquet" and not file:
        raise ConfigurationError("Parquet output requires a file.", hint="Pass --file.")
    with run.client() as client:
        measurement = _measured(client, vms, where, metric, start, end, source)
    vms_by_id = {vm["id"]: vm for vm in measurement.vms}
    if form == "parquet":
        with _writing(file):
            count = write_parquet(file, measurement.collected.series, vms_by_id)
        say(f"Wrote {file}: {count} samples.")
    elif file:
        with _writing(file), Path(file).open("w", encoding="utf-8") as target:
            lines = as_text(form, measurement.collected.series, vms_by_id)
            count = sum(1 for line in lines if target.write(f"{line}\n"))
        say(f"Wrote {file}: {count} lines.")
    else:
        for line in as_text(form, measurement.collected.series, vms_by_id):
            write(line)
    _tell(measurement)


@app.command()
@connected
def top(
    run: Invocation,
    vms: list[str] = _VMS,
    where: list[str] = _WHERE,
    sort: str = typer.Option("cpu.usage.average", "--sort", help="Metric to sort by, highest first."),
    interval: float = typer.Option(60.0, "--interval", min=1.0, help="Seconds between updates."),
    rows: int = typer.Option(20, "--rows", min=1, help="Maximum number of VMs to show."),
    once: bool = typer.Option(False, "--once", help="Print the table once and exit."),
) -> None:
    """Show the busiest VMs, and update the table until Ctrl-C.

    Prints the table once if standard output is not a terminal.

    Example:
        vca metrics top --rows 10 --interval 30
    """
    from rich.live import Live

    with run.client() as client:
        if once or not sys.stdout.isatty():
            console().print(_top_table(client, vms, where, sort, rows))
            return
        with Live(console=console(), screen=False, auto_refresh=False) as live:
            while True:
                live.update(_top_table(client, vms, where, sort, rows), refresh=True)
                time.sleep(interval)


@app.command()
@connected
@changes
def serve(
    run: Invocation,
    vms: list[str] = _VMS,
    where: list[str] = _WHERE,
    metric: str = _METRIC,
    source: str = _SOURCE,
    listen: str = typer.Option(
        "127.0.0.1:9272", "--listen", help="Address and port to listen on. Port 0 selects a free port."
    ),
    interval: float = typer.Option(60.0, "--interval", min=1.0, help="Seconds between two collections."),
    stale: float = typer.Option(
        0.0, "--stale", help="Seconds after which an old value is no longer served (default: 3 intervals)."
    ),
    certificates: list[str] = typer.Option(
        [],
        "--certificates",
        metavar="EDGE",
        help="Edge gateway whose certificates to serve with their expiry, or `library`. May be repeated.",
    ),
    collectors: str = typer.Option(
        ",".join(COLLECTORS),
        "--collectors",
        metavar="NAMES",
        help="Collectors of other gauges, separated by commas: edges, networks, vdcs, addresses, tunnels, "
        "replications, drills. `none` turns them off (default: all).",
        show_default=False,
    ),
    cert: str = typer.Option("", "--cert", metavar="PATH", help="PEM file of the certificate, to serve HTTPS."),
    key: str = typer.Option("", "--key", metavar="PATH", help="PEM file of the private key."),
    auth_user: str = typer.Option("", "--auth-user", help="Username that scrapers must send."),
    auth_file: str = typer.Option(
        "", "--auth-password-file", metavar="PATH", help="File with the password of --auth-user on its first line."
    ),
) -> None:
    """Serve metrics to Prometheus at /metrics, until SIGTERM or Ctrl-C.

    Metrics are collected in the background, so scrapes do not wait for the cloud. Besides metrics of VMs, the
    collectors serve gauges of networks, VDCs, edge gateways, IPsec tunnels, replications and recovery drills.

    Example:
        vca metrics serve --listen 127.0.0.1:9272 --interval 60
        vca metrics serve --collectors networks,vdcs,tunnels
    """
    import signal
    import threading

    from vcloudair_core.monitoring.capacity_gauges import gauge_collectors
    from vcloudair_core.monitoring.certificate_expiry import CertificateExpiry
    from vcloudair_core.monitoring.collector import Collector
    from vcloudair_core.monitoring.exporter import ExporterServer
    from vcloudair_core.recovery.drills.drill_values import drill_values
    from vcloudair_core.util.redaction import Secret

    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit():
        raise ConfigurationError(
            f"Invalid value for --listen: {listen!r}.", hint="Use the form ADDRESS:PORT, such as 127.0.0.1:9272."
        )
    if bool(auth_user) != bool(auth_file):
        raise ConfigurationError("--auth-user and --auth-password-file must be set together.")
    auth = (auth_user, Secret(_password_in(auth_file))) if auth_user else None
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with run.client() as client:
        collector = Collector(
            client,
            names=list(vms or ()),
            where=conditions(where),
            vdc=client.settings.vdc or "",
            metrics=split_list(metric),
            source=source,
            interval_s=interval,
            stale_s=stale,
            sources=[
                *gauge_collectors(
                    client,
                    [] if collectors == "none" else split_list(collectors),
                    interval_s=interval,
                    drills=drill_values,
                ),
                *([CertificateExpiry(client, certificates)] if certificates else []),
            ],
        )
        with ExporterServer(
            collector, host=host.strip("[]"), port=int(port), certfile=cert, keyfile=key, auth=auth
        ) as server:
            collector.start()
            say(f"Serving metrics at {server.url}/metrics. Collection interval: {interval:g} seconds.")
            done.wait()
            collector.stop()
    say("Stopped.")


def _password_in(file: str) -> str:
    password = first_line(file, "The password file")
    if not password:
        raise ConfigurationError(f"The password file '{file}' is empty.", hint="Put the password on the first line.")
    return password


@contextmanager
def _writing(file: str) -> Iterator[None]:
    """Convert an OSError in the block to a ConfigurationError that names the file."""
    try:
        yield
    except OSError as exc:
        raise unwritable("The file", file, exc) from exc


@app.command()
@connected
def names(run: Invocation) -> None:
    """List the names of metrics, with units and descriptions.

    Example:
        vca metrics names -o json
    """
    from vcloudair_core.services.metrics.catalog import known_metrics

    rows = [
        {"metric": metric.name, "unit": metric.unit, "meaning": metric.meaning} for metric in known_metrics().values()
    ]
    columns = [Column("metric", keep=True, priority=0), Column("unit", keep=True, priority=1), Column("meaning")]
    run.emit(rows, columns=columns)


# -- inside ------------------------------------------------------------------------------------------------------


def _measured(
    client: Client, vms: Sequence[str], where: Sequence[str], metric: str, start: str, end: str, source: str
) -> Measurement:
    from vcloudair_core.services.metrics.catalog import check_names
    from vcloudair_core.services.metrics.select import measure

    with progress_bar("VMs") as progress:
        measurement = measure(
            client,
            list(vms or ()),
            where=conditions(where),
            vdc=client.settings.vdc or "",
            start=start,
            end=end or None,
            metrics=split_list(metric),
            source=source,
            progress=progress,
        )
    if not measurement.collected.failed:
        check_names(measurement.collected.missing)
    return measurement


def _top_table(client: Client, vms: Sequence[str], where: Sequence[str], sort: str, rows: int) -> Any:
    from vcloudair_core.services.metrics.catalog import check_names

    measurement = _measured(client, vms, where, "", "15m", "", "auto")
    if not any(series.name == sort for series in measurement.collected.series):
        check_names([sort])
    return busiest(measurement, sort, rows)


def _summary(measurement: Measurement, series: Series, *, has_samples: bool) -> dict[str, Any]:
    about = {
        "vm": measurement.name_of(series.vm_id), "vm_id": series.vm_id, "metric": series.name,
        "instance": series.instance or "", "unit": series.unit or "",
    }  # fmt: skip
    samples = [{"timestamp": utc_second(sample.timestamp), "value": sample.value} for sample in series.samples]
    figures = {how: series.aggregate(how) for how in ("min", "avg", "p95", "max", "last")}
    return {**about, **figures, **({"samples": samples} if has_samples else {})}


def _number(key: str, priority: int) -> Column:
    def show(row: Mapping[str, Any]) -> str:
        return short_number(row[key] * _display_unit(row)[1]) if isinstance(row[key], float) else row[key]

    return Column(key, right=True, priority=priority, show=show)


def _course(row: Mapping[str, Any]) -> str:
    return sparkline([sample["value"] for sample in row["samples"]])


def _display_unit(row: Mapping[str, Any]) -> tuple[str, float]:
    return display_unit(row["unit"], [sample["value"] for sample in row["samples"]])


def _window(start: str, end: str) -> str:
    from vcloudair_core.services.metrics.window import parse_window

    return parse_window(start, end or None).described()


def _tell(measurement: Measurement) -> None:
    """Print the warnings of a measurement, and the metrics that no VM provides.

    Raises an error if a VM could not be measured.
    """
    for warning in measurement.collected.warnings:
        say(f"Note: {warning}")
    if measurement.collected.missing:
        say(f"Note: No VM has these metrics: {', '.join(measurement.collected.missing)}.")
    for vm_id, error in measurement.collected.failed.items():
        say(f"Measuring {measurement.name_of(vm_id)} failed. {error}")
    failed = len(measurement.collected.failed)
    if failed:
        raise _IncompleteMeasurementError(f"Measuring failed for {failed} of {len(measurement.vms)} VMs.")


class _IncompleteMeasurementError(VcloudAirError):
    """Some VMs could not be measured."""
