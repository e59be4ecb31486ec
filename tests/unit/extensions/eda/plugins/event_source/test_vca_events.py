"""Tests of the event source, which is loaded and run as ansible-rulebook does.

The event source gets a queue and options, and must never block the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import runpy
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import yaml

from tests.support.ansible import ROOT
from tests.unit.monitoring.conftest import KEY, edge_of, fail_a_task
from vcloudair_core import App
from vcloudair_core.errors import AuthenticationError, ConfigurationError, SpecError
from vcloudair_core.monitoring.monitor_options import CHECK_NAMES, OPTION_NAMES
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge.ipsec_routes import IPSEC
from vcloudair_core.testing import simulator_settings

PLUGIN = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "vca_events.py"


class Rulebook:
    """A run of the event source with a test clock.

    Each sleep of the event source runs a step of the test.
    """

    def __init__(self, module: dict[str, Any], arguments: dict[str, Any]) -> None:
        self._module, self._arguments = module, arguments
        self.slept: list[float] = []
        self.events: list[dict[str, Any]] = []

    def run(self, *steps: Callable[[], object]) -> None:
        """Run one step at each sleep. Cancel the event source after the last step."""
        self.run_each(steps)

    def run_each(self, steps: Iterable[Callable[[], object]]) -> None:
        """Run the steps as :meth:`run` does, but get each step only when it is due."""
        asyncio.run(self._run(steps))

    async def _run(self, steps: Iterable[Callable[[], object]]) -> None:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        waiting = iter(steps)
        over = asyncio.Event()

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            while not queue.empty():
                self.events.append(queue.get_nowait())
            step = next(waiting, None)
            if step is None:
                over.set()
                await asyncio.Event().wait()
            else:
                step()

        self._module["main"].__globals__["asyncio"] = _Asyncio(sleep)
        source = asyncio.create_task(self._module["main"](queue, self._arguments))
        ended = asyncio.create_task(over.wait())
        await asyncio.wait({source, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        source.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await source


class _Asyncio:
    """The module asyncio with a different ``sleep``."""

    def __init__(self, sleep: Callable[[float], Any]) -> None:
        self.sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


@pytest.fixture
def module(app: App) -> Iterator[dict[str, Any]]:
    found = runpy.run_path(str(PLUGIN))
    found["main"].__globals__["App"] = lambda: app
    yield found


@pytest.fixture
def arguments(cloud: Simulator) -> dict[str, Any]:
    return {**simulator_settings(cloud), "retries": 0, "interval": 30}


def types(rulebook: Rulebook) -> list[str]:
    return [event["type"] for event in rulebook.events]


@pytest.mark.usefixtures("tunnels")
def test_events_are_put_into_the_queue(module: dict[str, Any], arguments: dict[str, Any], cloud: Simulator) -> None:
    rulebook = Rulebook(module, {**arguments, "watch": ["tunnels"]})
    edge = edge_of(cloud)
    rulebook.run(
        lambda: IPSEC.set_tunnel_down(edge, "branch 1", "no answer"),
        lambda: None,
        lambda: cloud.faults.add("status", status=503, count=0),
        lambda: None,
        lambda: cloud.faults.clear(),
        lambda: IPSEC.set_tunnel_down(edge, "branch 1", ""),
        lambda: None,
    )
    assert types(rulebook) == ["tunnel_down", "tunnel_up"]
    assert rulebook.slept == [30, 30, 30, 60, 120, 30, 30, 30]
    said = json.dumps(rulebook.events)
    assert KEY not in said and str(arguments["password"]) not in said


def test_several_monitors_run_concurrently(module: dict[str, Any], arguments: dict[str, Any], cloud: Simulator) -> None:
    one = next(iter(cloud.world.replications.values()))

    def happen() -> None:
        cloud.clock.advance(1)
        one.lag_minutes = one.rpo_minutes + 5
        fail_a_task(cloud, "web")

    rulebook = Rulebook(module, {**arguments, "watch": ["tasks", "replications"]})
    watchers: set[object] = set()

    def steps() -> Iterator[Callable[[], object]]:
        """Yield the steps of two monitors, which poll in any order."""
        while len(watchers) < 2:
            yield lambda: watchers.add(asyncio.current_task())
        yield happen
        for _ in range(5_000):
            if len(rulebook.events) < 2:
                yield lambda: None

    rulebook.run_each(steps())
    assert sorted(types(rulebook)) == ["replication_behind", "task_failed"]


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"watch": ["tunnel"]}, SpecError, "did you mean 'tunnels'"),
        ({"wacth": ["tasks"], "watch": ["tasks"]}, ConfigurationError, "Unknown setting: 'wacth'"),
        ({"watch": ["tasks"], "url": ""}, ConfigurationError, "Missing url"),
        ({"watch": ["tasks"], "password": "not-the-password"}, AuthenticationError, "Signing in to .* failed"),
    ],
)
def test_permanent_error_ends_the_source_immediately(
    wrong: dict[str, Any], error: type[Exception], said: str, module: dict[str, Any], arguments: dict[str, Any],
    cloud: Simulator, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    rulebook = Rulebook(module, {**arguments, **wrong})
    with pytest.raises(error, match=said) as met:
        rulebook.run(lambda: None)
    assert rulebook.events == []
    if error is not AuthenticationError:
        assert cloud.request_log.entries() == []
    assert "not-the-password" not in f"{met.value}{caplog.text}"


def test_event_loop_is_not_blocked_by_a_slow_cloud(
    module: dict[str, Any], arguments: dict[str, Any], cloud: Simulator
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def hold(simulator: Any) -> None:
        begun.set()
        may_end.wait(20)

    cloud.faults.add("edit", edit=hold)

    async def beside() -> int:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        source = asyncio.create_task(module["main"](queue, {**arguments, "watch": ["tasks"]}))
        turns = 0
        while not begun.is_set() or turns < 1000:
            turns += 1
            await asyncio.sleep(0)
        may_end.set()
        source.cancel()
        await asyncio.wait({source})
        return turns

    assert asyncio.run(beside()) >= 1000


def test_values_added_by_ansible_rulebook_are_ignored(module: dict[str, Any], arguments: dict[str, Any]) -> None:
    rulebook = Rulebook(module, {**arguments, "watch": ["tasks"], "eda_feedback_queue": asyncio.Queue()})
    rulebook.run(lambda: None)
    assert rulebook.slept == [30, 30]


def test_every_option_is_documented(module: dict[str, Any]) -> None:
    from vcloudair_core.settings.settings import OPTIONS

    options = yaml.safe_load(module["DOCUMENTATION"])["options"]
    assert set(OPTION_NAMES) <= set(options) <= {*OPTION_NAMES, *(option.name for option in OPTIONS)}
    assert options["watch"]["choices"] == list(CHECK_NAMES)
    events = " ".join(options["watch"]["description"])
    from vcloudair_core.monitoring.checks import DriftCheck, ReplicationCheck, TaskCheck, TunnelCheck

    for check in (DriftCheck, ReplicationCheck, TaskCheck, TunnelCheck):
        assert all(f"C({kind})" in events for kind in (check.start_event, check.end_event) if kind)
    for example in yaml.safe_load(module["EXAMPLES"]):
        assert set(example["vcloudair.cloud.vca_events"]) <= set(options)
