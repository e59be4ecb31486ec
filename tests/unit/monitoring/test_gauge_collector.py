"""Tests of collectors: intervals, failures, stale values, and the limit of series."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from vcloudair_core.errors import PermissionDeniedError, VcloudAirError
from vcloudair_core.monitoring.gauge_collector import FRESH_INTERVALS, GaugeCollector, status_families
from vcloudair_core.monitoring.gauges import GaugeReading

CLIENT: Any = None
ALLOCATED = "vca_network_addresses"


def reading(count: int = 1, unread: dict[str, VcloudAirError] | None = None) -> GaugeReading:
    made = GaugeReading(unread=unread or {})
    for number in range(count):
        made.add("network_addresses", ("org1", "gold", f"net-{number}", str(number)), number)
    return made


class Cloud:
    """A fake cloud with a clock. ``read`` is what the next read does."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reads = 0
        self.answer: Callable[[], GaugeReading] = reading

    def __call__(self, client: Any) -> GaugeReading:
        self.reads += 1
        return self.answer()


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def collector(cloud: Cloud, **options: Any) -> GaugeCollector:
    return GaugeCollector("networks", CLIENT, cloud, interval_s=60, now=lambda: cloud.now, **options)


def refused() -> GaugeReading:
    raise PermissionDeniedError("Access is forbidden.")


def broken() -> GaugeReading:
    raise KeyError("name")


def names(made: GaugeCollector) -> list[str]:
    return [family.name for family in made.families()]


def test_values_are_read_once_in_an_interval(cloud: Cloud) -> None:
    made = collector(cloud)
    assert names(made) == []
    for seconds in (0, 53, 1):
        cloud.now += seconds
        made.refresh()
    assert (cloud.reads, names(made)) == (2, [ALLOCATED])


@pytest.mark.parametrize("failure", [refused, broken])
def test_a_failed_read_keeps_the_values_until_they_are_stale(
    cloud: Cloud, failure: Callable[[], GaugeReading], caplog: pytest.LogCaptureFixture
) -> None:
    made = collector(cloud)
    made.refresh()
    cloud.answer = failure
    caplog.set_level(logging.WARNING)
    for _ in range(FRESH_INTERVALS):
        cloud.now += 60
        made.refresh()
        assert names(made) == [ALLOCATED]
    assert not made.is_successful
    cloud.now += 1
    assert names(made) == []
    assert len([record for record in caplog.records if "The collector networks failed" in record.getMessage()]) == 1
    cloud.answer = reading
    cloud.now += 60
    made.refresh()
    assert made.is_successful


def test_a_failed_read_is_not_repeated_before_the_next_interval(cloud: Cloud) -> None:
    cloud.answer = refused
    made = collector(cloud)
    made.refresh()
    cloud.now += 53
    made.refresh()
    assert cloud.reads == 1


def test_objects_that_cannot_be_read_are_logged_once(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    cloud.answer = lambda: reading(unread={"gw": PermissionDeniedError("Access is forbidden.")})
    caplog.set_level(logging.WARNING)
    made = collector(cloud)
    for _ in range(2):
        made.refresh()
        cloud.now += 60
    assert [record.getMessage().split(". ")[0] for record in caplog.records] == ["The collector networks skipped gw"]
    assert not made.is_successful
    assert names(made) == [ALLOCATED]


def test_series_above_the_maximum_are_dropped_and_counted(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    cloud.answer = lambda: reading(12)
    made = collector(cloud, max_series=10)
    caplog.set_level(logging.WARNING)
    made.refresh()
    [family] = made.families()
    assert len(family.samples) == 10
    assert "networks has more than 10 series. 2 series are not served." in caplog.text
    status = {item.name: item.samples[0].value for item in status_families([made])}
    assert status["vca_exporter_collector_dropped_series"] == 2


def test_the_status_has_one_series_for_each_collector(cloud: Cloud) -> None:
    made = collector(cloud)
    before = {item.name: item.samples[0] for item in status_families([made])}
    assert before["vca_exporter_collector_success"].value == 0
    made.refresh()
    after = {item.name: item.samples[0] for item in status_families([made])}
    assert after["vca_exporter_collector_success"].labels == {"collector": "networks"}
    assert after["vca_exporter_collector_success"].value == 1
    assert after["vca_exporter_collector_last_success_timestamp_seconds"].value == 1000
    assert list(status_families([])) == []
