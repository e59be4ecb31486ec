"""Check that the conformance suite reports the error in each faulty plugin."""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from vcloudair_core import App, Client, hookimpl
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.plugin.plugin_info import PluginInfo
from vcloudair_core.plugin.records import CommandRecord, KindRecord, RecordType, ServiceRecord, SimulatorRoutes
from vcloudair_core.plugin.records import SimulatorRoute as Route
from vcloudair_core.services.ans.ipsec.section import SECTION as IPSEC
from vcloudair_core.services.ans.nat.section import SECTION as NAT_SECTION
from vcloudair_core.services.ans.section.kinds import RuleKind
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import Example, RequestView, kind_checks, plugin_checks, simulator_settings
from vcloudair_core.transport.messages import Response

RULE = {
    "action": "dnat",
    "vnic": 0,
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "192.168.10.20",
    "protocol": "tcp",
}
NAT = Example("ans.nat_rule", [RULE], [{**RULE, "translated_port": "8443"}])
PSK = "a key that must stay hidden"
TUNNEL = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": PSK,
}
VPN = Example("ans.ipsec_tunnel", [TUNNEL], [{**TUNNEL, "mtu": 1400}])


class _Faulty(RuleKind):
    """A correct resource kind. Each subclass adds one error."""

    def __init__(self) -> None:
        super().__init__(NAT_SECTION)

    def raw(self, document: Document) -> list[Any]:
        return list(document.tree["rules"]["natRulesDtos"])

    def with_raw(self, document: Document, rules: list[Any]) -> Document:
        return replace(document, tree={**document.tree, "rules": {"natRulesDtos": rules}})


class AcceptsAnything(_Faulty):
    def parse(self, data: Mapping[str, Any]) -> Any:
        return super().parse({name: value for name, value in data.items() if name in RULE})


class Crashes(_Faulty):
    def parse(self, data: Mapping[str, Any]) -> Any:
        data["protocol"].strip()
        return super().parse(data)


class ChangesInPlace(_Faulty):
    def merge(self, document: Document, plan: Plan) -> Document:
        merged = super().merge(document, plan)
        document.tree["enabled"] = not document.tree["enabled"]
        return merged


class NeverSettles(_Faulty):
    def plan(self, document: Document, desired: Any) -> Plan:
        plan = super().plan(document, desired)
        return replace(plan, changes=(*plan.changes, Change("update", "rule", {"a": 1}, {"a": 2}, ("a",))))


class ForgetsFields(_Faulty):
    def merge(self, document: Document, plan: Plan) -> Document:
        merged = super().merge(document, plan)
        rules = [{key: value for key, value in rule.items() if "Tomorrow" not in key} for rule in self.raw(merged)]
        return self.with_raw(merged, rules)


class ReportsNoLosses(_Faulty):
    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        return []


class ProjectsUnknownKeys(_Faulty):
    def project(self, document: Document) -> list[dict[str, Any]]:
        return [{**rule, "seen_by": "server"} for rule in super().project(document)]


class HasAnotherName(_Faulty):
    def __init__(self) -> None:
        super().__init__()
        self.name = "ans.other"


class CreatesDuplicates(_Faulty):
    def validate(self, desired: Any) -> None:
        """Accept every spec."""


class WritesTwice(_Faulty):
    def open(self, session: Any, target: Mapping[str, Any]) -> Any:
        store = cast("Any", super().open(session, target))
        once = store.commit

        def commit(base: Document, document: Document) -> None:
            once(base, document)
            store.commit = once
            store._put(replace(document, version=None))

        store.commit = commit
        return store


class ReadsTwice(_Faulty):
    def open(self, session: Any, target: Mapping[str, Any]) -> Any:
        store = cast("Any", super().open(session, target))
        once = store.read
        store.read = lambda: (once(), once())[1]
        return store


class LogsSecrets(RuleKind):
    def __init__(self) -> None:
        super().__init__(IPSEC)

    def plan(self, document: Document, desired: Any) -> Plan:
        plan = super().plan(document, desired)
        return replace(plan, changes=tuple(replace(change, identity=f"branch ({PSK})") for change in plan.changes))


class WritesSecretsToFiles(_Faulty):
    def open(self, session: Any, target: Mapping[str, Any]) -> Any:
        store = cast("Any", super().open(session, target))
        store.dump = lambda document: b'{"featureType": "nat", "rules": {"natRulesDtos": []}}'
        return store


def _settings(simulator: Simulator) -> dict[str, Any]:
    return {**simulator_settings(simulator), "edge_api": "network_json"}


