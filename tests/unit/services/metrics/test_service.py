"""Tests of the metrics of a simulated cloud, with both APIs and with faults."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from vcloudair_core.client import Client
from vcloudair_core.errors import (
    DecodeError,
    IncompleteResultError,
    InvalidRequestError,
    PermissionDeniedError,
    ServerError,
    SpecError,
)
from vcloudair_core.services.metrics.model import SampleBlock, aggregate, number_of, series_of
from vcloudair_core.services.metrics.service import MetricsService
from vcloudair_core.services.metrics.window import Ago, parse_window
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.transport.messages import Response
from vcloudair_core.util.clock import FakeClock

NOW = 1_750_000_030.0
Make = Callable[..., tuple[MetricsService, Simulator]]


@pytest.fixture
def make() -> Iterator[Make]:
    opened: list[Client] = []

    def make_service(profile: str = "vchs", **config: Any) -> tuple[MetricsService, Simulator]:
        simulator = Simulator(SimulatorConfig(profile=profile, **{"vms": 4, **config}))
        simulator.clock.now = lambda: NOW  # type: ignore[method-assign]
        client = simulated_app(simulator).client(**simulator_settings(simulator))
        client.session.clock = client.session._pipeline.clock = FakeClock()
        opened.append(client)
        service: MetricsService = client.metrics
        client.session.login()
        simulator.request_log.clear()
        return service, simulator

    yield make_service
    for client in opened:
        client.close()


def _ids(simulator: Simulator) -> list[str]:
    return list(simulator.world.vms)


# -- one model ---------------------------------------------------------------------------------------------------


def test_vms_and_their_vdc_have_the_same_series(make: Make) -> None:
    service, simulator = make()
    one_by_one = service.collect(_ids(simulator), start="3h", end="1h")
    whole = service.collect_vdc(next(iter(simulator.world.vdcs)), start="3h", end="1h")
    assert sorted(one_by_one.series, key=repr) == sorted(whole.series, key=repr)
    first = one_by_one.series[0]
    assert (len(first.samples), first.interval_s, first.source) == (120, 60, "vca")
    assert first.samples[0].timestamp.utcoffset() == timedelta(0)
    assert {series.unit for series in one_by_one.series} == {"percent", "MHz", "ms", "KB", "KBps"}


@pytest.mark.parametrize(
    "config",
    [
        {"metrics_vm_id": "urn"},
        {"metrics_vm_id": "vm-uuid"},
        {"metrics_timestamp": "epoch-ms"},
        {"metrics_last_page": "null"},
        {"metrics_last_page": "empty"},
        {"metrics_page_size": 7},
    ],
    ids=str,
)
def test_all_forms_of_servers_give_the_same_series(make: Make, config: dict[str, Any]) -> None:
    plain, simulator = make()
    other, same = make(**config)
    assert other.collect(_ids(same), start="30m").series == plain.collect(_ids(simulator), start="30m").series


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_vcloud_director_returns_units_and_intervals(make: Make, unit: str) -> None:
    service, simulator = make("vcd", expected_interval_unit=unit)
    found = service.collect(_ids(simulator)[:1], start="14d", metrics=["disk.*", "cpu.usage.*"])
    shown = {series.name: (series.unit, series.interval_s, len(series.samples)) for series in found.series}
    assert shown["cpu.usage.maximum"] == ("percent", 300, 14 * 288)
    assert shown["disk.used.latest"] == ("KB", 1800, 14 * 48)
    assert shown["disk.read.average"] == ("KBps", 300, 14 * 288)
    assert "mem.usage.average" not in shown
    assert len(simulator.request_log.entries()) == 1


def test_current_values_have_the_time_of_the_server(make: Make) -> None:
    service, simulator = make("vcd")
    found = service.collect(_ids(simulator)[:1], source="vcd-current", metrics=["cpu.usage.average"])
    assert [len(series.samples) for series in found.series] == [1]
    assert found.series[0].interval_s is None


def test_a_vm_that_is_off(make: Make) -> None:
    for profile in ("vchs", "vcd"):
        service, simulator = make(profile)
        simulator.world.vms[_ids(simulator)[0]].status = "POWERED_OFF"
        assert service.collect(_ids(simulator)[:1], start="1h").series == []
    current = service.collect(_ids(simulator)[:2], source="vcd-current")
    assert isinstance(current.failed[_ids(simulator)[0]], InvalidRequestError)
    assert {series.vm_id for series in current.series} == {_ids(simulator)[1]}


def test_gaps_have_no_samples(make: Make) -> None:
    service, simulator = make(metrics_gap_every=3)
    series = service.collect(_ids(simulator)[:1], start="30m", metrics=["cpu.usage.average"]).series[0]
    apart = {later.timestamp - sooner.timestamp for sooner, later in itertools.pairwise(series.samples)}
    assert apart == {timedelta(minutes=1), timedelta(minutes=2)}


def test_absolute_windows(make: Make) -> None:
    end = datetime.fromtimestamp(NOW, timezone.utc) - timedelta(hours=1)
    start = end - timedelta(minutes=30)
    for profile, count in (("vchs", 30), ("vcd", 6)):
        service, simulator = make(profile)
        found = service.collect(_ids(simulator)[:1], start=start.isoformat(), end=end, metrics=["cpu.usage.average"])
        assert len(found.series[0].samples) in (count, count + 1)
        assert start <= found.series[0].samples[0].timestamp <= found.series[0].samples[-1].timestamp <= end


def test_missing_metrics_and_the_retention_are_reported(make: Make) -> None:
    service, simulator = make()
    found = service.collect(_ids(simulator), start="3d", metrics=["cpu.usage.average", "no.such.*"])
    assert found.missing == ("no.such.*",)
    assert found.warnings == ("The server keeps samples for 24 hours. Older samples were not requested.",)
    assert len(found.series[0].samples) == 1440


# -- faults ------------------------------------------------------------------------------------------------------


def _change_responses(service: MetricsService, change: Callable[[int, dict[str, Any]], Any]) -> None:
    """Replace the body of each response with ``change(request number, body)``."""
    real, calls = service.session.call, [0]

    def call(method: str, path: str, **options: Any) -> Response:
        response = real(method, path, **options)
        if "/metrics/" not in path:
            return response
        calls[0] += 1
        body = change(calls[0], json.loads(response.body))
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(response.status, response.headers, content)

    service.session.call = call  # type: ignore[method-assign]


def test_a_cursor_that_repeats(make: Make) -> None:
    service, simulator = make(metrics_page_size=10)
    _change_responses(service, lambda number, body: {**body, "next": "eyJvIjoyfQ=="} if number > 2 else body)
    real = service.session.call
    service.session.call = lambda *arguments, **options: real(*arguments, **{**options, "query": ()})  # type: ignore[method-assign]
    with pytest.raises(IncompleteResultError, match="Paging does not end"):
        service.collect_vdc(next(iter(simulator.world.vdcs)), start="1h")
    failed = service.collect(_ids(simulator)[:1], start="1h").failed
    assert isinstance(failed[_ids(simulator)[0]], IncompleteResultError)


def test_a_deleted_vm_is_reported_and_the_others_are_measured(make: Make) -> None:
    service, simulator = make()
    gone = _ids(simulator)[1]
    del simulator.world.vms[gone]
    seen: list[tuple[int, int]] = []
    found = service.collect([*_ids(simulator), gone], start="10m", progress=lambda *counts: seen.append(counts))
    assert isinstance(found.failed[gone], PermissionDeniedError)
    assert set(found.by_vm()) == set(_ids(simulator))
    assert seen[-1] == (4, 4)


def test_temporary_and_permanent_errors(make: Make) -> None:
    service, simulator = make(metrics_page_size=10)
    expected = service.collect(_ids(simulator)[:1], start="1h").series
    simulator.faults.add("status", status=503, path="/metrics/", count=1)
    assert service.collect(_ids(simulator)[:1], start="1h").series == expected
    simulator.faults.add("status", status=500, path="/metrics/", count=1000)
    found = service.collect(_ids(simulator)[:2], start="1h")
    assert found.series == [] and all(isinstance(error, ServerError) for error in found.failed.values())


def test_nan_is_left_out_and_huge_numbers_are_kept(make: Make) -> None:
    service, simulator = make()

    def damage(number: int, body: dict[str, Any]) -> bytes:
        for row in body["rows"]:
            row["metrics"][:3] = [
                {"name": "cpu.usage.average", "value": float("nan")},
                {"name": "cpu.usagemhz.average", "value": 1.7e308},
                {"name": "cpu.ready.summation", "value": "310"},
            ]
        return json.dumps(body).encode()

    _change_responses(service, damage)
    found = service.collect(_ids(simulator)[:1], start="10m", metrics=["cpu.*"])
    values = {series.name: series.values()[0] for series in found.series}
    assert values["cpu.usagemhz.average"] == 1.7e308 and values["cpu.ready.summation"] == 310
    assert "cpu.usage.average" not in values
    assert found.warnings[0].endswith("values were left out because they are not numbers.")


def test_a_wrong_clock_of_the_server_has_no_effect(make: Make) -> None:
    service, simulator = make()
    simulator.clock.now = lambda: NOW - 3600  # type: ignore[method-assign]
    found = service.collect(_ids(simulator)[:1], start="30m").series[0]
    assert len(found.samples) == 30
    assert found.samples[-1].timestamp.timestamp() <= NOW - 3600


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"rows": null}', b'{"rows": [{"metrics": []}]}',
     b'{"rows": [{"vmId": "5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10", "timestamp": "soon", "metrics": []}]}'],
)  # fmt: skip
def test_invalid_responses_raise_decode_errors(make: Make, body: bytes) -> None:
    service, simulator = make()
    _change_responses(service, lambda number, response: body)
    with pytest.raises(DecodeError):
        service.collect_vdc(next(iter(simulator.world.vdcs)))


@pytest.mark.parametrize(
    "options",
    [{"start": "soon"}, {"start": "0m"}, {"start": "1h", "end": "2h"}, {"metrics": "cpu"}, {"metrics": [""]},
     {"source": "vsphere"}, {"start": "2025-01-02", "end": "2025-01-01"}, {"start": "99999999999w"}],
    ids=str,
)  # fmt: skip
def test_invalid_input_sends_nothing(make: Make, options: dict[str, Any]) -> None:
    service, simulator = make()
    with pytest.raises(SpecError):
        service.collect(_ids(simulator), **options)
    assert simulator.request_log.entries() == []


# -- values ------------------------------------------------------------------------------------------------------


def test_windows_fit_into_requests() -> None:
    assert parse_window("90m").start == Ago(90, "minute")
    assert parse_window("14d").start == Ago(14, "day")
    assert parse_window(timedelta(hours=24)).start == Ago(1440, "minute")
    assert parse_window("2016-09-14T10:00:00Z").start == datetime(2016, 9, 14, 10, tzinfo=timezone.utc)


def test_aggregates() -> None:
    values = [4.0, 1.0, 3.0, 2.0]
    names = ("min", "max", "avg", "last", "sum", "count", "p50", "p0", "p100")
    assert [aggregate(values, name) for name in names] == [1, 4, 2.5, 2, 10, 4, 2.5, 1, 4]
    assert aggregate([], "avg") is None
    with pytest.raises(ValueError, match="percentile"):
        aggregate(values, "p101")


def test_the_last_of_two_values_for_the_same_time_counts() -> None:
    moment = datetime(2025, 1, 1, tzinfo=timezone.utc)
    blocks = [
        SampleBlock("vm", "a", None, 60, None, [moment, moment], [0.0, 1.0]),
        SampleBlock("vm", "a", None, 60, None, [moment], [2]),
        SampleBlock("vm", "a", None, 60, None, [moment, moment], [float("nan"), "x"]),
        SampleBlock("vm", "b", None, 60, None, [moment], [None]),
        SampleBlock("vm", "a", None, 60, "0", [moment, moment], [4, 3.0]),
    ]
    series, refused = series_of(blocks, "vca", [])
    assert [(series.instance, series.values()) for series in series] == [(None, [2.0]), ("0", [3.0])] and refused == 3
    assert [number_of(value) for value in ("x", True, None, float("inf"), 10**400, "7")] == [None] * 5 + [7.0]
