"""Tests of backend detection: edge record, cloud, lookup and setting ``edge_api``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.edge.test_directory import BASE, VDC_A, edge, edge_id, records
from tests.unit.services.ans.fakes import EDGE_ID, FakeEdge, FakeSession, section, user_rule
from vcloudair_core.engine.desired import Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.errors import (
    ConfigurationError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from vcloudair_core.services.ans.document.kind import EdgeKind
from vcloudair_core.services.ans.edge import backend as edge_backend
from vcloudair_core.services.ans.edge.backend import (
    BACKENDS,
    EDGE_APIS,
    JSON,
    NSXT,
    NSXV,
    VCLOUDAIR,
    XML,
    media_type_of,
)
from vcloudair_core.services.ans.edge.codec import parse_edges
from vcloudair_core.services.ans.edge.directory import EdgeDirectory, target_edge
from vcloudair_core.services.ans.firewall.codec_json import JsonFirewallCodec
from vcloudair_core.services.ans.firewall.section import SECTION as FIREWALL
from vcloudair_core.services.ans.section.backends import codec_of
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.services.ans.service import AnsService
from vcloudair_core.transport.messages import Response

GROUP = "99999999-0000-4000-8000-000000000009"
QUERY = "GET /api/query"
FAKE_PATH = "/fake/{edge}"
T_EDGE = {"edgeGatewayType": "NSXT_BACKED", "advancedNetworkingEnabled": "false"}
OF_GROUP = {**T_EDGE, "vdcGroupId": f"urn:vcloud:vdcGroup:{GROUP}"}


def session(*pages: Response | Exception, version: str = "36.3", **settings: Any) -> FakeSession:
    """Return a session whose edges share one firewall.

    ``pages`` has the responses to queries for edges, in order.
    """
    made = FakeSession(FakeEdge(section()), **settings)
    made.identity.api_version = version
    made.answers = {QUERY: list(pages)}
    return made


def opened(one: FakeSession, name: str = EDGE_ID) -> Any:
    return opened_by(one, {"edge": name})


def opened_by(one: FakeSession, target: Mapping[str, Any]) -> Any:
    return SectionKind(FIREWALL).open(one, target)  # type: ignore[arg-type]


@pytest.fixture
def fake_nsxt(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give NSX-T edges a fake firewall that uses the JSON format of NSX-V.

    The firewall has a path that no other backend uses.
    """
    known = replace(BACKENDS[NSXT], edge_path=FAKE_PATH)
    monkeypatch.setitem(BACKENDS, NSXT, known)
    codecs = {**FIREWALL.codecs, (NSXT, JSON): lambda: JsonFirewallCodec(NSXT)}
    monkeypatch.setitem(FIREWALL.__dict__, "codecs", codecs)
    monkeypatch.setitem(FIREWALL.__dict__, "nsxt", None)
    monkeypatch.setattr(SectionStore, "backends", (*SectionStore.backends, NSXT))
    codec_of.cache_clear()
    yield
    codec_of.cache_clear()


# -- edge records --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "backend"),
    [
        ("NSXV_BACKED", NSXV),
        ("NSXT_BACKED", NSXT),
        ("NSXT_IMPORTED", NSXT),
        ("nsxt_backed", NSXT),
        ("NSXQ_BACKED", ""),
        (" ", ""),
    ],
)
def test_a_record_names_the_backend(value: str, backend: str) -> None:
    [found] = parse_edges(records(edge(1, "gw", edgeGatewayType=value)).body).edges
    assert found.backend == backend


@pytest.mark.parametrize("group", [GROUP, f"urn:vcloud:vdcGroup:{GROUP}", f"{BASE}/api/vdcGroup/{GROUP}"])
def test_the_owner_is_the_vdc_group_or_the_vdc(group: str) -> None:
    body = records(edge(1, "a", vdcGroupId=group, deploymentMode="DISTRIBUTED_ONLY"), edge(2, "b")).body
    grouped, plain = parse_edges(body).edges
    assert (grouped.owner_id, grouped.is_owned_by_group) == (f"urn:vcloud:vdcGroup:{GROUP}", True)
    assert (plain.owner_id, plain.is_owned_by_group) == (f"urn:vcloud:vdc:{VDC_A}", False)
    assert (grouped.deployment_mode, plain.deployment_mode) == ("DISTRIBUTED_ONLY", "")
    shown = grouped.as_dict()
    assert [shown[key] for key in ("backend", "owner_id", "deployment_mode")] == [
        "",
        f"urn:vcloud:vdcGroup:{GROUP}",
        "DISTRIBUTED_ONLY",
    ]