@pytest.fixture
def client(vca_app: App, vca_simulator: Simulator) -> Any:
    with vca_app.client(**_settings(vca_simulator)) as made:
        yield made


def _check(name: str, kind: Any, example: Example, client: Client, request_log: RequestView) -> None:
    check: Callable[..., None] = getattr(kind_checks, name)
    client._loaded[example.kind] = kind
    known = {"kind": kind, "client": client, "request_log": request_log, "example": example, "name": example.kind}
    check(**{word: known[word] for word in inspect.signature(check).parameters})


FAULTS = [
    ("check_declaration", HasAnotherName, "the name of the kind is 'ans.other'"),
    ("check_unknown_field", AcceptsAnything, "accepts the unknown field"),
    ("check_bad_values", Crashes, "protocol: .* raises AttributeError instead of SpecError"),
    ("check_plans_settle", ChangesInPlace, r"merge\(\) changed the document in place"),
    ("check_plans_settle", NeverSettles, r"the plan after merge\(\) is not empty: 1 to update"),
    ("check_round_trip", ProjectsUnknownKeys, "seen_by: unknown field"),
    ("check_keeps_unknown_fields", ForgetsFields, "drops unknown fields: 2 before, 1 after"),
    ("check_losses", ReportsNoLosses, "is empty although the elements of the example are missing"),
    ("check_dump_and_load", WritesSecretsToFiles, "differs from the document"),
    ("check_one_write", WritesTwice, "expected 1 writes"),
    ("check_one_write", ReadsTwice, "expected 1 reads in the second run"),
    ("check_duplicates", CreatesDuplicates, "duplicate specs create 2 elements"),
]


