"""Tests of the plugin manager: hooks, failed plugins and duplicate names."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from vcloudair_core.errors import ConfigurationError, PlanRejectedError, PluginError
from vcloudair_core.plugin import hooks, protected_names
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.installed_plugins import InstalledPlugin
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.plugin.records import (
    API_VERSION,
    AuthRecord,
    CommandRecord,
    KindRecord,
    RecordType,
    ServiceRecord,
    SimulatorRoutes,
)
from vcloudair_core.settings.settings import Settings
from vcloudair_core.transport.messages import Exchange, Request, Response

SETTINGS = Settings.load({}, environ={})
PLAN = cast(Any, object())


def plugin(**functions: Callable[..., Any]) -> types.SimpleNamespace:
    """Return a plugin object with these hook implementations."""
    namespace = types.SimpleNamespace(**{name: hookimpl(function) for name, function in functions.items()})
    namespace.vcloudair_api_version = API_VERSION
    return namespace


def manager(environ: Mapping[str, str] | None = None, **plugins: object) -> PluginManager:
    plugin_manager = PluginManager(environ=environ or {})
    for name, implementation in plugins.items():
        plugin_manager.register(implementation, name)
    return plugin_manager


def service(name: str) -> ServiceRecord:
    return ServiceRecord(name, f"Service {name}", lambda session: session)


class FakeEntryPoint:
    """An installed entry point."""

    def __init__(self, name: str, dist: str, load: Callable[[], object], value: str = "") -> None:
        self.name = name
        self.value = value or f"{dist}.plugin"
        self.distribution = dist
        self.version = "1.0"
        self.load = load


def loaded(*entry_points: FakeEntryPoint, environ: Mapping[str, str] | None = None) -> PluginManager:
    plugins = PluginManager(environ=environ or {})
    plugins.load_entry_points(cast("list[InstalledPlugin]", entry_points))
    return plugins


def _raises(error: BaseException) -> Callable[..., Any]:
    def call() -> Any:
        raise error

    return call


def _nothing() -> list[Any]:
    return []


# -- each hook ---------------------------------------------------------------------------------------------------


def test_hook_vca_services() -> None:
    assert list(manager(a=plugin(vca_services=lambda: [service("dns")])).services()) == ["dns"]


def test_hook_vca_resource_kinds() -> None:
    record = KindRecord("dns.zone", "dns", "A zone", lambda: cast(Any, None))
    assert manager(a=plugin(vca_resource_kinds=lambda: [record])).resource_kinds() == {"dns.zone": record}


def test_hook_vca_record_types() -> None:
    record = RecordType("edgeGateway", "EdgeGatewayRecord")
    assert manager(a=plugin(vca_record_types=lambda: [record])).record_types() == {"edgeGateway": record}


def test_hook_vca_auth_methods() -> None:
    record = AuthRecord("kerberos", "By ticket", ("username",), lambda settings: cast(Any, None))
    assert manager(a=plugin(vca_auth_methods=lambda: (record,))).auth_methods() == {"kerberos": record}


def test_hook_vca_cli_commands() -> None:
    record = CommandRecord("greet", "Say hello", lambda: print)
    assert manager(a=plugin(vca_cli_commands=lambda: [record])).cli_commands() == {"greet": record}


def test_hook_vca_simulator_routes() -> None:
    record = SimulatorRoutes("sample", "A sample", ())
    assert manager(a=plugin(vca_simulator_routes=lambda: [record])).simulator_routes() == {"sample": record}


def test_hook_vca_transport() -> None:
    class Recorded:
        def send(self, request: Request) -> Response:
            return Response(200)

        def close(self) -> None: ...

    mine = Recorded()
    seen: list[Settings] = []

    def offer(settings: Settings) -> Recorded:
        seen.append(settings)
        return mine

    plugins = manager(declines=plugin(vca_transport=lambda: None), offers=plugin(vca_transport=offer))
    assert plugins.transport(SETTINGS) is mine
    assert seen == [SETTINGS]
    assert manager().transport(SETTINGS) is None


def test_hook_vca_transport_stops_at_the_first_result() -> None:
    asked: list[str] = []

    def offer(name: str) -> Callable[..., Any]:
        def call() -> Any:
            asked.append(name)
            return types.SimpleNamespace(name=name, send=lambda request: Response(200), close=lambda: None)

        return call

    plugins = manager(first=plugin(vca_transport=offer("first")), last=plugin(vca_transport=offer("last")))
    assert cast(Any, plugins.transport(SETTINGS)).name == "last"  # as pluggy does: who registers last is asked first
    assert asked == ["last"]


def test_hook_vca_transport_failure_names_the_plugin() -> None:
    with pytest.raises(PluginError, match="tape.*OSError.*worn out"):
        manager(tape=plugin(vca_transport=_raises(OSError("worn out")))).transport(SETTINGS)


def test_hook_vca_exchange_finished() -> None:
    seen: list[Exchange] = []
    exchange = Exchange(Request("GET", "https://vcd.example.com/api"), Response(200), None, 0.1)
    manager(a=plugin(vca_exchange_finished=lambda exchange: seen.append(exchange))).exchange_finished(exchange)
    assert seen == [exchange]


def test_hook_vca_task_progressed() -> None:
    seen: list[object] = []
    task = cast(Any, object())
    manager(a=plugin(vca_task_progressed=lambda task: seen.append(task))).task_progressed(task)
    assert seen == [task]


def test_hook_vca_write_finished() -> None:
    seen: list[object] = []
    manager(a=plugin(vca_write_finished=lambda record: seen.append(record))).write_finished({"id": "1"})
    assert seen == [{"id": "1"}]


def test_hook_vca_plan_ready() -> None:
    seen: list[object] = []

    def look(plan: object, settings: Settings) -> None:
        seen.extend([plan, settings])

    manager(a=plugin(vca_plan_ready=look)).plan_ready(PLAN, SETTINGS)
    assert seen == [PLAN, SETTINGS]


# -- isolation ---------------------------------------------------------------------------------------------------


def test_failed_import_is_reported_and_other_plugins_work() -> None:
    plugins = loaded(
        FakeEntryPoint("bad", "bad-dist", _raises(ImportError("no module named left_pad"))),
        FakeEntryPoint("good", "good-dist", lambda: plugin(vca_services=lambda: [service("dns")])),
    )
    bad, good = plugins.list_plugins()
    assert (bad.name, bad.distribution, bad.status) == ("bad", "bad-dist", "failed")
    assert bad.error == "ImportError: no module named left_pad"
    assert (good.status, good.hooks) == ("loaded", ("vca_services",))
    assert list(plugins.services()) == ["dns"]


def test_hook_that_raises_disables_only_its_plugin() -> None:
    plugins = manager(
        bad=plugin(vca_services=_raises(ZeroDivisionError("oops")), vca_cli_commands=_nothing),
        good=plugin(vca_services=lambda: [service("dns")]),
    )
    assert list(plugins.services()) == ["dns"]
    status = {info.name: (info.status, info.error) for info in plugins.list_plugins()}
    assert status == {"bad": ("failed", "ZeroDivisionError: oops"), "good": ("loaded", "")}


@pytest.mark.parametrize("result", [["dns"], [CommandRecord("dns", "", lambda: None)]])
def test_hook_with_invalid_result_fails_the_plugin(result: list[Any]) -> None:
    plugins = manager(bad=plugin(vca_services=lambda: result))
    assert plugins.services() == {}
    assert "ServiceRecord" in plugins.list_plugins()[0].error


def test_unknown_hook_is_rejected_by_name() -> None:
    plugins = manager(new=plugin(vca_tea_ready=lambda: None), good=plugin(vca_services=lambda: [service("dns")]))
    assert "vca_tea_ready" in {info.name: info.error for info in plugins.list_plugins()}["new"]
    assert list(plugins.services()) == ["dns"]


def test_wrong_argument_name_is_rejected_at_registration() -> None:
    plugins = manager(typo=plugin(vca_task_progressed=lambda tusk: None))
    assert plugins.list_plugins()[0].status == "failed"
    plugins.plan_ready(PLAN, SETTINGS)


@pytest.mark.parametrize(
    "guard",
    [
        plugin(vca_plan_ready=lambda plam: None),
        plugin(vca_plan_ready=lambda plan: None, vca_tea_ready=lambda: None),
        types.SimpleNamespace(vca_plan_ready=hookimpl(lambda plan: None), vcloudair_api_version=2),
        types.SimpleNamespace(guard=hookimpl(specname="vca_plan_ready")(lambda plam: None)),
    ],
)
def test_policy_plugin_that_fails_to_register_rejects_every_plan(guard: object) -> None:
    plugins = manager(guard=guard)
    assert plugins.list_plugins()[0].status == "failed"
    with pytest.raises(PlanRejectedError, match="guard: the plugin could not be loaded") as caught:
        plugins.plan_ready(PLAN, SETTINGS)
    assert "VCA_DISABLE_PLUGINS=guard" in caught.value.hint
    manager({"VCA_DISABLE_PLUGINS": "guard"}, guard=guard).plan_ready(PLAN, SETTINGS)


def test_policy_plugin_that_fails_to_import_rejects_every_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guard_a.py").write_text("import no_such_module\ndef vca_plan_ready(plan): ...\n")
    (tmp_path / "guard_b").mkdir()
    (tmp_path / "guard_b" / "__init__.py").write_text("import no_such_module\n")
    (tmp_path / "guard_b" / "checks.py").write_text("def vca_plan_ready(plan): ...\n")
    (tmp_path / "no_guard.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    for value in ("guard_a", "guard_b", "guard_b.checks:plugin"):
        plugins = loaded(FakeEntryPoint("guard", "dist", _raises(ImportError("no_such_module")), value=value))
        with pytest.raises(PlanRejectedError, match="guard"):
            plugins.plan_ready(PLAN, SETTINGS)
    for value in ("no_guard", "not_there", "a b c::"):
        failing = FakeEntryPoint("guard", "dist", _raises(ImportError("no_such_module")), value=value)
        loaded(failing).plan_ready(PLAN, SETTINGS)


@pytest.mark.parametrize("error", [MemoryError, RecursionError, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_policy_that_raises_any_error_rejects_the_plan(error: type[BaseException]) -> None:
    with pytest.raises(PlanRejectedError, match=error.__name__):
        manager(guard=plugin(vca_plan_ready=_raises(error()))).plan_ready(PLAN, SETTINGS)


def test_keyboard_interrupt_in_a_policy_is_raised() -> None:
    with pytest.raises(KeyboardInterrupt):
        manager(guard=plugin(vca_plan_ready=_raises(KeyboardInterrupt()))).plan_ready(PLAN, SETTINGS)


@pytest.mark.parametrize("result", [False, True, 0, 1, b"no", {"a": 1}, [None], [1], object()])
def test_policy_with_invalid_result_rejects_the_plan(result: object) -> None:
    with pytest.raises(PlanRejectedError, match="guard.*TypeError"):
        manager(guard=plugin(vca_plan_ready=lambda: result)).plan_ready(PLAN, SETTINGS)


@pytest.mark.parametrize(("result", "warnings"), [(None, []), ([], []), ("one", ["one"]), (("a", "b"), ["a", "b"])])
def test_policy_returns_none_or_warnings(result: object, warnings: list[str]) -> None:
    assert manager(guard=plugin(vca_plan_ready=lambda: result)).plan_ready(PLAN, SETTINGS) == warnings


def test_no_plugin_can_take_the_name_of_a_built_in_plugin() -> None:
    plugins = loaded(
        FakeEntryPoint("policy", "aaa", lambda: plugin(vca_services=lambda: [service("x")]), value="aaa.plugin"),
        FakeEntryPoint(
            "policy", "vcloudair-core", lambda: protected_names, value="vcloudair_core.plugin.protected_names"
        ),
        FakeEntryPoint("ans", "zzz", plugin, value="vcloudair_core.services.ans.plugin"),
    )
    infos = {info.distribution: info for info in plugins.list_plugins()}
    assert (infos["vcloudair-core"].status, infos["aaa"].status) == ("loaded", "failed")
    assert "'policy' is already taken by policy (vcloudair-core 1.0)" in infos["aaa"].error
    assert not plugins.is_built_in("ans (zzz 1.0)") and plugins.is_built_in("policy (vcloudair-core 1.0)")
    assert plugins.services() == {}


def test_policy_with_a_taken_name_rejects_every_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late_guard.py").write_text("def vca_plan_ready(plan): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugins = loaded(
        FakeEntryPoint("guard", "dist-a", plugin, value="a.plugin"),
        FakeEntryPoint("guard", "dist-b", plugin, value="late_guard"),
    )
    with pytest.raises(PlanRejectedError, match=r"already taken by guard \(dist-a 1.0\)"):
        plugins.plan_ready(PLAN, SETTINGS)


def test_output_of_hooks_does_not_reach_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    def noisy(result: Any) -> Callable[..., Any]:
        def call() -> Any:
            print("noise")
            return result

        return call

    plugins = manager(
        noisy=plugin(
            vca_exchange_finished=noisy(None), vca_task_progressed=noisy(None), vca_plan_ready=noisy(None),
            vca_transport=noisy(None), vca_services=noisy([]),
        )
    )  # fmt: skip
    plugins.exchange_finished(cast(Any, None))
    plugins.task_progressed(cast(Any, None))
    plugins.plan_ready(PLAN, SETTINGS)
    plugins.transport(SETTINGS)
    plugins.services()
    said = capfd.readouterr()
    assert said.out == "" and said.err.count("noise") == 5


def test_other_api_version_is_rejected(caplog: pytest.LogCaptureFixture) -> None:
    future = plugin(vca_services=lambda: [service("dns")])
    future.vcloudair_api_version = 2
    with caplog.at_level("WARNING"):
        info = manager(future=future).list_plugins()[0]
    assert (info.status, info.api_version) == ("failed", 2)
    assert info.error == (
        "it requires plugin API 2, but vcloudair-core has plugin API 1; install a version of future for plugin API 1"
    )
    assert "Plugin future failed and is not used. Reason: it requires plugin API 2" in caplog.text


def test_installed_plugin_must_state_an_api_version() -> None:
    silent = types.SimpleNamespace(vca_services=hookimpl(lambda: [service("dns")]))
    plugins = loaded(FakeEntryPoint("silent", "dist", lambda: silent), FakeEntryPoint("good", "other", plugin))
    good, info = plugins.list_plugins()
    assert (good.status, good.api_version) == ("loaded", 1)
    assert (info.status, info.api_version, plugins.services()) == ("failed", None, {})
    assert info.error == ("the module does not state its plugin API version; define vcloudair_api_version = 1 in it")


def test_registered_object_needs_no_api_version() -> None:
    silent = types.SimpleNamespace(vca_services=hookimpl(lambda: [service("dns")]))
    assert list(manager(silent=silent).services()) == ["dns"]


def test_errors_of_observers_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[object] = []
    plugins = manager(
        bad=plugin(vca_task_progressed=_raises(ValueError("no screen"))),
        good=plugin(vca_task_progressed=lambda task: seen.append(task)),
    )
    plugins.task_progressed(PLAN)
    assert seen == [PLAN]
    assert "bad failed in vca_task_progressed. ValueError: no screen" in caplog.text
    assert [info.status for info in plugins.list_plugins()] == ["loaded", "loaded"]


def test_rejection_names_the_plugin_and_keeps_its_hint() -> None:
    plugins = manager(policy=plugin(vca_plan_ready=_raises(PlanRejectedError("any to any", hint="Narrow it."))))
    with pytest.raises(PlanRejectedError) as caught:
        plugins.plan_ready(PLAN, SETTINGS)
    assert (caught.value.plugin, caught.value.reason, caught.value.hint) == ("policy", "any to any", "Narrow it.")


def test_failed_policy_rejects_the_plan() -> None:
    with pytest.raises(PlanRejectedError, match="policy.*the policy failed: KeyError") as caught:
        manager(policy=plugin(vca_plan_ready=_raises(KeyError("rules")))).plan_ready(PLAN, SETTINGS)
    assert "VCA_DISABLE_PLUGINS=policy" in caught.value.hint


def test_policy_runs_although_another_hook_of_the_plugin_failed() -> None:
    plugins = manager(
        policy=plugin(vca_services=_raises(ValueError("oops")), vca_plan_ready=_raises(PlanRejectedError("any to any")))
    )
    assert plugins.services() == {}
    with pytest.raises(PlanRejectedError, match="any to any"):
        plugins.plan_ready(PLAN, SETTINGS)


# -- names -------------------------------------------------------------------------------------------------------


def test_duplicate_record_name_is_an_error_with_both_distributions() -> None:
    plugins = loaded(
        FakeEntryPoint("one", "dist-one", lambda: plugin(vca_services=lambda: [service("dns")])),
        FakeEntryPoint("two", "dist-two", lambda: plugin(vca_services=lambda: [service("dns")])),
    )
    with pytest.raises(PluginError, match=r"'dns': one \(dist-one 1.0\) and two \(dist-two 1.0\)"):
        plugins.services()
    assert plugins.cli_commands() == {}  # another hook is not touched by it


def test_second_plugin_with_the_same_name_fails() -> None:
    plugins = loaded(
        FakeEntryPoint("dns", "dist-a", lambda: plugin(vca_services=lambda: [service("a")]), value="a.plugin"),
        FakeEntryPoint("dns", "dist-b", lambda: plugin(vca_services=lambda: [service("b")]), value="b.plugin"),
    )
    assert list(plugins.services()) == ["a"]
    failed = [info for info in plugins.list_plugins() if info.status == "failed"]
    assert [info.distribution for info in failed] == ["dist-b"]
    assert "dist-a 1.0" in failed[0].error


def test_duplicate_entry_point_is_one_plugin() -> None:
    same = plugin(vca_services=lambda: [service("dns")])
    plugins = loaded(FakeEntryPoint("dns", "dist", lambda: same), FakeEntryPoint("dns", "dist", lambda: same))
    assert [info.status for info in plugins.list_plugins()] == ["loaded"]


def test_object_cannot_be_registered_under_a_taken_name() -> None:
    plugins = manager(dns=plugin())
    with pytest.raises(PluginError, match="already registered"):
        plugins.register(plugin(), "dns")


def test_provider_of_a_record_is_known_after_collection() -> None:
    plugins = loaded(FakeEntryPoint("one", "dist-one", lambda: plugin(vca_services=lambda: [service("dns")])))
    assert plugins.provider("vca_services", "dns") == ""
    plugins.services()
    assert plugins.provider("vca_services", "dns") == "one (dist-one 1.0)"
    assert plugins.provider("vca_services", "other") == ""


def test_plugins_load_in_the_order_of_their_names() -> None:
    order: list[str] = []

    def note(name: str) -> FakeEntryPoint:
        return FakeEntryPoint(name, name, lambda: order.append(name) or plugin())  # type: ignore[func-returns-value]

    loaded(note("c"), note("a"), note("b"))
    assert order == ["a", "b", "c"]


# -- environment -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["dns", "other,dns", " other dns "])
def test_vca_disable_plugins_prevents_the_import(value: str) -> None:
    plugins = loaded(
        FakeEntryPoint("dns", "dist", _raises(SystemError("imported"))), environ={"VCA_DISABLE_PLUGINS": value}
    )
    assert [(info.status, info.error) for info in plugins.list_plugins()] == [("disabled", "")]


def test_vca_disable_plugins_applies_to_registered_objects() -> None:
    plugins = manager({"VCA_DISABLE_PLUGINS": "dns"}, dns=plugin(vca_services=lambda: [service("dns")]))
    assert plugins.services() == {}


def test_vca_trace_plugins_shows_each_call(capsys: pytest.CaptureFixture[str]) -> None:
    manager({"VCA_TRACE_PLUGINS": "1"}, dns=plugin(vca_services=lambda: [service("dns")])).services()
    assert capsys.readouterr().err == "vca: vca_services -> dns\n"


@pytest.mark.parametrize("value", ["", "0"])
def test_vca_trace_plugins_is_off_by_default(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    manager({"VCA_TRACE_PLUGINS": value}, dns=plugin(vca_services=lambda: [service("dns")])).services()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("load", "why"),
    [
        (_raises(ImportError("gone")), "ImportError: gone"),
        (lambda: types.SimpleNamespace(vcloudair_api_version=9), "plugin API 9"),
    ],
)
def test_vca_require_plugins_fails_for_a_failed_plugin(load: Callable[[], object], why: str) -> None:
    with pytest.raises(PluginError, match=why) as caught:
        loaded(FakeEntryPoint("policy", "dist", load), environ={"VCA_REQUIRE_PLUGINS": "policy"})
    assert caught.value.plugin == "policy"


def test_vca_require_plugins_fails_for_a_missing_or_disabled_plugin() -> None:
    with pytest.raises(PluginError, match="not installed"):
        loaded(environ={"VCA_REQUIRE_PLUGINS": "policy"})
    both = {"VCA_REQUIRE_PLUGINS": "policy", "VCA_DISABLE_PLUGINS": "policy"}
    with pytest.raises(PluginError, match="disabled"):
        loaded(FakeEntryPoint("policy", "dist", plugin), environ=both)


def test_vca_require_plugins_passes_for_loaded_plugins() -> None:
    loaded(FakeEntryPoint("policy", "dist", plugin), environ={"VCA_REQUIRE_PLUGINS": "policy"})


# -- the surface -------------------------------------------------------------------------------------------------


def test_every_hook_has_a_typed_method() -> None:
    specs = {name for name in vars(hooks) if name.startswith("vca_")}
    methods = {f"vca_{name}" for name in vars(PluginManager) if not name.startswith("_")}
    assert specs <= methods


def test_library_errors_of_a_transport_plugin_are_raised_unchanged() -> None:
    with pytest.raises(ConfigurationError, match="no tape"):
        manager(tape=plugin(vca_transport=_raises(ConfigurationError("no tape")))).transport(SETTINGS)
