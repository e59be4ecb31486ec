"""Check that a broken plugin does not break the program or other plugins."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.unit.plugin.test_manager import PLAN, SETTINGS, FakeEntryPoint, loaded, manager, plugin, service
from vcloudair_core.errors import PlanRejectedError, PluginError, VcloudAirError
from vcloudair_core.plugin import hooks
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.plugin.records import API_VERSION, CommandRecord, ServiceRecord
from vcloudair_core.transport.messages import Exchange, Request

EXCHANGE = Exchange(Request("GET", "https://vcd.example.test/api"), None, None, 0.1)
OFFERS = [
    "vca_services",
    "vca_resource_kinds",
    "vca_record_types",
    "vca_auth_methods",
    "vca_cli_commands",
    "vca_simulator_routes",
]


def _exits() -> Any:
    sys.exit(3)


def _recurses() -> Any:
    return _recurses()


def _runs_out() -> Any:
    raise MemoryError


def _breaks() -> Any:
    raise OSError("\x1b[2Jbroken")


ENDS: list[Callable[[], Any]] = [_exits, _recurses, _runs_out, _breaks]
ends = pytest.mark.parametrize("end", ENDS)


@ends
def test_plugin_that_fails_at_import_does_not_break_others(end: Callable[[], Any]) -> None:
    good = SimpleNamespace(vcloudair_api_version=API_VERSION)
    plugins = loaded(FakeEntryPoint("bad", "acme-bad", end), FakeEntryPoint("good", "acme-good", lambda: good))
    by_name = {info.name: info.status for info in plugins.list_plugins()}
    assert by_name == {"bad": "failed", "good": "loaded"}


@ends
@pytest.mark.parametrize("hook", OFFERS)
def test_plugin_that_fails_to_offer_records_does_not_break_others(hook: str, end: Callable[[], Any]) -> None:
    plugins = manager(bad=plugin(**{hook: end}), good=plugin(vca_services=lambda: [service("kept")]))
    assert plugins.collect_all() == []
    assert set(plugins.services()) == {"kept"}
    assert {info.name: info.status for info in plugins.list_plugins()}["bad"] == "failed"


@ends
def test_failing_observer_does_not_break_others(end: Callable[[], Any]) -> None:
    exchanges: list[Any] = []
    records: list[Any] = []
    plugins = manager(
        bad=plugin(
            vca_exchange_finished=lambda exchange: end(),
            vca_task_progressed=lambda task: end(),
            vca_write_finished=lambda record: end(),
        ),
        good=plugin(
            vca_exchange_finished=lambda exchange: exchanges.append(exchange),
            vca_write_finished=lambda record: records.append(record),
        ),
    )
    plugins.exchange_finished(EXCHANGE)
    plugins.task_progressed(cast(Any, None))
    plugins.write_finished({"id": "1"})
    assert (exchanges, records) == ([EXCHANGE], [{"id": "1"}])


@ends
def test_failing_plan_policy_rejects_the_plan(end: Callable[[], Any]) -> None:
    plugins = manager(bad=plugin(vca_plan_ready=lambda plan, settings: end()))
    with pytest.raises(PlanRejectedError) as caught:
        plugins.plan_ready(PLAN, SETTINGS)
    assert caught.value.plugin == "bad"


@ends
def test_failing_transport_hook_raises_an_error(end: Callable[[], Any]) -> None:
    with pytest.raises(PluginError, match="bad"):
        manager(bad=plugin(vca_transport=lambda settings: end())).transport(SETTINGS)


@pytest.mark.parametrize("garbage", [0, 1, "text", object(), {"name": "x"}, [None], [[]], b"x", ["a"], (1,)])
def test_ignores_invalid_hook_results(garbage: Any) -> None:
    for hook in OFFERS:
        plugins = manager(bad=plugin(**{hook: lambda: garbage}), good=plugin(vca_services=lambda: [service("kept")]))
        assert plugins.collect_all() == []
        assert set(plugins.services()) == {"kept"}
        status = {info.name: info.status for info in plugins.list_plugins()}["bad"]
        # Iterating a mapping or a text yields keys or characters, which are not records.
        assert status == "failed", (hook, garbage)
    if garbage:
        with pytest.raises(PluginError, match="bad"):
            manager(bad=plugin(vca_transport=lambda settings: garbage)).transport(SETTINGS)


@pytest.mark.parametrize("warning", ["no any-any rule", ["no any-any rule"], ("no any-any rule",)])
def test_text_result_is_one_warning(warning: Any) -> None:
    assert manager(p=plugin(vca_plan_ready=lambda plan: warning)).plan_ready(PLAN, SETTINGS) == ["no any-any rule"]


@pytest.mark.parametrize("name", ["", " ", None, 5, [], "a\x1b[2Jb", "a\nb", "\u202ex"])
def test_refuses_invalid_record_names(name: Any) -> None:
    record = ServiceRecord(cast(str, name), "x", lambda session: session)
    plugins = manager(bad=plugin(vca_services=lambda: [record]), good=plugin(vca_services=lambda: [service("kept")]))
    assert set(plugins.services()) == {"kept"}


def test_plugin_cannot_replace_a_built_in_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keep the built-in ``vca session``, because this command prompts for a password."""
    from vcloudair_core.cli import plugin as own
    from vcloudair_core.cli.loading import load_commands

    names = [record.name for record in own.vca_cli_commands()]
    taker = plugin(vca_cli_commands=lambda: [CommandRecord(names[0], "mine", lambda: cast(Any, None))])

    def load(self: PluginManager) -> None:
        self.register(own, "command_line")
        self.register(taker, "taker")

    monkeypatch.setattr(PluginManager, "load_entry_points", load)
    _, records, _ = load_commands()
    ours = {record.name: record for record in own.vca_cli_commands()}
    assert records[names[0]].summary == ours[names[0]].summary
    assert "taker" in capsys.readouterr().err


