"""Tests of the collectors of ``vca metrics serve``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, client: Callable[..., FakeClient]) -> Iterator[dict[str, Any]]:
    """The options of the collector that the command starts."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    client()
    options: dict[str, Any] = {}

    def start(*_: Any, **given: Any) -> None:
        options.update(given)
        raise KeyboardInterrupt

    monkeypatch.setattr("vcloudair_core.monitoring.collector.Collector", start)
    yield options
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), ["edges", "networks", "vdcs", "addresses", "tunnels", "replications", "drills"]),
        (("--collectors", "vdcs,networks"), ["networks", "vdcs"]),
        (("--collectors", "none"), []),
    ],
)
def test_collectors_can_be_selected_and_turned_off(
    vca: Vca, started: dict[str, Any], arguments: tuple[str, ...], names: list[str]
) -> None:
    vca("metrics", "serve", *arguments)
    assert [source.name for source in started["sources"]] == names


def test_an_unknown_collector_is_a_usage_error(vca: Vca, started: dict[str, Any]) -> None:
    result = vca("metrics", "serve", "--collectors", "network")
    assert result.code == 64
    assert "'network' is not one of edges, networks, vdcs, addresses, tunnels, replications" in result.err
    assert started == {}
