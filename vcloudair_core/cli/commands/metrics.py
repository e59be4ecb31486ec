"""``vca metrics``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.conditions import conditions, words
from vcloudair_core.cli.display.metrics_tables import busiest, short_number
from vcloudair_core.cli.display.output import console, say, write
from vcloudair_core.cli.display.progress_bar import progress_bar
from vcloudair_core.cli.display.sparkline import sparkline
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import utc_second
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.errors import ConfigurationError, VcloudAirError
from vcloudair_core.services.metrics.units.display import display_unit
from vcloudair_core.util.user_files import first_line, unwritable

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.metrics.model import Series
    from vcloudair_core.services.metrics.select import Measurement

app = typer.Typer(help="Metrics of VMs: tables, plots, files.", no_args_is_help=True)

_VMS = typer.Argument(None, metavar="[VM]...", help="Names or UUIDs of VMs (default: all).")
_WHERE = typer.Option([], "--where", "-w", help="Condition on VMs, as in `vca query vm`. May be repeated.")
_METRIC = typer.Option("", "--metric", "-m", help="Names or patterns of metrics, with commas between them.")
_START = typer.Option("1h", "--start", help="From when: so long ago, such as 90m or 24h, or an ISO 8601 time.")
_END = typer.Option("", "--end", help="To when, in the same way (default: now).")
_SOURCE = typer.Option("auto", "--source", help="auto, vca, vcd-historic or vcd-current.")


@app.callback()
def metrics() -> None:
    """Metrics of VMs: tables, plots, files."""


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
    """Show metrics of VMs: lowest, average, 95th percentile, highest and last value, and their course.

    Tables show sizes and rates in KiB to TiB, whichever suits the values. JSON and YAML hold every sample, CSV one line
    for each series, both in the units of the API.

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
        empty="No VM has a sample in that window.",
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
    """Plot metrics of VMs: one panel for each metric.

    Up to twelve VMs have a line each; of more there are the median, the middle half and the highest few by name.

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
    say(f"{file}: {len(measurement.collected.series)} series of {count} VMs.")
    _tell(measurement)


@app.command()
@connected
def export(
    run: Invocation,
    vms: list[str] = _VMS,
    form: str = typer.Option(
        "csv", "--format", metavar="csv|jsonl|openmetrics|parquet", help="Format of the samples (default: csv)."
    ),
    file: str = typer.Option("", "--file", "-f", metavar="FILE", help="File to write (default: standard output)."),
    where: list[str] = _WHERE,
    metric: str = _METRIC,
    start: str = _START,
    end: str = _END,
    source: str = _SOURCE,
) -> None:
    """Write every sample as CSV, JSON lines, OpenMetrics (in base units), or Parquet (needs pyarrow and --file).

    Example:
        vca metrics export --where 'name~web*' --start 24h --format csv --file metrics.csv
    """
    from vcloudair_core.services.metrics.export import FORMATS, as_text, write_parquet

    if form not in FORMATS:
        raise ConfigurationError(f"There is no format {form!r}.", hint=f"Use one of {', '.join(FORMATS)}.")
    if form == "parquet" and not file:
        raise ConfigurationError("Parquet goes into a file.", hint="Give --file.")
    with run.client() as client:
        measurement = _measured(client, vms, where, metric, start, end, source)
    known = {vm["id"]: vm for vm in measurement.vms}
    if form == "parquet":
        with _writing(file):
            count = write_parquet(file, measurement.collected.series, known)
        say(f"{file}: {count} samples.")
    elif file:
        with _writing(file), Path(file).open("w", encoding="utf-8") as target:
            count = sum(1 for line in as_text(form, measurement.collected.series, known) if target.write(f"{line}\n"))
        say(f"{file}: {count} lines.")
    else:
        for line in as_text(form, measurement.collected.series, known):
            write(line)
    _tell(measurement)


@app.command()
@connected
def top(
    run: Invocation,
    vms: list[str] = _VMS,
    where: list[str] = _WHERE,
    sort: str = typer.Option("cpu.usage.average", "--sort", help="Metric to sort by, the highest first."),
    interval: float = typer.Option(60.0, "--interval", min=1.0, help="Seconds between two looks."),
    rows: int = typer.Option(20, "--rows", min=1, help="Number of VMs to show."),
    once: bool = typer.Option(False, "--once", help="Look once, and print it."),
) -> None:
    """Show the busiest VMs, again and again until Ctrl-C. Off a terminal it looks once.

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
    listen: str = typer.Option("127.0.0.1:9272", "--listen", help="Address and port to listen on; port 0 is any."),
    interval: float = typer.Option(60.0, "--interval", min=1.0, help="Seconds between two collections."),
    stale: float = typer.Option(0.0, "--stale", help="Seconds after which a value is left out (default: 3 intervals)."),
    cert: str = typer.Option("", "--cert", help="PEM file of a certificate: serve https."),
    key: str = typer.Option("", "--key", help="PEM file of its key."),
    auth_user: str = typer.Option("", "--auth-user", help="User that scrapes have to name."),
    auth_file: str = typer.Option("", "--auth-password-file", help="File whose first line is that user's password."),
) -> None:
    """Serve metrics to Prometheus, at /metrics, until SIGTERM or Ctrl-C.

    A thread of its own collects; scrapes get what is in memory and never wait for the cloud.

    Example:
        vca metrics serve --listen 127.0.0.1:9272 --interval 60
    """
    import signal
    import threading

    from vcloudair_core.monitoring.collector import Collector
    from vcloudair_core.monitoring.exporter import ExporterServer
    from vcloudair_core.util.redaction import Secret

    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit():
        raise ConfigurationError(f"{listen!r} is no address and port.", hint="Give --listen 127.0.0.1:9272 .")
    if bool(auth_user) != bool(auth_file):
        raise ConfigurationError("--auth-user and --auth-password-file go together.")
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
            metrics=words(metric),
            source=source,
            interval_s=interval,
            stale_s=stale,
        )
        with ExporterServer(
            collector, host=host.strip("[]"), port=int(port), certfile=cert, keyfile=key, auth=auth
        ) as server:
            collector.start()
            say(f"Metrics at {server.url}/metrics, collected every {interval:g} s.")
            done.wait()
            collector.stop()
    say("Stopped.")


def _password_in(file: str) -> str:
    password = first_line(file, "The password file")
    if not password:
        raise ConfigurationError(f"The password file {file} holds no password.", hint="Write it into the first line.")
    return password


@contextmanager
def _writing(file: str) -> Iterator[None]:
    """Say in words why a file cannot be written."""
    try:
        yield
    except OSError as exc:
        raise unwritable("The file", file, exc) from exc


@app.command()
@connected
def names(run: Invocation) -> None:
    """List the metrics that are known by name, with their units and what they mean.

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
            metrics=words(metric),
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
    """Print what is missing. Raises the first error when VMs failed: the result is not complete."""
    for warning in measurement.collected.warnings:
        say(f"Note: {warning}")
    if measurement.collected.missing:
        say(f"Note: no VM has {', '.join(measurement.collected.missing)}.")
    for vm_id, error in measurement.collected.failed.items():
        say(f"Failed: {measurement.name_of(vm_id)}: {error}")
    failed = len(measurement.collected.failed)
    if failed:
        raise _NotWholeError(f"{failed} of {len(measurement.vms)} VMs could not be measured.")


class _NotWholeError(VcloudAirError):
    """The result is not complete."""
