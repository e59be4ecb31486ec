"""Plugins are programs and may do what the user may. What they must not do is break others by being broken."""

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
def test_at_import(end: Callable[[], Any]) -> None:
    good = SimpleNamespace(vcloudair_api_version=API_VERSION)
    found = loaded(FakeEntryPoint("bad", "acme-bad", end), FakeEntryPoint("good", "acme-good", lambda: good))
    by_name = {info.name: info.status for info in found.list_plugins()}
    assert by_name == {"bad": "failed", "good": "loaded"}


@ends
@pytest.mark.parametrize("hook", OFFERS)
def test_where_it_offers_things(hook: str, end: Callable[[], Any]) -> None:
    found = manager(bad=plugin(**{hook: end}), good=plugin(vca_services=lambda: [service("kept")]))
    assert found.collect_all() == []
    assert set(found.services()) == {"kept"}
    assert {info.name: info.status for info in found.list_plugins()}["bad"] == "failed"


@ends
def test_where_it_looks_on(end: Callable[[], Any]) -> None:
    seen: list[Any] = []
    found = manager(
        bad=plugin(vca_exchange_finished=lambda exchange: end(), vca_task_progressed=lambda task: end()),
        good=plugin(vca_exchange_finished=lambda exchange: seen.append(exchange)),
    )
    found.exchange_finished(EXCHANGE)
    found.task_progressed(cast(Any, None))
    assert seen == [EXCHANGE]


@ends
def test_where_it_has_a_veto_the_gate_stays_shut(end: Callable[[], Any]) -> None:
    found = manager(bad=plugin(vca_plan_ready=lambda plan, settings: end()))
    with pytest.raises(PlanRejectedError) as caught:
        found.plan_ready(PLAN, SETTINGS)
    assert caught.value.plugin == "bad"


@ends
def test_where_it_brings_a_transport(end: Callable[[], Any]) -> None:
    with pytest.raises(PluginError, match="bad"):
        manager(bad=plugin(vca_transport=lambda settings: end())).transport(SETTINGS)


@pytest.mark.parametrize("garbage", [0, 1, "text", object(), {"name": "x"}, [None], [[]], b"x", ["a"], (1,)])
def test_garbage(garbage: Any) -> None:
    for hook in OFFERS:
        found = manager(bad=plugin(**{hook: lambda: garbage}), good=plugin(vca_services=lambda: [service("kept")]))
        assert found.collect_all() == []
        assert set(found.services()) == {"kept"}
        status = {info.name: info.status for info in found.list_plugins()}["bad"]
        # A mapping or text is gone through letter by letter, and none of these is a record.
        assert status == "failed", (hook, garbage)
    if garbage:
        with pytest.raises(PluginError, match="bad"):
            manager(bad=plugin(vca_transport=lambda settings: garbage)).transport(SETTINGS)


@pytest.mark.parametrize("said", ["no any-any rule", ["no any-any rule"], ("no any-any rule",)])
def test_a_warning_that_is_a_text_is_one_warning(said: Any) -> None:
    assert manager(p=plugin(vca_plan_ready=lambda plan: said)).plan_ready(PLAN, SETTINGS) == ["no any-any rule"]


@pytest.mark.parametrize("name", ["", " ", None, 5, [], "a\x1b[2Jb", "a\nb", "\u202ex"])
def test_names_are_names(name: Any) -> None:
    record = ServiceRecord(cast(str, name), "x", lambda session: session)
    found = manager(bad=plugin(vca_services=lambda: [record]), good=plugin(vca_services=lambda: [service("kept")]))
    assert set(found.services()) == {"kept"}


def test_a_command_of_ours_is_not_taken_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``vca session`` asks for the password: another one of that name would be handed it."""
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


def test_the_name_of_a_plugin_of_ours_is_not_taken_over() -> None:
    """Whoever comes second is set aside, whatever its module; a policy keeps its place."""
    ours = FakeEntryPoint(
        "policy",
        "vcloudair-core",
        lambda: SimpleNamespace(vcloudair_api_version=API_VERSION),
        "vcloudair_core.plugin.protected_names",
    )
    theirs = FakeEntryPoint("policy", "zzz", lambda: SimpleNamespace(vcloudair_api_version=API_VERSION), "zzz.policy")
    found = loaded(theirs, ours)
    assert [info.status for info in found.list_plugins()] == ["loaded", "failed"]
    assert "already taken" in "".join(info.error for info in found.list_plugins())


def test_what_it_prints_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    def load() -> Any:
        print("Thank you for installing bad!")
        return plugin(vca_services=lambda: print("more of it") or [service("kept")])

    found = loaded(FakeEntryPoint("bad", "acme-bad", load))
    print(json.dumps(sorted(found.services())))
    shown = capsys.readouterr()
    assert json.loads(shown.out) == ["kept"]
    assert "Thank you" in shown.err
    assert "more of it" in shown.err


def test_ctrl_c_is_the_user_s() -> None:
    def stopped() -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        manager(p=plugin(vca_services=stopped)).services()
    with pytest.raises(KeyboardInterrupt):
        manager(p=plugin(vca_exchange_finished=lambda exchange: stopped())).exchange_finished(EXCHANGE)


@pytest.mark.usefixtures("mocked_http")
def test_observers_see_no_secret() -> None:
    from tests.unit.session.mocked_http import PASSWORD, TOKEN, MockedTransport, reply, vcd_answers, vcd_session

    seen: list[Exchange] = []
    found = manager(spy=plugin(vca_exchange_finished=lambda exchange: seen.append(exchange)))
    session = vcd_session(
        MockedTransport(vcd_answers({"GET /api/x": reply(500, f"you sent {TOKEN}")})),
        observers=[found.exchange_finished],
        retries=0,
    )
    with pytest.raises(VcloudAirError):
        session.call("GET", "/api/x", headers={"X-Note": f"a {TOKEN} b"})
    text = "".join(
        f"{one.request.url}{one.request.headers.pairs()}{one.request.body!r}"
        f"{one.response and one.response.headers.pairs()}{one.response and one.response.body!r}{one.error}"
        for one in seen
    )
    assert len(seen) == 3
    assert TOKEN not in text
    assert PASSWORD not in text


def test_every_hook_is_in_one_of_these_tests() -> None:
    known = {name for name in vars(hooks) if name.startswith("vca_")}
    assert known == {*OFFERS, "vca_transport", "vca_exchange_finished", "vca_plan_ready", "vca_task_progressed"}