def test_an_edge_without_vdc_costs_no_look_up_of_vdc_names() -> None:
    record = edge(1, "gw", **OF_GROUP).replace(f'vdc="{BASE}/api/vdc/{VDC_A}"', 'vdc=""')
    one = session(records(record))
    [found] = AnsService(one).list_edges()  # type: ignore[arg-type]
    assert (found.vdc_id, found.vdc_name, found.owner_id) == ("", "", f"urn:vcloud:vdcGroup:{GROUP}")
    assert one.calls == [("GET", "/api/query")]


@pytest.mark.parametrize(("service", "backend"), [("vcd", NSXV), ("vca", VCLOUDAIR), ("vchs", VCLOUDAIR)])
def test_the_cloud_decides_if_records_name_no_backend(service: str, backend: str) -> None:
    one = session(records(edge(1, "gw", orgVdcName="Alpha")), service_type=service)
    [found] = AnsService(one).list_edges()  # type: ignore[arg-type]
    assert found.backend == backend


@pytest.mark.parametrize("edge_api", EDGE_APIS)
def test_the_setting_edge_api_overrides_records(edge_api: str) -> None:
    one = session(records(edge(1, "gw", orgVdcName="Alpha", **T_EDGE)), edge_api=edge_api)
    [found] = AnsService(one).list_edges()  # type: ignore[arg-type]
    assert found.backend == EDGE_APIS[edge_api][0]


@pytest.mark.parametrize(
    ("backend", "edge_api", "media_type"),
    [
        (NSXV, "auto", XML),
        (NSXV, "network_xml", XML),
        (NSXV, "network_json", JSON),
        (NSXV, None, XML),
        (VCLOUDAIR, "auto", JSON),
        (VCLOUDAIR, "hybridity", JSON),
        (NSXT, "auto", JSON),
    ],
)
def test_the_media_type_depends_on_the_backend_and_edge_api(
    backend: str, edge_api: str | None, media_type: str
) -> None:
    assert media_type_of(backend, FakeSession(edge_api=edge_api).settings) == media_type  # type: ignore[arg-type]


# -- a bare UUID ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "version", "backend"),
    [
        ({"service_type": "vca"}, "5.7", VCLOUDAIR),
        ({"service_type": "vchs"}, "36.3", VCLOUDAIR),
        ({"service_type": "vcd"}, "5.6", NSXV),
        ({"service_type": "vcd"}, "31.0", NSXV),
        ({"service_type": "vcd", "edge_api": "network_xml"}, "36.3", NSXV),
        ({"service_type": "vcd", "edge_api": "network_json"}, "39.1", NSXV),
        ({"service_type": "vcd", "edge_api": "hybridity"}, "36.3", VCLOUDAIR),
    ],
)
def test_a_uuid_costs_no_look_up_where_only_one_backend_is_possible(
    settings: dict[str, str], version: str, backend: str
) -> None:
    one = session(version=version, **settings)
    store = opened(one)
    store.read()
    assert store.backend == backend
    assert [path for _, path in one.calls] == [store.path]


@pytest.mark.parametrize("service", ["vca", "vchs"])
def test_opening_an_edge_of_vcloud_air_needs_no_session(service: str) -> None:
    one = session(service_type=service)
    del one.identity
    assert opened(one).backend == VCLOUDAIR


@pytest.mark.parametrize("version", ["32.0", "36.3", "39.1"])
def test_a_uuid_costs_one_look_up_where_backends_can_differ(version: str) -> None:
    record = edge(1, "gw", href=f"{BASE}/api/admin/edgeGateway/{EDGE_ID}", edgeGatewayType="NSXV_BACKED")
    one = session(records(record), version=version)
    for _ in range(3):
        assert opened(one).backend == NSXV
    assert one.calls == [("GET", "/api/query")]
    urn = f"urn%3Avcloud%3Agateway%3A{EDGE_ID}"
    assert one.sent[0]["query"] == f"type=edgeGateway&format=records&filter=id=={urn}"
    found = target_edge(one, {"edge": EDGE_ID})  # type: ignore[arg-type]
    assert (found.edge_id, found.owner_id) == (EDGE_ID, f"urn:vcloud:vdc:{VDC_A}")


def test_a_whole_document_looks_a_uuid_up_once(tmp_path: Path) -> None:
    record = edge(1, "gw", href=f"{BASE}/api/admin/edgeGateway/{EDGE_ID}", edgeGatewayType="NSXV_BACKED")
    one = session(records(record), state_dir=str(tmp_path))
    EdgeKind().open(one, {"edge": EDGE_ID})  # type: ignore[arg-type]
    assert one.calls == [("GET", "/api/query")]


