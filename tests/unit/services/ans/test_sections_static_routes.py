"""Tests of static routes on simulated edge gateways of both backends.

Source: protocol/ans.md §5, protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.fakes import SectionSession
from tests.unit.services.ans.two_backends import BACKENDS, Harness, harness
from vcloudair_core.engine.desired import Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.errors import (
    AmbiguousMatchError,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    SpecError,
)
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind
from vcloudair_core.services.ans.static_routes.section import SECTION
from vcloudair_core.simulator.edge_services import static_routing
from vcloudair_core.simulator.nsxt.network_services.static_routes import route_state

SINGLE, WHOLE = "ans.static_route", "ans.static_routes"
PATHS = ("routing/config/static", "routing/staticRoutes")
NSXV = [name for name in BACKENDS if name.startswith("nsxv")]


@pytest.fixture(params=BACKENDS)
def edge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with harness(tmp_path, request.param) as made:
        yield made


@pytest.fixture(params=NSXV)
def nsxv(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with harness(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def nsxt(tmp_path: Path) -> Iterator[Harness]:
    with harness(tmp_path, "nsxt 39.1") as made:
        yield made


def route(edge: Harness, network: str = "10.9.0.0/16", last: int = 254, **more: Any) -> dict[str, Any]:
    address = f"{edge.hop.rpartition('.')[0]}.{last}"
    return {"network": network, "next_hops": [{"address": address}], **more}


def reads(edge: Harness) -> int:
    return sum(edge.reads(path) for path in PATHS)


def server_routes(edge: Harness) -> list[tuple[str, str]]:
    """Return the network and the first next hop of each route on the server."""
    if edge.is_nsxt:
        return [(item["networkCidr"], item["nextHops"][0]["ipAddress"]) for item in route_state(edge.edge)["routes"]]
    return [(item["network"], item["nextHop"]) for item in static_routing.state_of(edge.edge)["routes"]]


def test_a_route_is_created_changed_and_deleted(edge: Harness) -> None:
    spec = route(edge, description="to the data center")
    predicted = edge.ensure(SINGLE, spec, check=True)
    assert (predicted.plan.summary(), edge.writes()) == ("1 to create", [])
    created = edge.ensure(SINGLE, spec)
    assert edge.writes() == ["POST" if edge.is_nsxt else "PUT"]
    assert _comparable(predicted.after[0]) == _comparable(created.after[0])
    assert not edge.ensure(SINGLE, spec).changed
    assert (edge.writes(), reads(edge)) == ([], 1)

    moved = edge.ensure(SINGLE, route(edge, last=253))
    assert (moved.plan.changes[0].fields, edge.writes()) == (("next_hops",), ["PUT"])
    assert server_routes(edge) == [("10.9.0.0/16", moved.after[0]["next_hops"][0]["address"])]
    assert moved.after[0]["description"] == "to the data center"

    assert edge.ensure(SINGLE, {"network": "10.9.0.0/16"}, "absent").changed
    assert (edge.writes(), server_routes(edge)) == (["DELETE" if edge.is_nsxt else "PUT"], [])
    assert not edge.ensure(SINGLE, {"network": "10.9.0.0/16"}, "absent").changed


def test_an_exact_list_deletes_other_routes_and_an_export_is_accepted(edge: Harness) -> None:
    edge.ensure(WHOLE, {"routes": [route(edge, f"10.{at}.0.0/16") for at in range(3)]})
    exported = edge.client.read(WHOLE)
    assert not edge.ensure(WHOLE, exported, "exact").changed
    result = edge.ensure(WHOLE, {"routes": [route(edge, "10.2.0.0/16", description="kept")]}, "exact")
    assert result.plan.summary() == "1 to update, 2 to delete"
    assert edge.writes() == (["PUT", "DELETE", "DELETE"] if edge.is_nsxt else ["PUT"])
    assert [network for network, _ in server_routes(edge)] == ["10.2.0.0/16"]
    with pytest.raises(SpecError, match="the list is empty"):
        edge.ensure(WHOLE, {"routes": []}, "exact")
    assert edge.ensure(WHOLE, {"routes": [], "allow_empty": True}, "exact").changed
    assert server_routes(edge) == []


def test_distances_and_ignored_spellings(edge: Harness) -> None:
    spec = route(edge)
    spec["next_hops"][0]["distance"] = 7
    edge.ensure(SINGLE, spec)
    assert edge.client.read(SINGLE)[0]["next_hops"] == [{"address": edge.hop, "distance": 7}]
    spec["next_hops"][0]["distance"] = "7"
    same = edge.ensure(SINGLE, {**spec, "network": "10.9.1.1/16"})
    assert not same.changed
    assert edge.ensure(SINGLE, route(edge)).plan.changes[0].fields == ("next_hops",), "the default is 1"


def test_several_routes_to_one_network_are_told_apart_by_next_hop(nsxv: Harness) -> None:
    first, second = route(nsxv), route(nsxv, last=253, match_by="next_hop")
    nsxv.ensure(SINGLE, [first, second])
    assert len(server_routes(nsxv)) == 2
    assert not nsxv.ensure(SINGLE, first).changed
    with pytest.raises(AmbiguousMatchError, match=r"2 static routes are to 10\.9\.0\.0/16") as caught:
        nsxv.ensure(SINGLE, route(nsxv, last=252))
    assert "next_hop" in (caught.value.hint or "")
    exported = nsxv.client.read(WHOLE)
    assert not nsxv.ensure(WHOLE, exported, "exact").changed
    nsxv.ensure(SINGLE, second, "absent")
    assert server_routes(nsxv) == [("10.9.0.0/16", "192.168.10.254")]


def test_the_default_route_is_kept_unless_it_is_given(nsxv: Harness) -> None:
    gateway = nsxv.edge.external_address.rpartition(".")[0] + ".1"
    spec = {"default_gateway": gateway, "default_gateway_vnic": 0, "default_gateway_description": "out"}
    assert nsxv.ensure(WHOLE, spec).plan.changes[0].identity == "settings"
    assert not nsxv.ensure(WHOLE, spec).changed
    nsxv.ensure(WHOLE, {"routes": [route(nsxv)]}, "exact")
    shown = nsxv.client.read(WHOLE)
    assert (shown["default_gateway"], shown["default_gateway_vnic"]) == (gateway, 0)
    assert nsxv.ensure(WHOLE, {"default_gateway_mtu": 1400}).changed
    assert static_routing.state_of(nsxv.edge)["default"] == {
        "gatewayAddress": gateway, "vnic": "0", "mtu": 1400, "adminDistance": 1, "description": "out",
    }  # fmt: skip


def test_a_default_route_needs_an_address(nsxv: Harness) -> None:
    with pytest.raises(SpecError, match="default_gateway_vnic: needs default_gateway"):
        nsxv.ensure(WHOLE, {"default_gateway_vnic": 0})
    assert nsxv.writes() == []


def test_interfaces_are_found_by_name(nsxv: Harness) -> None:
    spec = route(nsxv, interface="web")
    assert nsxv.ensure(SINGLE, spec).after[0]["vnic"] == 1
    assert not nsxv.ensure(SINGLE, spec).changed
    assert (reads(nsxv), nsxv.reads("vdcNetworks")) == (1, 1)
    with pytest.raises(SpecError, match="'dmz' is not an interface"):
        nsxv.ensure(SINGLE, route(nsxv, interface="dmz"))


def test_ospf_and_bgp_are_never_part_of_a_write(nsxv: Harness) -> None:
    nsxv.ensure(SINGLE, route(nsxv))
    assert [call for call in nsxv.journal.writes if "routing/config/static" not in call] == []
    section = next(entry for entry in nsxv.simulator.request_log.entries() if entry.method == "PUT")
    assert "ospf" not in str(section) and "bgp" not in str(section)


def test_next_hops_can_name_networks(nsxt: Harness) -> None:
    network = next(network for network in nsxt.simulator.world.networks.values() if network.name == "lan")
    urn = f"urn:vcloud:network:{network.network_id}"
    hops: list[dict[str, Any]] = [{"address": nsxt.hop, "network": "lan"}, {"address": "192.168.20.253", "distance": 2}]
    assert nsxt.ensure(SINGLE, {"network": "10.9.0.0/16", "next_hops": hops}).changed
    (stored,) = route_state(nsxt.edge)["routes"]
    assert stored["nextHops"][0]["scope"] == {"name": "lan", "scopeType": "NETWORK", "id": urn}
    hops[0]["network"] = urn
    assert not nsxt.ensure(SINGLE, {"network": "10.9.0.0/16", "next_hops": hops[::-1]}).changed
    hops[1]["distance"] = 3
    assert nsxt.ensure(SINGLE, {"network": "10.9.0.0/16", "next_hops": hops}).changed
    assert route_state(nsxt.edge)["routes"][0]["nextHops"][0]["scope"]["id"] == urn
    with pytest.raises(SpecError, match=r"next_hops\[0\]\.network: Network not found"):
        nsxt.ensure(SINGLE, {"network": "10.9.0.0/16", "next_hops": [{"address": nsxt.hop, "network": "dmz"}]})


def test_names_and_ids_identify_routes(nsxt: Harness) -> None:
    created = nsxt.ensure(SINGLE, route(nsxt)).after[0]
    assert created["name"] == "route to 10.9.0.0/16"
    renamed = nsxt.ensure(SINGLE, route(nsxt, name="to-dc"))
    assert (renamed.plan.changes[0].fields, renamed.after[0]["rule_id"]) == (("name",), created["rule_id"])
    by_name = {"match_by": "name", "name": "to-dc", "network": "10.8.0.0/16"}
    assert nsxt.ensure(SINGLE, by_name).plan.changes[0].fields == ("network",)
    by_id = {"match_by": "rule_id", "rule_id": created["rule_id"], "clear": ["description"], "network": "10.7.0.0/16"}
    assert nsxt.ensure(SINGLE, by_id).changed
    assert server_routes(nsxt) == [("10.7.0.0/16", nsxt.hop)]
    with pytest.raises(NotFoundError, match="No static route has rule ID"):
        nsxt.ensure(SINGLE, {**by_id, "rule_id": "5b0e9f0a-0000-4000-8000-000000000001"})


def test_routes_of_the_system_are_never_changed(nsxt: Harness) -> None:
    nsxt.ensure(SINGLE, route(nsxt, "10.8.0.0/16"))
    route_state(nsxt.edge)["routes"][0]["systemOwned"] = True
    assert nsxt.client.read(WHOLE)["routes"] == []
    nsxt.ensure(WHOLE, {"routes": [route(nsxt)]}, "exact")
    assert [network for network, _ in server_routes(nsxt)] == ["10.8.0.0/16", "10.9.0.0/16"]


def test_a_route_that_another_client_deleted_stays_deleted(nsxt: Harness) -> None:
    nsxt.ensure(SINGLE, [route(nsxt), route(nsxt, "10.8.0.0/16")])
    store: Any = RuleKind(SECTION).open(nsxt.client.session, {})
    base = store.read()
    kept, deleted = store.records_of(base)
    route_state(nsxt.edge)["routes"].pop(0)
    left = {"static_routes": {"values": [kept]}}
    store.commit(base, store.document_of(left))
    assert [network for network, _ in server_routes(nsxt)] == ["10.8.0.0/16"]
    changed = {"static_routes": {"values": [kept, {**deleted, "description": "new"}]}}
    with pytest.raises(ConflictError, match="another client has changed the static_routes section"):
        store.commit(base, store.document_of(changed))


@pytest.mark.parametrize(
    ("backend", "spec", "reason"),
    [
        ("nsxv network_xml", {"name": "x"}, "routes have no names"),
        ("nsxv network_xml", {"next_hops": [{"address": "192.0.2.1"}, {"address": "192.0.2.2"}]}, "one next hop"),
        ("nsxv network_xml", {"next_hops": [{"address": "192.0.2.1", "network": "x"}]}, "lead through interfaces"),
        ("nsxt 39.1", {"vnic": 1}, "routes have no interfaces"),
        ("nsxt 39.1", {"interface": "lan"}, "routes have no interfaces"),
        ("nsxt 39.1", {"mtu": 1400}, "routes have no MTU"),
    ],
)
def test_unsupported_options_are_refused_before_anything_is_read(
    tmp_path: Path, backend: str, spec: dict[str, Any], reason: str
) -> None:
    with harness(tmp_path, backend) as edge:
        with pytest.raises(SpecError, match=reason) as caught:
            edge.ensure(SINGLE, {**route(edge), **spec})
        assert caught.value.problems[0].hint
        assert (reads(edge), edge.writes()) == (0, [])


def test_nsxt_has_no_default_route(nsxt: Harness) -> None:
    with pytest.raises(SpecError, match="the default route belongs to the provider"):
        nsxt.ensure(WHOLE, {"default_gateway": "192.0.2.1"})


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"network": "10.0.0.1", "next_hops": [{"address": "10.0.0.1"}]}, "network", "is not a network in CIDR"),
        ({"next_hops": [{"address": "10.0.0.1"}]}, "network", "is required with match_by=network"),
        ({"network": "10.0.0.0/8", "next_hops": [{"address": "x"}]}, "next_hops[0].address", "is not an IP address"),
        ({"network": "10.0.0.0/8", "next_hops": [{"distance": 1}]}, "next_hops[0].address", "is required"),
        ({"network": "10.0.0.0/8", "next_hops": [{"address": "10.0.0.1", "distance": 256}]}, "next_hops[0].distance",
         "256 is out of range"),
        ({"network": "10.0.0.0/8", "next_hops": [{"address": "10.0.0.1"}] * 2}, "next_hops", "contains an address"),
        ({"network": "10.0.0.0/8", "vnic": 1, "interface": "x"}, "interface", "vnic"),
        ({"network": "10.0.0.0/8", "match_by": "next_hop"}, "next_hops", "is required with match_by=next_hop"),
        ({"match_by": "name"}, "name", "is required with match_by=name"),
    ],
)  # fmt: skip
def test_invalid_input(spec: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        RuleKind(SECTION).parse(spec)
    problem = caught.value.problems[0]
    assert problem.path == field
    assert reason in problem.reason


def test_a_list_must_not_repeat_a_route_and_new_routes_need_a_next_hop(nsxv: Harness) -> None:
    with pytest.raises(SpecError, match=r"routes\[1\]\.network: '10\.9\.0\.0/16' is already listed at routes\[0\]"):
        nsxv.ensure(WHOLE, {"routes": [route(nsxv), route(nsxv)]})
    with pytest.raises(SpecError, match="next_hops: is required, because the route does not exist yet"):
        nsxv.ensure(SINGLE, {"network": "10.9.0.0/16"})
    with pytest.raises(InvalidRequestError, match="not reachable"):
        nsxv.ensure(SINGLE, {"network": "10.9.0.0/16", "next_hops": [{"address": "10.200.0.1"}]})


BODY = b"""<staticRouting><future>kept</future><staticRoutes><route><mtu>1500</mtu><type>user</type><vnic>1</vnic>
<network>10.9.0.0/16</network><nextHop>192.168.10.254</nextHop><adminDistance>1</adminDistance><x>1</x></route>
</staticRoutes></staticRouting>"""


def test_unknown_elements_are_kept() -> None:
    kind: Any = SectionKind(SECTION)
    session: Any = SectionSession("/routing/config/static", BODY, edge_api="network_xml")
    store = kind.open(session, {})
    new = {"network": "10.8.0.0/16", "next_hops": [{"address": "192.168.10.253"}]}
    desired = Present((kind.parse({"routes": [new, {"network": "10.9.0.0/16", "mtu": 1400}]}),))
    assert ensure(kind, store, desired).changed
    assert b"<future>kept</future>" in session.body and b"<x>1</x>" in session.body
    assert b"<mtu>1400</mtu>" in session.body
    exact = Exactly((kind.parse(kind.project(store.read())),))
    assert not ensure(kind, store, exact).changed


def test_vcloud_air_has_no_static_routes() -> None:
    session: Any = SectionSession("/routing/config/static", BODY, edge_api="hybridity")
    with pytest.raises(ConfigurationError):
        SectionKind(SECTION).open(session, {})


def _comparable(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name not in ("rule_id", "name")}