@pytest.mark.parametrize(("check", "kind", "message"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_reports_the_fault_of_a_kind(
    check: str, kind: type[Any], message: str, client: Client, vca_request_log: RequestView
) -> None:
    _check(check, RuleKind(NAT_SECTION), NAT, client, vca_request_log)
    client.ensure("ans.nat", [{"rules": [], "allow_empty": True}], state="exact")
    with pytest.raises(Exception, match=message):
        _check(check, kind(), NAT, client, vca_request_log)


def test_refuses_an_example_without_changes(client: Client) -> None:
    client.ensure(NAT.kind, NAT.specs)
    with pytest.raises(AssertionError, match="use an example that changes something"):
        kind_checks.check_plans_settle(client.kind(NAT.kind), client, NAT)


def test_reports_a_secret_in_a_plan_without_printing_it(vca_app: App, vca_simulator: Simulator) -> None:
    assert VPN.kind in vca_app.plugins.resource_kinds()
    vca_app.plugins._collected["vca_resource_kinds"][VPN.kind] = (
        KindRecord(VPN.kind, "ans", "LogsSecrets", LogsSecrets),
        "ans",
    )
    with pytest.raises(AssertionError, match="a secret of the example is shown") as caught:
        kind_checks.check_secrets(LogsSecrets(), vca_app, simulator_settings(vca_simulator), VPN)
    assert PSK not in str(caught.value)


def test_requires_every_secret_in_an_example(vca_app: App, vca_simulator: Simulator) -> None:
    bare = replace(VPN, specs=[{"name": "branch", "match_by": "name"}], changed=[{"name": "branch"}])
    with pytest.raises(AssertionError, match="set psk in the example"):
        kind_checks.check_secrets(RuleKind(IPSEC), vca_app, simulator_settings(vca_simulator), bare)


# -- plugins -----------------------------------------------------------------------------------------------------


def _nothing() -> list[Any]:
    return []


_hook = hookimpl(lambda: _nothing())


def _info(**functions: Any) -> PluginInfo:
    plugin = types.SimpleNamespace(vcloudair_api_version=1, **functions)
    return PluginInfo("acme", module="acme.plugin", api_version=1, plugin=plugin, hooks=tuple(functions))


def test_reports_a_missing_or_broken_plugin() -> None:
    with pytest.raises(AssertionError, match="plugin 'acme' not found"):
        plugin_checks.check_loaded(None, "acme")
    with pytest.raises(AssertionError, match="plugin acme is failed: ImportError"):
        plugin_checks.check_loaded(PluginInfo("acme", status="failed", error="ImportError: gone"), "acme")
    with pytest.raises(AssertionError, match="add vcloudair_api_version = 1"):
        plugin_checks.check_api_version(PluginInfo("acme"))
    with pytest.raises(AssertionError, match="requires plugin API 2"):
        plugin_checks.check_api_version(PluginInfo("acme", api_version=2))


def test_reports_unmarked_and_unknown_hooks() -> None:
    plugin_checks.check_hook_names(_info(vca_services=_hook))
    with pytest.raises(AssertionError, match="vca_services lacks @hookimpl"):
        plugin_checks.check_hook_names(_info(vca_services=_nothing))
    with pytest.raises(AssertionError, match="unknown hook vca_tea_ready"):
        plugin_checks.check_hook_names(_info(vca_tea_ready=_hook))
    with pytest.raises(AssertionError, match="implements no hook"):
        plugin_checks.check_hook_names(_info())


def test_reports_an_expensive_import() -> None:
    import vcloudair_core.cli.command_tree as expensive

    with pytest.raises(AssertionError, match="importing vcloudair_core.cli.command_tree imports .*typer"):
        plugin_checks.check_import_is_cheap(PluginInfo("acme", plugin=expensive))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (ServiceRecord("two words", "Summary", lambda session: None), "not a valid name"),
        (ServiceRecord("dns", " ", lambda session: None), "has no summary"),
        (ServiceRecord("dns", "One\nTwo", lambda session: None), "more than one line"),
        (KindRecord("zone", "dns", "A zone", cast("Any", None)), "not a valid name for a KindRecord"),
    ],
)
def test_reports_an_incomplete_service_record(record: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        plugin_checks.check_record(record)


def test_reports_a_service_that_sends_requests_on_creation(
    vca_app: App, vca_simulator: Simulator, vca_request_log: RequestView
) -> None:
    eager = types.SimpleNamespace(
        vca_services=hookimpl(lambda: [ServiceRecord("eager", "Asks", lambda session: session.login())])
    )
    vca_app.plugins.register(eager, "eager")
    client = vca_app.client(**simulator_settings(vca_simulator))
    with client, pytest.raises(AssertionError, match="creating the service eager sends requests"):
        plugin_checks.check_service("eager", client, vca_request_log)


@pytest.mark.parametrize(
    ("record_type", "message"),
    [
        (RecordType("license", "LicenseRecord", attributes={"seats": "number"}), "unknown types: number"),
        (RecordType("license", ""), "record_element of license is empty"),
        (RecordType("license", "LicenseRecord", since={"seats": "5.5"}), "in since but not in attributes: seats"),
    ],
)
def test_reports_an_invalid_record_type(record_type: RecordType, message: str, vca_client: Client) -> None:
    with pytest.raises(AssertionError, match=message):
        plugin_checks.check_record_type(record_type, vca_client)


def test_reports_a_command_or_option_without_help() -> None:
    import typer

    def silent(name: str = typer.Option("", "--name")) -> None:
        """Do nothing. The command has a help text, but its option has none."""

    with pytest.raises(AssertionError, match="missing help: vca silent name"):
        plugin_checks.check_command(CommandRecord("silent", "Says little.", lambda: silent), PluginManager())


@pytest.mark.parametrize(
    ("handler", "auth", "message"),
    [
        (lambda context: Response(500), True, "returns 500 for the body"),
        (lambda context: Response(401), True, "returns 401 with a session"),
        (lambda context: context.request.body[100], True, "raises IndexError for the body b''"),
    ],
)
def test_reports_a_route_with_an_invalid_response(handler: Any, auth: bool, message: str) -> None:
    route = Route("GET", "/api/acme/{thing_id}", handler, auth=auth)
    simulator = Simulator(SimulatorConfig(), routes=[SimulatorRoutes("acme", "Acme", (route,))])
    with pytest.raises(AssertionError, match=message):
        plugin_checks.check_route(route, simulator)


def test_reports_a_route_without_authentication() -> None:
    open_to_all = Route("GET", "/api/acme", lambda context: Response(200), auth=False)
    simulator = Simulator(SimulatorConfig(), routes=[SimulatorRoutes("acme", "Acme", (open_to_all,))])
    plugin_checks.check_route(open_to_all, simulator)
    with pytest.raises(AssertionError, match="returns 200 without a session; expected 401"):
        plugin_checks.check_route(dataclasses.replace(open_to_all, auth=True), simulator)


def test_reports_a_kind_of_an_unknown_service() -> None:
    with pytest.raises(AssertionError, match="no plugin offers the service 'dns'"):
        plugin_checks.check_kind_record(KindRecord("dns.zone", "dns", "A zone", cast("Any", None)), {})