def test_plugin_cannot_take_the_name_of_a_built_in_plugin() -> None:
    """Reject an external plugin that has the name of a built-in plugin.

    The plan policies of the built-in plugin stay registered.
    """
    ours = FakeEntryPoint(
        "policy",
        "vcloudair-core",
        lambda: SimpleNamespace(vcloudair_api_version=API_VERSION),
        "vcloudair_core.plugin.protected_names",
    )
    theirs = FakeEntryPoint("policy", "zzz", lambda: SimpleNamespace(vcloudair_api_version=API_VERSION), "zzz.policy")
    plugins = loaded(theirs, ours)
    assert [info.status for info in plugins.list_plugins()] == ["loaded", "failed"]
    assert "already taken" in "".join(info.error for info in plugins.list_plugins())


def test_output_of_a_plugin_does_not_reach_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    def load() -> Any:
        print("Thank you for installing bad!")
        return plugin(vca_services=lambda: print("more of it") or [service("kept")])

    plugins = loaded(FakeEntryPoint("bad", "acme-bad", load))
    print(json.dumps(sorted(plugins.services())))
    captured = capsys.readouterr()
    assert json.loads(captured.out) == ["kept"]
    assert "Thank you" in captured.err
    assert "more of it" in captured.err


def test_plugin_errors_do_not_catch_ctrl_c() -> None:
    def stopped() -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        manager(p=plugin(vca_services=stopped)).services()
    with pytest.raises(KeyboardInterrupt):
        manager(p=plugin(vca_exchange_finished=lambda exchange: stopped())).exchange_finished(EXCHANGE)


@pytest.mark.usefixtures("mocked_http")
def test_observers_receive_no_secrets() -> None:
    from tests.unit.session.mocked_http import PASSWORD, TOKEN, MockedTransport, reply, vcd_answers, vcd_session

    exchanges: list[Exchange] = []
    plugins = manager(spy=plugin(vca_exchange_finished=lambda exchange: exchanges.append(exchange)))
    session = vcd_session(
        MockedTransport(vcd_answers({"GET /api/x": reply(500, f"you sent {TOKEN}")})),
        observers=[plugins.exchange_finished],
        retries=0,
    )
    with pytest.raises(VcloudAirError):
        session.call("GET", "/api/x", headers={"X-Note": f"a {TOKEN} b"})
    text = "".join(
        f"{exchange.request.url}{exchange.request.headers.pairs()}{exchange.request.body!r}"
        f"{exchange.response and exchange.response.headers.pairs()}"
        f"{exchange.response and exchange.response.body!r}{exchange.error}"
        for exchange in exchanges
    )
    assert len(exchanges) == 3
    assert TOKEN not in text
    assert PASSWORD not in text


def test_every_hook_has_a_test_here() -> None:
    known = {name for name in vars(hooks) if name.startswith("vca_")}
    observed = {"vca_exchange_finished", "vca_task_progressed", "vca_write_finished"}
    assert known == {*OFFERS, *observed, "vca_transport", "vca_plan_ready"}
