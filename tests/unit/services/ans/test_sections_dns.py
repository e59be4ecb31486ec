"""Tests of DNS forwarding on simulated edge gateways of both backends.

Source: protocol/ans.md §5, protocol/nsxt.md §10.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.fakes import SectionSession
from tests.unit.services.ans.two_backends import BACKENDS, Harness, harness
from vcloudair_core.engine.desired import Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.errors import ConfigurationError, ConflictError, SpecError
from vcloudair_core.services.ans.dns.section import SECTION
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind
from vcloudair_core.simulator.nsxt.nat.rule_routes import nat_state
from vcloudair_core.simulator.nsxt.network_services.dns_forwarder import dns_state

DNS, ZONE = "ans.dns", "ans.dns_zone"
NSXV = [name for name in BACKENDS if name.startswith("nsxv")]
OFF: dict[str, Any] = {"enabled": False, "servers": [], "zones": [], "allow_empty": True}


@pytest.fixture(params=BACKENDS)
def edge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with harness(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def nsxt(tmp_path: Path) -> Iterator[Harness]:
    with harness(tmp_path, "nsxt 39.1") as made:
        yield made


def spec_of(edge: Harness, **more: Any) -> dict[str, Any]:
    listener = {"listener_ip": "10.255.255.1"} if edge.is_nsxt else {}
    return {"enabled": True, "servers": ["192.0.2.1", "192.0.2.2"], **listener, **more}


def reads(edge: Harness) -> int:
    return edge.journal.count("GET", "/dns")


def test_dns_is_enabled_changed_and_turned_off(edge: Harness) -> None:
    spec = spec_of(edge)
    predicted = edge.ensure(DNS, spec, check=True)
    assert (predicted.changed, edge.writes()) == (True, [])
    first = edge.ensure(DNS, spec)
    assert (edge.writes(), first.after) == (["PUT"], predicted.after)
    assert not edge.ensure(DNS, spec).changed
    assert (edge.writes(), reads(edge)) == ([], 1)
    exported = edge.client.read(DNS)
    assert (exported["enabled"], exported["servers"]) == (True, ["192.0.2.1", "192.0.2.2"])
    assert not edge.ensure(DNS, exported, "exact").changed
    assert edge.ensure(DNS, {"servers": ["192.0.2.2", "192.0.2.1"]}).changed, "the order of servers matters"
    assert edge.ensure(DNS, OFF, "exact").changed
    assert edge.writes() == ["DELETE" if edge.is_nsxt else "PUT"]
    assert not edge.ensure(DNS, OFF, "exact").changed


@pytest.mark.parametrize("backend", NSXV)
def test_cache_and_logging_of_nsxv(tmp_path: Path, backend: str) -> None:
    spec = {"cache_size": 128, "logging": True, "log_level": "warning"}
    with harness(tmp_path, backend) as edge:
        assert edge.ensure(DNS, spec).plan.changes[0].fields == ("cache_size", "logging", "log_level")
        assert not edge.ensure(DNS, spec).changed
        shown = edge.client.read(DNS)
        assert {name: shown[name] for name in spec} == spec
        assert edge.ensure(DNS, {"enabled": False}, "exact").changed
        assert edge.client.read(DNS)["cache_size"] == 16


def test_conditional_zones_keep_their_ids(nsxt: Harness) -> None:
    zone = {"name": "corp", "domains": ["corp.example", "Lab.Example."], "servers": ["10.9.0.1"]}
    nsxt.ensure(DNS, spec_of(nsxt, zones=[zone]))
    (stored,) = dns_state(nsxt.edge)["config"]["conditionalForwarderZones"]
    assert not nsxt.ensure(ZONE, {**zone, "domains": ["lab.example", "CORP.example"]}).changed
    assert nsxt.ensure(ZONE, [{"name": "corp", "servers": ["10.9.0.2"]}, {**zone, "name": "other"}]).changed
    assert nsxt.writes() == ["PUT"]
    first, second = dns_state(nsxt.edge)["config"]["conditionalForwarderZones"]
    assert (first["id"], first["upstreamServers"]) == (stored["id"], ["10.9.0.2"])
    assert second["displayName"] == "other"
    assert nsxt.ensure(DNS, {"zones": [{"name": "corp"}]}, "exact_lists").plan.summary() == "1 to delete"
    nsxt.ensure(ZONE, {"name": "corp"}, "absent")
    config = dns_state(nsxt.edge)["config"]
    assert (config["enabled"], config["conditionalForwarderZones"]) == (True, [])
    with pytest.raises(SpecError, match="domains: is required, because the zone does not exist yet"):
        nsxt.ensure(ZONE, {"name": "new", "servers": ["10.9.0.1"]})


def test_the_default_zone_keeps_its_name_and_id(nsxt: Harness) -> None:
    nsxt.ensure(DNS, spec_of(nsxt))
    zone = dns_state(nsxt.edge)["config"]["defaultForwarderZone"]
    zone["displayName"] = "chosen in the portal"
    nsxt.ensure(DNS, {"servers": ["192.0.2.3"]})
    changed = dns_state(nsxt.edge)["config"]["defaultForwarderZone"]
    assert changed == {**zone, "upstreamServers": ["192.0.2.3"]}


def test_snat_adds_a_rule_of_the_system(nsxt: Harness) -> None:
    spec = spec_of(nsxt, snat_enabled=True, snat_ip=nsxt.edge.external_address)
    assert nsxt.ensure(DNS, spec).changed
    assert not nsxt.ensure(DNS, spec).changed
    assert [rule["systemRule"] for rule in nat_state(nsxt.edge)["rules"]] == [True]
    assert nsxt.ensure(DNS, {"snat_enabled": False, "clear": ["snat_ip"]}).changed
    assert nat_state(nsxt.edge)["rules"] == []


def test_enabling_needs_a_listener_and_servers_on_nsxt(nsxt: Harness) -> None:
    with pytest.raises(SpecError) as caught:
        nsxt.ensure(DNS, {"enabled": True})
    assert [problem.path for problem in caught.value.problems] == ["listener_ip", "servers"]
    assert nsxt.writes() == []


def test_a_change_of_another_client_is_a_conflict(nsxt: Harness) -> None:
    nsxt.ensure(DNS, spec_of(nsxt))
    kind: Any = SectionKind(SECTION)
    store: Any = kind.open(nsxt.client.session, {})
    base = store.read()
    nsxt.ensure(DNS, {"servers": ["192.0.2.9"]})
    plan = kind.plan(base, Present((kind.parse({"servers": ["192.0.2.3"]}),)))
    with pytest.raises(ConflictError, match="another client has changed the dns section"):
        store.commit(base, kind.merge(base, plan))
    assert nsxt.client.read(DNS)["servers"] == ["192.0.2.9"]


@pytest.mark.parametrize(
    ("backend", "spec", "reason"),
    [
        (NSXV[0], {"listener_ip": "10.0.0.1"}, "listens on interfaces"),
        (NSXV[0], {"snat_enabled": True}, "queries need no SNAT"),
        (NSXV[0], {"zones": [{"name": "x", "domains": ["x"], "servers": ["10.0.0.1"]}]}, "no conditional zones"),
        ("nsxt 39.1", {"cache_size": 32}, "the cache belongs to the provider"),
        ("nsxt 39.1", {"logging": True}, "queries are not logged"),
        ("nsxt 39.1", {"log_level": "debug"}, "queries are not logged"),
    ],
)
def test_unsupported_options_are_refused_before_anything_is_read(
    tmp_path: Path, backend: str, spec: dict[str, Any], reason: str
) -> None:
    with harness(tmp_path, backend) as edge:
        with pytest.raises(SpecError, match=reason) as caught:
            edge.ensure(DNS, spec)
        assert caught.value.problems[0].hint
        assert (reads(edge), edge.writes()) == (0, [])


def test_dns_without_servers_gets_a_warning(tmp_path: Path) -> None:
    with harness(tmp_path, NSXV[0]) as edge:
        assert "has no DNS servers" in edge.ensure(DNS, {"enabled": True}).warnings[0]


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"servers": ["x"]}, "servers", "'x' is not an IP address"),
        ({"listener_ip": "x"}, "listener_ip", "'x' is not an IP address"),
        ({"snat_ip": "x"}, "snat_ip", "'x' is not an IP address"),
        ({"cache_size": 0}, "cache_size", "0 is out of range"),
        ({"log_level": "loud"}, "log_level", "'loud'"),
        ({"zones": [{"domains": ["x"]}]}, "zones[0].name", "is required"),
        ({"zones": [{"name": "x", "domains": ["a b"]}]}, "zones[0].domains", "'a b' is not a domain name"),
        ({"zones": [{"name": "x", "domains": []}]}, "zones[0].domains", "is empty"),
        ({"zones": [{"name": "x"}, {"name": "x"}]}, "zones[1].name", "'x' is already listed at zones[0]"),
    ],
)
def test_invalid_input(spec: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        SectionKind(SECTION).parse(spec)
    problem = caught.value.problems[0]
    assert problem.path == field
    assert reason in problem.reason


XML = b"""<dns><version>3</version><enabled>true</enabled><dnsViews><dnsView>
<viewId>view-0</viewId><name>v</name></dnsView></dnsViews><listeners><vnic>any</vnic></listeners><cacheSize>16</cacheSize><future>1</future></dns>"""
JSON = {
    "featureType": "dns",
    "version": 3,
    "enabled": True,
    "dnsViews": {"dnsView": [{"viewId": "view-0", "name": "v"}]},
    "listeners": {"vnic": ["any"]},
    "cacheSize": 16,
    "future": 1,
}


@pytest.mark.parametrize(
    ("edge_api", "body"), [("network_xml", XML), ("network_json", json.dumps(JSON).encode())], ids=["xml", "json"]
)
def test_views_listeners_and_unknown_values_are_kept(edge_api: str, body: bytes) -> None:
    kind: Any = SectionKind(SECTION)
    session: Any = SectionSession("/dns/config", body, edge_api=edge_api)
    store = kind.open(session, {})
    assert kind.project(store.read())["zones"] == []
    spec = kind.parse({"enabled": True, "servers": ["192.0.2.1"], "zones": [], "logging": True})
    assert ensure(kind, store, Exactly((spec,))).changed
    text = session.body.decode()
    for word in ("view-0", "listeners", "future", "192.0.2.1", "info" if "logLevel" in text else "enable"):
        assert word in text
    assert not ensure(kind, store, Present((spec,))).changed


def test_a_document_without_views_gets_none() -> None:
    body = json.dumps({key: value for key, value in JSON.items() if key != "dnsViews"}).encode()
    kind: Any = SectionKind(SECTION)
    session: Any = SectionSession("/dns/config", body, edge_api="network_json")
    ensure(kind, kind.open(session, {}), Present((kind.parse({"cache_size": 32}),)))
    assert "dnsViews" not in json.loads(session.body)


def test_vcloud_air_has_no_dns_section() -> None:
    session: Any = SectionSession("/dns/config", XML, edge_api="hybridity")
    with pytest.raises(ConfigurationError):
        RuleKind(SECTION).open(session, {})
