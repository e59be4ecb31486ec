"""Tests of hook calls: order, wrappers, and isolation of failed plugins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.unit.plugin.test_manager import PLAN, SETTINGS, _nothing, _raises, manager, plugin, service
from vcloudair_core.errors import PlanRejectedError, PluginError
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import ServiceRecord
from vcloudair_core.transport.messages import Exchange, Request, Response

EXCHANGE = Exchange(Request("GET", "https://vcd.example.com/api"), Response(200), None, 0.1)


def implementing(hook: str, function: Callable[..., Any], **options: bool) -> SimpleNamespace:
    """Return a plugin that implements one hook, with pluggy options."""
    return SimpleNamespace(**{hook: cast(Any, hookimpl)(**options)(function)}, id=object())


def wrapping(hook: str, function: Callable[..., Any]) -> SimpleNamespace:
    return implementing(hook, function, wrapper=True)


def _rejecting(reason: str) -> SimpleNamespace:
    return plugin(vca_plan_ready=_raises(PlanRejectedError(reason)))


# -- the order of calls ------------------------------------------------------------------------------------------


def test_policies_run_in_the_order_of_pluggy() -> None:
    order: list[str] = []

    def noting(name: str) -> Callable[..., Any]:
        return lambda plan: order.append(name)

    manager(
        first=implementing("vca_plan_ready", noting("first")),
        late=implementing("vca_plan_ready", noting("late"), trylast=True),
        early=implementing("vca_plan_ready", noting("early"), tryfirst=True),
        last=implementing("vca_plan_ready", noting("last")),
    ).plan_ready(PLAN, SETTINGS)
    assert order == ["early", "last", "first", "late"]


def test_warnings_are_in_the_order_of_calls() -> None:
    warnings = manager(
        a=implementing("vca_plan_ready", lambda plan: "a"),
        b=implementing("vca_plan_ready", lambda plan: ["b1", "b2"], trylast=True),
        c=implementing("vca_plan_ready", lambda plan: None),
        d=implementing("vca_plan_ready", lambda plan: "d"),
    ).plan_ready(PLAN, SETTINGS)
    assert warnings == ["d", "a", "b1", "b2"]


def test_tryfirst_and_trylast_select_the_transport() -> None:
    def offering(name: str) -> Callable[..., Any]:
        return lambda: SimpleNamespace(name=name, send=lambda request: Response(200), close=lambda: None)

    plugins = manager(
        plain=implementing("vca_transport", offering("plain")),
        late=implementing("vca_transport", offering("late"), trylast=True),
        later=implementing("vca_transport", lambda: None),
    )
    assert cast(Any, plugins.transport(SETTINGS)).name == "plain"
    plugins.register(implementing("vca_transport", offering("early"), tryfirst=True), "early")
    plugins.register(implementing("vca_transport", offering("last")), "last")
    assert cast(Any, plugins.transport(SETTINGS)).name == "early"


def test_records_are_in_the_order_of_registration() -> None:
    plugins = manager(a=plugin(vca_services=lambda: [service("a")]), b=plugin(vca_services=lambda: [service("b")]))
    assert list(plugins.services()) == ["a", "b"]


def test_implementation_gets_the_arguments_that_it_names() -> None:
    seen: list[Any] = []

    def look(settings: Any, depth: int = 2) -> None:
        seen.append((settings, depth))

    def look_at_the_plan(plan: Any) -> None:
        seen.append(plan)

    manager(a=plugin(vca_plan_ready=look), b=plugin(vca_plan_ready=look_at_the_plan)).plan_ready(PLAN, SETTINGS)
    assert seen == [PLAN, (SETTINGS, 2)]


class Policy:
    """A plugin with methods as hook implementations."""

    @hookimpl
    def vca_plan_ready(self, plan: Any) -> str:
        return f"method {plan is PLAN}"

    @hookimpl(specname="vca_plan_ready")
    def under_another_name(self, settings: Any) -> str:
        return f"specname {settings is SETTINGS}"


def test_methods_and_functions_with_specname_are_called() -> None:
    assert sorted(manager(p=Policy()).plan_ready(PLAN, SETTINGS)) == ["method True", "specname True"]


# -- wrappers ----------------------------------------------------------------------------------------------------


def _noting(notes: list[str], name: str) -> Callable[..., Any]:
    def wrap(plan: Any) -> Generator[None, Any, Any]:
        notes.append(f"{name} in")
        result: Any = yield
        notes.append(f"{name} out")
        return result

    return wrap


def test_last_wrapper_is_outermost() -> None:
    notes: list[str] = []
    plugins = manager(
        inner=wrapping("vca_plan_ready", _noting(notes, "inner")),
        policy=plugin(vca_plan_ready=lambda: notes.append("policy")),
        outer=wrapping("vca_plan_ready", _noting(notes, "outer")),
    )
    assert plugins.plan_ready(PLAN, SETTINGS) == []
    assert notes == ["outer in", "inner in", "policy", "inner out", "outer out"]


def test_wrapper_can_reject_a_plan_because_of_warnings() -> None:
    def strict(plan: Any) -> Generator[None, Any, Any]:
        warnings: Any = yield
        if warnings:
            raise PlanRejectedError(f"warned of: {warnings[0][0]}", hint="Heed it.")
        return warnings

    warning = plugin(vca_plan_ready=lambda: ["any to any"])
    with pytest.raises(PlanRejectedError, match="warned of: any to any") as caught:
        manager(strict=wrapping("vca_plan_ready", strict), warning=warning).plan_ready(PLAN, SETTINGS)
    assert (caught.value.plugin, caught.value.hint) == ("strict", "Heed it.")
    assert manager(strict=wrapping("vca_plan_ready", strict)).plan_ready(PLAN, SETTINGS) == []


def test_wrapper_can_turn_a_rejection_into_a_warning() -> None:
    def lenient(plan: Any) -> Generator[None, Any, Any]:
        try:
            result: Any = yield
        except PlanRejectedError as exc:
            return [[f"would be rejected by {exc.plugin}: {exc.reason}"]]
        return result

    plugins = manager(lenient=wrapping("vca_plan_ready", lenient), policy=_rejecting("no changes on Friday"))
    assert plugins.plan_ready(PLAN, SETTINGS) == ["would be rejected by policy: no changes on Friday"]


def test_old_style_wrapper_works() -> None:
    def forgiving(plan: Any) -> Generator[None, Any, Any]:
        outcome: Any = yield
        if outcome.exception is None:
            outcome.force_result([*outcome.get_result(), ["seen"]])
        else:
            outcome.force_result([["forgiven"]])

    old = implementing("vca_plan_ready", forgiving, hookwrapper=True)
    warning = plugin(vca_plan_ready=lambda: "careful")
    assert manager(old=old, warning=warning).plan_ready(PLAN, SETTINGS) == ["careful", "seen"]
    assert manager(old=old, policy=_rejecting("no")).plan_ready(PLAN, SETTINGS) == ["forgiven"]


def test_wrapper_can_change_the_records_of_other_plugins() -> None:
    def adding() -> Generator[None, Any, Any]:
        offers: Any = yield
        return [[*offers[0], service("added")], *offers[1:]]

    plugins = manager(dns=plugin(vca_services=lambda: [service("dns")]), wrapper=wrapping("vca_services", adding))
    assert list(plugins.services()) == ["dns", "added"]
    assert plugins.provider("vca_services", "dns") == "dns"
    assert plugins.provider("vca_services", "added") == "wrapper"


def test_wrapper_can_replace_the_transport() -> None:
    inner = SimpleNamespace(send=lambda request: Response(204), close=lambda: None)

    def recording(settings: Any) -> Generator[None, Any, Any]:
        transport: Any = yield
        return SimpleNamespace(send=transport.send, close=transport.close, inner=transport)

    plugins = manager(tape=plugin(vca_transport=lambda: inner), wrapper=wrapping("vca_transport", recording))
    assert cast(Any, plugins.transport(SETTINGS)).inner is inner


def test_wrapper_runs_around_an_observer() -> None:
    notes: list[str] = []

    def timing(exchange: Any) -> Generator[None, Any, Any]:
        notes.append("in")
        yield
        notes.append("out")

    plugins = manager(
        wrapper=wrapping("vca_exchange_finished", timing),
        observer=plugin(vca_exchange_finished=lambda exchange: notes.append(exchange.request.method)),
    )
    plugins.exchange_finished(EXCHANGE)
    assert notes == ["in", "GET", "out"]


# -- broken wrappers ---------------------------------------------------------------------------------------------


def _break(reason: str) -> None:
    raise OSError(reason)


def _fails_before(**arguments: Any) -> Generator[None, Any, Any]:
    _break("broken before")
    yield


def _fails_after(**arguments: Any) -> Generator[None, Any, Any]:
    yield
    raise OSError("broken after")


def _does_not_yield(**arguments: Any) -> Generator[None, Any, Any]:
    if arguments:
        yield
    return ["nothing"]


def _yields_twice(**arguments: Any) -> Generator[None, Any, Any]:
    yield
    yield


def _exits(**arguments: Any) -> Generator[None, Any, Any]:
    yield
    raise SystemExit(3)


BROKEN = {
    _fails_before: "OSError: broken before",
    _fails_after: "OSError: broken after",
    _does_not_yield: "did not yield",
    _yields_twice: "yields more than once",
    _exits: "SystemExit: 3",
}
broken = pytest.mark.parametrize("wrapper", BROKEN, ids=lambda wrapper: wrapper.__name__.strip("_"))
styles = pytest.mark.parametrize("style", ["wrapper", "hookwrapper"])


@styles
@broken
def test_failed_wrapper_of_records_is_skipped_and_records_stay(wrapper: Callable[..., Any], style: str) -> None:
    plugins = manager(
        bad=implementing("vca_services", wrapper, **{style: True}), good=plugin(vca_services=lambda: [service("dns")])
    )
    assert list(plugins.services()) == ["dns"]
    info = {info.name: info for info in plugins.list_plugins()}["bad"]
    assert info.status == "failed"
    assert BROKEN[wrapper] in info.error


@styles
@broken
def test_failed_wrapper_of_policies_rejects_the_plan(wrapper: Callable[..., Any], style: str) -> None:
    plugins = manager(
        bad=implementing("vca_plan_ready", wrapper, **{style: True}), good=plugin(vca_plan_ready=_nothing)
    )
    with pytest.raises(PlanRejectedError, match=BROKEN[wrapper]) as caught:
        plugins.plan_ready(PLAN, SETTINGS)
    assert caught.value.plugin == "bad"
    assert "VCA_DISABLE_PLUGINS=bad" in caught.value.hint


@styles
@broken
def test_failed_wrapper_of_an_observer_is_logged_and_the_observer_runs(
    wrapper: Callable[..., Any], style: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Any] = []
    plugins = manager(
        good=plugin(vca_exchange_finished=lambda exchange: seen.append(exchange)),
        bad=implementing("vca_exchange_finished", wrapper, **{style: True}),
    )
    plugins.exchange_finished(EXCHANGE)
    assert seen == [EXCHANGE]
    assert "Plugin bad failed in vca_exchange_finished" in caplog.text
    assert BROKEN[wrapper].rpartition(": ")[2] in caplog.text


@styles
@broken
def test_failed_wrapper_of_a_transport_is_an_error(wrapper: Callable[..., Any], style: str) -> None:
    plugins = manager(bad=implementing("vca_transport", wrapper, **{style: True}))
    with pytest.raises(PluginError, match=BROKEN[wrapper]) as caught:
        plugins.transport(SETTINGS)
    assert caught.value.plugin == "bad"


def _swallows(plan: Any) -> Generator[None, Any, Any]:
    try:
        yield
    except BaseException:  # noqa: BLE001 - a wrapper that goes too far
        return [["all is well"]]
    return [["all is well"]]


def _replaces(plan: Any) -> Generator[None, Any, Any]:
    try:
        yield
    except BaseException:  # noqa: BLE001 - a wrapper that goes too far
        raise PlanRejectedError("something else") from None


@pytest.mark.parametrize("wrapper", [_swallows, _replaces])
@pytest.mark.parametrize("error", [KeyError("rules"), SystemExit(0), asyncio.CancelledError(), GeneratorExit()])
def test_no_wrapper_can_handle_the_failure_of_a_policy(wrapper: Callable[..., Any], error: BaseException) -> None:
    plugins = manager(
        inner=wrapping("vca_plan_ready", wrapper),
        broken=plugin(vca_plan_ready=_raises(error)),
        outer=wrapping("vca_plan_ready", wrapper),
    )
    with pytest.raises(PlanRejectedError, match=f"the policy failed: {type(error).__name__}") as caught:
        plugins.plan_ready(PLAN, SETTINGS)
    assert caught.value.plugin == "broken"


def test_wrappers_finish_after_a_failed_policy() -> None:
    notes: list[str] = []

    def tidying(plan: Any) -> Generator[None, Any, Any]:
        try:
            yield
        finally:
            notes.append("tidied")

    plugins = manager(wrapper=wrapping("vca_plan_ready", tidying), broken=plugin(vca_plan_ready=_raises(KeyError("x"))))
    with pytest.raises(PlanRejectedError, match="KeyError"):
        plugins.plan_ready(PLAN, SETTINGS)
    assert notes == ["tidied"]


def test_no_wrapper_can_handle_keyboard_interrupt() -> None:
    plugins = manager(
        wrapper=wrapping("vca_plan_ready", _swallows), policy=plugin(vca_plan_ready=_raises(KeyboardInterrupt()))
    )
    with pytest.raises(KeyboardInterrupt):
        plugins.plan_ready(PLAN, SETTINGS)


@pytest.mark.parametrize("result", [None, "dns", {"a": 1}, [None], [["dns"]], [[service("")]]])
def test_wrapper_with_invalid_records_is_skipped_and_records_stay(result: Any) -> None:
    def wrap() -> Generator[None, Any, Any]:
        offers: Any = yield
        offers.clear()  # what it gets is its own
        return result

    plugins = manager(bad=wrapping("vca_services", wrap), good=plugin(vca_services=lambda: [service("dns")]))
    assert list(plugins.services()) == ["dns"]
    assert {info.name: info.status for info in plugins.list_plugins()} == {"bad": "failed", "good": "loaded"}


@pytest.mark.parametrize("result", [[1], [[None]], 5, {"a": 1}, True])
def test_wrapper_of_policies_with_invalid_result_rejects_the_plan(result: Any) -> None:
    def wrap(plan: Any) -> Generator[None, Any, Any]:
        yield
        return result

    with pytest.raises(PlanRejectedError, match="bad.*TypeError"):
        manager(bad=wrapping("vca_plan_ready", wrap)).plan_ready(PLAN, SETTINGS)


def test_wrapper_of_a_failed_plugin_is_not_called() -> None:
    calls: list[str] = []

    def wrap() -> Generator[None, Any, Any]:
        calls.append("called")
        result: Any = yield
        return result

    bad = SimpleNamespace(vca_services=hookimpl(_raises(OSError())), vca_cli_commands=hookimpl(wrapper=True)(wrap))
    plugins = manager(bad=bad)
    assert (plugins.services(), plugins.cli_commands()) == ({}, {})
    assert calls == []


def test_output_of_wrappers_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    def noisy() -> Generator[None, Any, Any]:
        print("before")
        result: Any = yield
        print("after")
        return result

    plugins = manager(noisy=wrapping("vca_services", noisy), good=plugin(vca_services=lambda: [service("dns")]))
    print(list(plugins.services()))
    shown = capfd.readouterr()
    assert shown.out == "['dns']\n"
    assert shown.err == "before\nafter\n"


def test_wrapper_must_be_a_generator() -> None:
    plugins = manager(bad=wrapping("vca_plan_ready", lambda plan: None))
    [info] = plugins.list_plugins()
    assert info.status == "failed"
    with pytest.raises(PlanRejectedError, match="bad: the plugin could not be loaded"):
        plugins.plan_ready(PLAN, SETTINGS)


def test_tracing_shows_wrappers(capsys: pytest.CaptureFixture[str]) -> None:
    def wrap() -> Generator[None, Any, Any]:
        result: Any = yield
        return result

    dns = plugin(vca_services=lambda: [ServiceRecord("dns", "x", lambda session: session)])
    manager({"VCA_TRACE_PLUGINS": "1"}, dns=dns, around=wrapping("vca_services", wrap)).services()
    assert capsys.readouterr().err == "vca: vca_services -> around\nvca: vca_services -> dns\n"