def test_a_name_costs_the_list_only() -> None:
    one = session(records(edge(1, "gw", edgeGatewayType="NSXV_BACKED")))
    assert opened(one, "gw").backend == NSXV
    assert opened(one, edge_id(1)).backend == NSXV, "the list has it"
    assert one.calls == [("GET", "/api/query")]


def test_without_a_filter_by_id_all_edges_are_read() -> None:
    refused = InvalidRequestError("unknown attribute 'id'", status=400)
    one = session(refused, records(edge(1, "gw", **T_EDGE), edge(2, "old", edgeGatewayType="NSXV_BACKED")))
    assert opened(one, edge_id(2)).backend == NSXV
    with pytest.raises(ConfigurationError, match="NSX-T"):
        opened(one, edge_id(1))
    assert one.calls == [("GET", "/api/query")] * 2


@pytest.mark.parametrize(
    "answer",
    [
        records(),
        records(edge(7, "another", **T_EDGE)),
        PermissionDeniedError("no right", status=403),
        NotFoundError("no query", status=404),
    ],
    ids=["no record", "another record", "403", "404"],
)
def test_an_edge_whose_look_up_fails_is_treated_as_nsxv(answer: Response | Exception) -> None:
    one = session(answer)
    assert opened(one).backend == NSXV
    assert opened(one).backend == NSXV
    assert one.calls == [("GET", "/api/query")]


def test_a_lost_look_up_is_an_error() -> None:
    one = session(ConnectionFailedError("broken"))
    with pytest.raises(ConnectionFailedError):
        opened(one)


@pytest.mark.parametrize("name", ["gw", edge_id(1)])
def test_a_staged_target_opens_the_store_without_a_look_up(name: str) -> None:
    first = session(records(edge(1, "gw", edgeGatewayType="NSXV_BACKED")))
    store = opened(first, name)
    later = session()
    again = opened_by(later, store.lasting_target)
    assert (again.edge.edge_id, again.backend, again.lock_key) == (edge_id(1), NSXV, store.lock_key)
    assert again.edge.owner_id == f"urn:vcloud:vdc:{VDC_A}"
    assert later.calls == []


# -- unsupported backends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gw", edge_id(1)])
def test_a_plugin_section_of_an_nsxt_edge_is_rejected(name: str) -> None:
    one = session(records(edge(1, "gw", **T_EDGE)))
    codec = JsonFirewallCodec(NSXV)
    found = AnsService(one).find_edge(name)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"loadbalancer section.*NSX-T"):
        SectionStore(one, found, "loadbalancer", codec)  # type: ignore[arg-type]
    assert one.calls == [("GET", "/api/query")]


def test_a_raw_section_of_an_nsxt_edge_is_rejected() -> None:
    service = AnsService(session(records(edge(1, "gw", **T_EDGE))))  # type: ignore[arg-type]
    for raw in (service.firewall, service.nat, service.ipsec):
        with pytest.raises(ConfigurationError, match="NSX-T"):
            raw("gw")


def test_an_nsxt_edge_is_found_although_it_is_not_advanced() -> None:
    one = session(records(edge(1, "gw", **T_EDGE)))
    found = AnsService(one).find_edge("gw")  # type: ignore[arg-type]
    assert (found.backend, found.is_advanced) == (NSXT, False)


# -- two backends in one session -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake_nsxt")
def test_edges_of_one_org_can_have_different_backends() -> None:
    one = session(
        records(edge(1, "old", edgeGatewayType="NSXV_BACKED"), edge(2, "new", **T_EDGE), edge(3, "older")),
    )
    paths = {name: opened(one, name).path for name in ("old", "new", "older")}
    assert paths == {
        "old": f"/network/edges/{edge_id(1)}/firewall/config",
        "new": f"/fake/{edge_id(2)}/firewall/config",
        "older": f"/network/edges/{edge_id(3)}/firewall/config",
    }
    assert one.calls == [("GET", "/api/query")]


@pytest.mark.usefixtures("fake_nsxt")
def test_ensure_writes_to_edges_of_two_backends() -> None:
    one = session(records(edge(1, "old", edgeGatewayType="NSXV_BACKED"), edge(2, "new", **T_EDGE)))
    kind = RuleKind(FIREWALL)
    assert one.server is not None
    for name, content_type in (("old", XML), ("new", JSON)):
        one.server.tree = section(user_rule(131080, "ssh"))
        store = opened(one, name)
        document = store.read()
        assert (document.backend, document.media_type) == (store.backend, content_type)
        one.sent.clear()
        outcome = ensure(kind, store, Present((kind.parse({"name": "web", "action": "accept"}),)))
        assert outcome.changed
        assert [sent["content_type"] for sent in one.sent if "body" in sent] == [content_type]


