"""Tests of edge gateway lookup by name, UUID and URN, and of the number of calls."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from tests.unit.services.ans.fakes import EDGE_ID, FakeEdge, FakeSession, section
from vcloudair_core.errors import (
    AmbiguousMatchError,
    ConfigurationError,
    DecodeError,
    IncompleteResultError,
    NotFoundError,
    TaskFailedError,
    TaskTimeoutError,
)
from vcloudair_core.services.ans.edge.codec import parse_edges, parse_job
from vcloudair_core.services.ans.edge.directory import EdgeDirectory, target_edge
from vcloudair_core.services.ans.edge.model import uuid_in
from vcloudair_core.services.ans.firewall.section import SECTION as FIREWALL
from vcloudair_core.services.ans.plugin import vca_resource_kinds, vca_services
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.services.ans.service import AnsService
from vcloudair_core.session.cache import run_cache
from vcloudair_core.session.cache.run_cache import RunCache
from vcloudair_core.session.cache.shared_memory import SharedMemory
from vcloudair_core.transport.messages import Headers, Response

BASE = "https://cloud.example.test"
EDGES = "GET /api/query"
VDC_A, VDC_B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


def edge_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def edge(number: int, name: str, vdc: str = VDC_A, **more: str) -> str:
    attributes = {
        "name": name,
        "href": f"{BASE}/api/admin/edgeGateway/{edge_id(number)}",
        "vdc": f"{BASE}/api/vdc/{vdc}",
        "gatewayStatus": "READY",
        "haStatus": "DISABLED",
        "isBusy": "false",
        "taskDetails": " ",
        **more,
    }
    return f"<EdgeGatewayRecord {' '.join(f'{key}={quoteattr(value)}' for key, value in attributes.items())}/>"


def records(*items: str, next_page: str = "", total: int | None = None) -> Response:
    link = f'<Link rel="nextPage" href={quoteattr(next_page)} type="x"/>' if next_page else ""
    namespace = "http://www.vmware.com/vcloud/v1.5"
    said = "" if total is None else f' total="{total}"'
    body = f'<QueryResultRecords xmlns="{namespace}"{said}>{link}{"".join(items)}</QueryResultRecords>'
    return Response(200, Headers(), body.encode())


def vdcs() -> Response:
    found = {VDC_A: "Alpha", VDC_B: "Beta"}
    return records(*(f'<OrgVdcRecord name="{name}" href="{BASE}/api/vdc/{vdc}"/>' for vdc, name in found.items()))


def session(*pages: Response, **settings: Any) -> FakeSession:
    made = FakeSession(**settings)
    made.answers = {EDGES: list(pages)}
    return made


def test_a_uuid_or_urn_costs_no_call() -> None:
    quiet = session()
    for text in (EDGE_ID, EDGE_ID.upper(), f"urn:vcloud:gateway:{EDGE_ID}"):
        assert AnsService(quiet).find_edge(text).edge_id == EDGE_ID  # type: ignore[arg-type]
    assert quiet.calls == []


@pytest.mark.parametrize("status", ["running", " ", ""])
def test_the_task_status_of_an_edge_is_reported(status: str) -> None:
    [found] = parse_edges(records(edge(1, "web-edge", taskStatus=status)).body).edges
    assert found.as_dict()["task_status"] == status.strip()


def test_a_name_is_looked_up_once_per_session() -> None:
    one = session(records(edge(1, "web-edge"), edge(2, "Other")))
    found = AnsService(one).find_edge("web-edge")  # type: ignore[arg-type]
    assert (found.edge_id, found.name, found.status, found.is_busy, found.is_advanced) == (
        edge_id(1),
        "web-edge",
        "READY",
        False,
        None,
    )
    assert EdgeDirectory(one).find("other").edge_id == edge_id(2)  # type: ignore[arg-type]
    assert one.calls == [("GET", "/api/query")]
    assert ("type", "edgeGateway") in one.sent[0]["query"]
    assert ("pageSize", "128") in one.sent[0]["query"]


def test_pages_are_read_by_their_links() -> None:
    following = f"{BASE}/api/query?type=edgeGateway&page=2"
    one = session(records(edge(1, "a"), next_page=following))
    one.answers[f"GET {following}"] = [records(edge(1, "a"), edge(2, "b"), next_page=following)]
    assert EdgeDirectory(one).find("b").edge_id == edge_id(2)  # type: ignore[arg-type]
    assert one.calls == [("GET", "/api/query"), ("GET", following)]


@pytest.mark.parametrize("end", ["a page again", "no link"])
def test_a_list_that_ends_before_its_total_is_an_error(end: str) -> None:
    following = f"{BASE}/api/query?type=edgeGateway&page=2"
    one = session(records(edge(1, "a"), next_page=following, total=3))
    again = records(edge(1, "a"), next_page=following if end == "a page again" else "", total=3)
    one.answers[f"GET {following}"] = [again]
    with pytest.raises(IncompleteResultError, match="ended after 1 of 3 records") as caught:
        EdgeDirectory(one).find("a")  # type: ignore[arg-type]
    assert caught.value.hint


def test_a_list_that_changes_during_the_read_is_read_again() -> None:
    following = f"{BASE}/api/query?type=edgeGateway&page=2"
    first = records(edge(1, "a"), edge(2, "b"), next_page=following, total=4)
    # "a" was deleted and all later records moved by one, so "c" is on no page.
    second = records(edge(2, "b"), edge(3, "c"), next_page=following, total=3)
    one = session(first, second)
    one.answers[f"GET {following}"] = [records(edge(4, "d"), total=3), records(edge(4, "d"), total=3)]
    assert [found.name for found in EdgeDirectory(one)._all()] == ["b", "c", "d"]  # type: ignore[arg-type]


def test_all_records_of_a_permanently_changing_list_are_returned(caplog: pytest.LogCaptureFixture) -> None:
    following = f"{BASE}/api/query?type=edgeGateway&page=2"
    one = session(*(records(edge(1, "a"), edge(2, "b"), next_page=following, total=4) for _ in range(3)))
    one.answers[f"GET {following}"] = [records(edge(3 + n, f"new{n}"), total=3) for n in range(3)]
    names = [found.name for found in EdgeDirectory(one)._all()]  # type: ignore[arg-type]
    assert names == ["a", "b", "new0", "new1", "new2"]
    assert "changed during every read" in caplog.text


def test_a_list_that_ends_before_a_growing_total_is_an_error() -> None:
    following = f"{BASE}/api/query?type=edgeGateway&page=2"
    one = session(records(edge(1, "a"), edge(2, "b"), next_page=following, total=4))
    one.answers[f"GET {following}"] = [records(edge(3, "c"), total=1004)]
    with pytest.raises(IncompleteResultError, match="ended after 3 of 1004 records"):
        EdgeDirectory(one)._all()  # type: ignore[arg-type]


def test_endless_links_are_followed_only_up_to_the_total() -> None:
    one = session(records(edge(1, "a"), edge(2, "b"), next_page=f"{BASE}/api/query?page=2", total=2))
    assert EdgeDirectory(one).find("b").edge_id == edge_id(2)  # type: ignore[arg-type]
    assert len(one.calls) == 1


def test_an_exact_name_takes_precedence_over_another_case() -> None:
    one = session(records(edge(1, "Web"), edge(2, "web")))
    assert EdgeDirectory(one).find("web").edge_id == edge_id(2)  # type: ignore[arg-type]
    assert len(one.calls) == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [("web-egde", "Did you mean 'web-edge'?"), ("zzz", "Use one of these edge gateways: Other, web-edge.")],
)
def test_an_unknown_name_has_a_hint_with_known_names(name: str, hint: str) -> None:
    one = session(records(edge(1, "web-edge"), edge(2, "Other")))
    with pytest.raises(NotFoundError, match="Edge gateway not found") as caught:
        EdgeDirectory(one).find(name)  # type: ignore[arg-type]
    assert caught.value.hint == hint
    assert len(one.calls) == 1


def test_a_session_without_edges_has_a_hint() -> None:
    with pytest.raises(NotFoundError, match="can see no edge gateways"):
        EdgeDirectory(session(records())).find("x")  # type: ignore[arg-type]


def test_an_edge_created_since_the_first_read_is_found() -> None:
    one = session(records(edge(1, "a")), records(edge(1, "a"), edge(2, "b")))
    directory = EdgeDirectory(one)  # type: ignore[arg-type]
    assert directory.find("a").name == "a"
    assert directory.find("b").edge_id == edge_id(2)


def test_equal_names_are_distinguished_by_vdc() -> None:
    pages = (records(edge(1, "gw", VDC_A), edge(2, "gw", VDC_B)), vdcs())
    with pytest.raises(AmbiguousMatchError) as caught:
        EdgeDirectory(session(*pages)).find("gw")  # type: ignore[arg-type]
    assert [candidate["vdc"] for candidate in caught.value.candidates] == ["Alpha", "Beta"]
    for vdc in ("beta", VDC_B, f"urn:vcloud:vdc:{VDC_B}", f"{BASE}/api/vdc/{VDC_B}"):
        one = session(records(edge(1, "gw", VDC_A), edge(2, "gw", VDC_B)), vdcs())
        assert EdgeDirectory(one).find("gw", vdc).edge_id == edge_id(2)  # type: ignore[arg-type]


def test_an_edge_in_another_vdc_is_not_found() -> None:
    one = session(records(edge(1, "gw", VDC_A)), vdcs())
    with pytest.raises(NotFoundError, match="Edge gateway not found: 'gw' in VDC 'Beta'") as caught:
        EdgeDirectory(one).find("gw", "Beta")  # type: ignore[arg-type]
    assert caught.value.hint == "Check vdc. An edge gateway with this name is in VDC Alpha."


def test_a_missing_vdc_is_reported() -> None:
    one = session(records(edge(1, "gw", VDC_A)), vdcs())
    with pytest.raises(NotFoundError, match=r"VDC not found: 'Betta'\. Did you mean 'Beta'\?"):
        EdgeDirectory(one).find("gw", "Betta")  # type: ignore[arg-type]


def test_names_of_vdcs_are_read_only_if_they_are_unknown() -> None:
    known = session(records(edge(1, "gw", VDC_A)))
    known.identity.vdc_id, known.identity.vdc_name = VDC_A, "Alpha"
    assert EdgeDirectory(known).find("gw", "alpha").vdc_name == "Alpha"  # type: ignore[arg-type]
    told = session(records(edge(1, "gw", VDC_A, orgVdcName="Alpha")))
    assert EdgeDirectory(told).find("gw", "Alpha").edge_id == edge_id(1)  # type: ignore[arg-type]
    assert len(known.calls) == len(told.calls) == 1


def test_edges_are_listed_with_their_vdcs() -> None:
    one = session(records(edge(1, "b", VDC_B), edge(2, "a", VDC_A)), vdcs())
    service = AnsService(one)  # type: ignore[arg-type]
    assert [(found.name, found.vdc_name) for found in service.list_edges()] == [("a", "Alpha"), ("b", "Beta")]
    assert [found.name for found in service.list_edges("Beta")] == ["b"]
    with pytest.raises(NotFoundError, match=r"VDC not found: 'Betta'\. Did you mean 'Beta'\?"):
        service.list_edges("Betta")
    with pytest.raises(NotFoundError, match=r"Use one of these VDCs: Alpha, Beta\."):
        service.list_edges("nope")
    assert service.list_edges()[0].as_dict()["vdc_name"] == "Alpha"
    assert len(one.calls) == 2


def test_an_edge_without_advanced_networking_is_rejected_with_a_hint() -> None:
    one = session(
        records(edge(1, "old", advancedNetworkingEnabled="false"), edge(2, "new", advancedNetworkingEnabled="true"))
    )
    directory = EdgeDirectory(one)  # type: ignore[arg-type]
    assert directory.find("new").is_advanced
    with pytest.raises(ConfigurationError, match="has no advanced networking.*Ask the provider to enable"):
        directory.find("old")


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"<Org/>", b"{}"])
def test_an_invalid_list_of_edges(body: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_edges(body)


def test_uuid_in() -> None:
    assert uuid_in("gw-5") == ""
    assert uuid_in(f" URN:vcloud:gateway:{EDGE_ID} ") == EDGE_ID


# -- stores ------------------------------------------------------------------------------------------------------


def test_the_settings_fill_the_target() -> None:
    one = session(records(edge(1, "gw")), edge="gw")
    store = SectionKind(FIREWALL).open(one, {})  # type: ignore[arg-type]
    assert store.target == "edge gateway gw"
    assert store.lock_key == f"https://cloud.example.test:443/edge/{edge_id(1)}"
    with pytest.raises(ConfigurationError, match="VCA_EDGE"):
        SectionKind(FIREWALL).open(session(), {"edge": ""})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"service_type": "vcd"}, f"/network/edges/{EDGE_ID}/firewall/config"),
        ({"service_type": "vca"}, f"/hybridity/api/gateways/{EDGE_ID}/firewall/config"),
        ({"service_type": "vchs"}, f"/hybridity/api/gateways/{EDGE_ID}/firewall/config"),
        ({"service_type": "vca", "edge_api": "network_json"}, f"/network/edges/{EDGE_ID}/firewall/config"),
    ],
)
def test_the_edge_api_follows_the_service(settings: dict[str, str], path: str) -> None:
    one = FakeSession(FakeEdge(section()), **settings)
    SectionKind(FIREWALL).open(one, {"edge": EDGE_ID}).read()  # type: ignore[arg-type]
    assert one.calls == [("GET", path)]


def test_headers_of_each_edge_api() -> None:
    for edge_api, accept, content in (
        ("network_xml", None, "application/xml"),
        ("network_json", "application/json", "application/json"),
        ("hybridity", "application/json", "application/json"),
    ):
        one = FakeSession(FakeEdge(section()), edge_api=edge_api)
        store = SectionKind(FIREWALL).open(one, {"edge": EDGE_ID})  # type: ignore[arg-type]
        document = store.read()
        store.commit(document, document)
        assert [sent["accept"] for sent in one.sent] == [accept, accept]
        assert one.sent[1]["content_type"] == content


def test_an_unknown_uuid_is_explained() -> None:
    with pytest.raises(NotFoundError, match=f"edge gateway {EDGE_ID} failed.*edge_api"):
        SectionKind(FIREWALL).open(FakeSession(), {"edge": EDGE_ID}).read()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body", [b"<html><title>Sign in</title></html>", b"", b"[]", b'{"firewallRules": 3}', b"<nat/>"]
)
@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml"])
def test_an_invalid_firewall(edge_api: str, body: bytes) -> None:
    one = FakeSession(edge_api=edge_api)
    store: Any = SectionKind(FIREWALL).open(one, {"edge": EDGE_ID})  # type: ignore[arg-type]
    one.answers[f"GET {store.path}"] = [Response(200, Headers(), body)]
    with pytest.raises(DecodeError):
        store.read()


def job(status: str) -> Response:
    return Response(200, Headers(), f"<edgeJob><jobId>jobdata-7</jobId><status>{status}</status></edgeJob>".encode())


def _store_with_job(*statuses: str) -> tuple[FakeSession, SectionStore]:
    one = FakeSession(FakeEdge(section()), edge_api="network_xml")
    store: Any = SectionKind(FIREWALL).open(one, {"edge": EDGE_ID})  # type: ignore[arg-type]
    accepted = Response(202, Headers({"Location": "/network/edges/jobs/jobdata-7"}))
    one.answers[f"PUT {store.path}"] = [accepted]
    one.answers["GET /network/edges/jobs/jobdata-7"] = [job(status) for status in statuses]
    return one, store


def test_a_commit_waits_for_its_job() -> None:
    one, store = _store_with_job("QUEUED", "RUNNING", "COMPLETED")
    document = store.read()
    store.commit(document, document)
    assert one.clock.slept == [1.0, 2.0]


def test_a_job_that_fails_or_hangs_is_an_error() -> None:
    _, store = _store_with_job("FAILED")
    with pytest.raises(TaskFailedError, match="jobdata-7 on edge gateway .* failed with status FAILED"):
        document = store.read()
        store.commit(document, document)
    _, store = _store_with_job(*["RUNNING"] * 200)
    with pytest.raises(TaskTimeoutError, match="after 600 seconds is RUNNING"):
        document = store.read()
        store.commit(document, document)


def test_jobs_in_json() -> None:
    found = parse_job(b'{"jobId": "jobdata-7", "status": "SUCCESS", "message": null}')
    assert (found.job_id, found.is_done, found.is_failed, found.message) == ("jobdata-7", True, False, "")


def test_the_plugin_registers_the_service_and_its_kinds() -> None:
    service = vca_services()[0]
    assert service.name == "ans"
    assert isinstance(service.factory(FakeSession()), AnsService)  # type: ignore[arg-type]
    kinds = {record.name: record.load() for record in vca_resource_kinds()}
    assert {name: kind.name for name, kind in kinds.items()} == {name: name for name in kinds}
    assert {"ans.firewall_rule", "ans.firewall", "ans.nat_rule", "ans.nat", "ans.edge"} <= set(kinds)


# -- identities shared by a run -----------------------------------------------------------------------------------


def of_run(one: FakeSession) -> FakeSession:
    one.run_cache = RunCache(one, "run-1")  # type: ignore[arg-type]
    return one


@pytest.fixture
def shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_cache, "VALUES", SharedMemory(slots=64, size=1024))


@pytest.mark.usefixtures("shared_memory")
def test_the_next_session_of_a_run_does_not_look_up_the_name_again() -> None:
    target = {"edge": "web-edge"}
    first = of_run(session(records(edge(1, "web-edge"))))
    looked_up = target_edge(first, target)  # type: ignore[arg-type]
    second = of_run(session())
    known = target_edge(second, target)  # type: ignore[arg-type]
    assert second.calls == []
    assert (known.edge_id, known.name, known.vdc_id, known.backend) == (edge_id(1), "web-edge", VDC_A, "nsxv")
    assert EdgeDirectory(second).vdc_id_of(edge_id(1)) == VDC_A  # type: ignore[arg-type]
    assert second.calls == []
    # The status changes without the edge, so it is not shared.
    assert (looked_up.status, known.status, known.is_busy) == ("READY", "", None)


@pytest.mark.usefixtures("shared_memory")
def test_a_list_of_edges_is_always_read() -> None:
    target_edge(of_run(session(records(edge(1, "web-edge")))), {"edge": "web-edge"})  # type: ignore[arg-type]
    second = of_run(session(records(edge(2, "new-edge")), vdcs()))
    assert [found.name for found in AnsService(second).list_edges()] == ["new-edge"]  # type: ignore[arg-type]


@pytest.mark.usefixtures("shared_memory")
def test_a_name_that_was_not_found_or_is_ambiguous_is_looked_up_again() -> None:
    pages = {NotFoundError: [edge(1, "other")], AmbiguousMatchError: [edge(1, "web-edge"), edge(2, "web-edge")]}
    for error, items in pages.items():
        with pytest.raises(error):
            target_edge(of_run(session(records(*items), vdcs())), {"edge": "web-edge"})  # type: ignore[arg-type]
    last = of_run(session(records(edge(3, "web-edge"))))
    assert target_edge(last, {"edge": "web-edge"}).edge_id == edge_id(3)  # type: ignore[arg-type]


@pytest.mark.usefixtures("shared_memory")
def test_the_record_of_a_uuid_is_looked_up_once_per_run() -> None:
    first = of_run(session(records(edge(1, "web-edge", edgeGatewayType="NSXT_BACKED"))))
    second = of_run(session())
    for one in (first, second):
        one.identity.api_version = "38.1"
        assert target_edge(one, {"edge": edge_id(1)}).backend == "nsxt"  # type: ignore[arg-type]
    assert (len(first.calls), len(second.calls)) == (1, 0)