@pytest.mark.usefixtures("fake_nsxt")
def test_edges_of_one_vdc_group_share_a_lock() -> None:
    of_vdc = {**T_EDGE, "edgeGatewayType": "NSXT_BACKED"}
    old_of_group = {**OF_GROUP, "edgeGatewayType": "NSXV_BACKED", "advancedNetworkingEnabled": "true"}
    one = session(
        records(
            edge(1, "a", **OF_GROUP),
            edge(2, "b", **OF_GROUP),
            edge(3, "c", **of_vdc),
            edge(4, "d", **of_vdc),
            edge(5, "e", **old_of_group),
        )
    )
    keys = {name: opened(one, name).lock_key for name in "abcde"}
    origin = "https://cloud.example.test:443"
    assert keys == {
        "a": f"{origin}/vdcGroup/{GROUP}",
        "b": f"{origin}/vdcGroup/{GROUP}",
        "c": f"{origin}/edge/{edge_id(3)}",
        "d": f"{origin}/edge/{edge_id(4)}",
        "e": f"{origin}/edge/{edge_id(5)}",
    }
    targets = [opened(one, name).target_key for name in "abcde"]
    assert targets == [f"{origin}/edge/{edge_id(number)}" for number in (1, 2, 3, 4, 5)]


@pytest.mark.usefixtures("fake_nsxt")
def test_ensure_holds_the_lock_of_the_owner() -> None:
    one = session(records(edge(1, "a", **OF_GROUP), edge(2, "b", **OF_GROUP)))
    held: list[tuple[str, str]] = []

    def lock(key: str, target: str) -> AbstractContextManager[None]:
        held.append((key, target))
        return nullcontext()

    kind = RuleKind(FIREWALL)
    for name in "ab":
        ensure(kind, opened(one, name), Present((kind.parse({"name": name}),)), lock=lock)
    key = f"https://cloud.example.test:443/vdcGroup/{GROUP}"
    assert held == [(key, "edge gateway a"), (key, "edge gateway b")]


@pytest.mark.usefixtures("fake_nsxt")
def test_a_uuid_has_the_lock_of_its_owner_too() -> None:
    named = session(records(edge(1, "a", **OF_GROUP)))
    bare = session(records(edge(1, "a", **OF_GROUP)))
    kept = session()
    store = opened(bare, edge_id(1))
    assert store.lock_key == opened(named, "a").lock_key
    assert opened_by(kept, store.lasting_target).lock_key == store.lock_key


@pytest.mark.usefixtures("fake_nsxt")
def test_the_setting_edge_api_overrides_the_backend_of_an_edge() -> None:
    listed = records(edge(1, "gw", **{**T_EDGE, "advancedNetworkingEnabled": "true"}))
    one = session(listed, edge_api="network_json")
    assert opened(one, "gw").path == f"/network/edges/{edge_id(1)}/firewall/config"
    kept = {"edge": edge_id(1), "edge_backend": NSXT}
    assert opened_by(session(edge_api="hybridity"), kept).backend == VCLOUDAIR
    directory = EdgeDirectory(session(edge_api="network_xml"))  # type: ignore[arg-type]
    assert directory.with_backend(directory.find(EDGE_ID)).backend == NSXV


def test_backends_have_the_names_of_the_glossary() -> None:
    assert set(BACKENDS) == {"nsxv", "nsxt", "vcloudair"}
    assert {backend for backend, _ in EDGE_APIS.values()} <= set(BACKENDS)
    assert edge_backend.default_backend(FakeSession().settings) == NSXV  # type: ignore[arg-type]


def test_an_edge_of_a_vdc_group_is_found_with_a_vdc() -> None:
    """The record of the edge does not name the VDCs of the group.

    Source: protocol/nsxt.md §2.
    """
    of_group = edge(1, "gw", **OF_GROUP).replace(f'vdc="{BASE}/api/vdc/{VDC_A}"', 'vdc=""')
    one = session(records(of_group, edge(2, "other", orgVdcName="Alpha", **T_EDGE)))
    service = AnsService(one)  # type: ignore[arg-type]
    assert service.find_edge("gw", "Alpha").edge_id == edge_id(1)
    assert [found.name for found in service.list_edges("Alpha")] == ["gw", "other"]


def test_an_edge_in_the_vdc_precedes_one_of_a_vdc_group() -> None:
    of_group = edge(1, "gw", **OF_GROUP).replace(f'vdc="{BASE}/api/vdc/{VDC_A}"', 'vdc=""')
    one = session(records(of_group, edge(2, "gw", orgVdcName="Alpha", **T_EDGE)))
    assert AnsService(one).find_edge("gw", "Alpha").edge_id == edge_id(2)  # type: ignore[arg-type]
