"""Tests of the pages, filters, sort order and fields of queries.

Source: protocol/query.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd", vms=61, edges=2)))


def records(root: Any) -> list[Any]:
    return [node for node in root if not str(node.tag).endswith("}Link")]


def names(caller: Caller, query: str) -> list[str]:
    return [str(row.get("name")) for row in records(caller.xml(f"/api/query?type=vm&pageSize=128&{query}"))]


def rels(root: Any) -> list[str]:
    return [str(node.get("rel")) for node in root if str(node.tag).endswith("}Link")]


def test_first_page_has_25_records(caller: Caller) -> None:
    root = caller.xml("/api/query?type=vm")
    assert (root.get("page"), root.get("pageSize"), root.get("total")) == ("1", "25", "61")
    assert len(records(root)) == 25
    assert rels(root) == ["nextPage", "lastPage", "alternate", "alternate"]


def test_page_links_keep_all_parameters(caller: Caller) -> None:
    address: str | None = "/api/query?type=vm&pageSize=20&fields=name&sortDesc=name&filter=(name==vm-00*)"
    names, pages = [], 0
    while address:
        root = caller.xml(address)
        names += [str(row.get("name")) for row in records(root)]
        assert all(set(row.attrib) == {"name", "href"} for row in records(root))
        address = next((str(node.get("href")) for node in root if node.get("rel") == "nextPage"), None)
        pages += 1
    assert pages == 4
    assert names == [f"vm-{number:04}" for number in range(61, 0, -1)]


def test_middle_page_and_page_after_the_end(caller: Caller) -> None:
    middle = caller.xml("/api/query?type=vm&page=2")
    assert rels(middle)[:4] == ["firstPage", "previousPage", "nextPage", "lastPage"]
    past = caller.xml("/api/query?type=vm&page=99")
    assert records(past) == []
    assert past.get("total") == "61"


def test_page_size_is_limited_to_128(caller: Caller) -> None:
    assert caller.xml("/api/query?type=vm&pageSize=1000").get("pageSize") == "128"


def test_offset_skips_records(caller: Caller) -> None:
    assert names(caller, "offset=59&sortAsc=name") == ["vm-0060", "vm-0061"]


@pytest.mark.parametrize("wrong", ["page=x", "page=0", "page=-1", "pageSize=x", "pageSize=0", "format=xml", "offset=x"])
def test_invalid_pages_and_formats_are_rejected(caller: Caller, wrong: str) -> None:
    answer = caller.get(f"/api/query?type=vm&{wrong}")
    assert answer.status == 400
    assert etree.fromstring(answer.body).get("minorErrorCode") == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("name==vm-0001", 1),
        ("(name==vm-0001)", 1),
        ("name==VM-0001", 0),
        ("name==VM-*", 61),
        ("name==*0001", 1),
        ("name!=vm-0001", 60),
        ("name!=vm-*", 61),
        ("name==vm-0001,name==vm-0002", 2),
        ("name==vm-000*;name!=vm-0001", 8),
        ("name==vm-0001,name==vm-0002;status==POWERED_OFF", 1),
        ("(name==vm-0001,name==vm-0002);status==POWERED_OFF", 0),
        ("numberOfCpus=gt=1", 61),
        ("numberOfCpus=ge=2;numberOfCpus=le=2", 61),
        ("numberOfCpus=lt=2", 0),
        ("isVAppTemplate==false", 61),
        ("catalogName==", 61),
        ("name==vm%2D0001", 1),
        (quote("name==vm-0001;status==POWERED_ON", safe=""), 1),
    ],
)
def test_filters(caller: Caller, expression: str, count: int) -> None:
    assert len(names(caller, f"filter={expression}")) == count


def test_filter_can_be_encoded_twice(caller: Caller) -> None:
    encoded = quote(f"name=={quote('vm-0001')}", safe="")
    assert names(caller, f"filterEncoded=true&filter={encoded}") == ["vm-0001"]


def test_filter_matches_special_characters(caller: Caller) -> None:
    machines = list(caller.simulator.world.vms.values())
    machines[0].name, machines[1].name = "a,b;(c)", "with blank"
    assert names(caller, "filter=name==a%5C%2Cb%5C%3B%5C%28c%5C%29") == ["a,b;(c)"]
    assert names(caller, "filter=name==with+blank") == names(caller, "filter=name==with%20blank") == ["with blank"]


def test_references_are_compared_as_href_and_as_urn(caller: Caller) -> None:
    vdc_id = next(iter(caller.simulator.world.vdcs))
    assert len(names(caller, f"filter=vdc==urn:vcloud:vdc:{vdc_id}")) == 61
    assert len(names(caller, f"filter=vdc=={quote(f'{caller.root}/api/vdc/{vdc_id}', safe='')}")) == 61


@pytest.mark.parametrize(
    "query",
    [
        "filter=nmae==x",
        "filter=(name==x",
        "filter=name",
        "filter=numberOfCpus=gt=many",
        "sortAsc=nmae",
        "fields=name,nmae",
    ],
)
def test_invalid_queries_are_rejected_by_name(caller: Caller, query: str) -> None:
    answer = caller.get(f"/api/query?type=vm&{query}")
    assert answer.status == 400
    assert "nmae" in answer.text or "filter" in answer.text


def test_known_field_without_value_is_accepted(caller: Caller) -> None:
    row = records(caller.xml("/api/query?type=vm&fields=name,ipAddress&pageSize=1"))[0]
    assert set(row.attrib) == {"name", "href"}


def test_numbers_are_sorted_as_numbers(caller: Caller) -> None:
    rows = caller.xml("/api/query?type=vm&sortDesc=memoryMB&pageSize=3")
    assert [row.get("memoryMB") for row in records(rows)] == ["4096"] * 3


def test_id_records_have_urns(caller: Caller) -> None:
    row = records(caller.xml("/api/query?type=vm&format=idrecords&pageSize=1"))[0]
    machine = next(iter(caller.simulator.world.vms.values()))
    assert row.get("href") is None
    assert row.get("id") == f"urn:vcloud:vm:{machine.vm_id}"
    assert row.get("container") == f"urn:vcloud:vapp:{machine.vapp_id}"
    assert row.get("vdc") == f"urn:vcloud:vdc:{machine.vdc_id}"
    edge = records(caller.xml("/api/query?type=edgeGateway&format=idrecords"))[0]
    assert str(edge.get("id")).startswith("urn:vcloud:gateway:")


def test_references_have_their_own_root(caller: Caller) -> None:
    root = caller.xml("/api/query?type=organization&format=references")
    assert str(root.tag).endswith("}OrgReferences")
    assert [str(row.tag).rpartition("}")[2] for row in records(root)] == ["OrgReference"]


def test_query_without_type_lists_types(caller: Caller) -> None:
    links = caller.xml("/api/query")
    offered = {(link.get("name"), str(link.get("type")).split(".")[-1]) for link in links}
    assert ("vm", "idrecords+xml") in offered
    without_references = {"event", "vmDiskRelation", "fileDescriptor", "condition"}
    assert len(offered) == 3 * len({name for name, _ in offered}) - len(without_references)
    assert all(caller.get(str(link.get("href"))).status == 200 for link in links)


@pytest.mark.parametrize(
    ("kind", "status"), [("nothing", 400), ("VM", 400), ("adminVM", 403), ("edgegateway", 400), ("vm", 200)]
)
def test_type_names_are_case_sensitive_and_checked_for_access(caller: Caller, kind: str, status: int) -> None:
    assert caller.get(f"/api/query?type={kind}").status == status


@pytest.mark.parametrize(("path", "name"), [("/api/vms/query", "vm"), ("/api/vApps/query", "vApp")])
def test_typed_queries_keep_their_path(caller: Caller, path: str, name: str) -> None:
    root = caller.xml(path)
    assert root.get("name") == name
    assert root.get("href") == f"{caller.root}{path}?page=1&pageSize=25&format=records"


def test_edges_of_a_vdc(caller: Caller) -> None:
    world = caller.simulator.world
    vdc_id = next(iter(world.vdcs))
    assert len(records(caller.xml(f"/api/admin/vdc/{vdc_id}/edgeGateways"))) == 2
    assert caller.get(f"/api/admin/vdc/{world.make_id('vdc', 'no')}/edgeGateways").status == 403


def test_records_can_be_filtered_by_id(caller: Caller) -> None:
    vm_id = next(iter(caller.simulator.world.vms))
    name = caller.simulator.world.vms[vm_id].name
    urn = f"urn:vcloud:vm:{vm_id}"
    for query in (f"filter=id=={urn}", f"filterEncoded=true&filter=id=={quote(urn, safe='')}"):
        assert names(caller, query) == [name]
    assert names(caller, f"filter=id==urn:vcloud:vm:{vm_id[:-1]}x") == []


def test_tasks_are_filtered_by_status(caller: Caller) -> None:
    first = caller.simulator.tasks.of("org1")[0]
    caller.simulator.tasks.start("org1", first.owner, "Testing", "testing", polls=2)
    root = caller.xml("/api/query?type=task&filter=status==queued,status==running&sortDesc=startDate")
    assert [row.get("name") for row in records(root)] == ["testing"]
    assert "endDate" not in records(root)[0].attrib
    assert "progress" not in records(root)[0].attrib


def test_times_are_compared_as_times(caller: Caller) -> None:
    [task] = caller.xml("/api/query?type=task").findall("{*}TaskRecord")[:1]
    moment = datetime.fromisoformat(task.get("startDate").replace("Z", "+00:00"))

    def count(op: str, expected: datetime) -> int:
        text = quote(expected.isoformat(), safe="")
        return int(caller.xml(f"/api/query?type=task&filter=startDate{op}{text}").get("total"))

    for same_moment in (moment, moment.astimezone(timezone(timedelta(hours=5)))):
        assert count("=ge=", same_moment) == 1
        assert count("=gt=", same_moment) == 0
    assert count("=ge=", moment + timedelta(seconds=1)) == 0
    assert count("=lt=", moment + timedelta(milliseconds=1)) == 1


@pytest.mark.parametrize(
    ("version", "kind", "org"),
    [("31.0", None, None), ("33.0", "NSXV_BACKED", "org1"), ("39.0", "NSXV_BACKED", "org1")],
)
def test_records_of_edges_have_their_kind_since_32(version: str, kind: str | None, org: str | None) -> None:
    """Source: protocol/nsxt.md §2."""
    simulator = Simulator(SimulatorConfig(api_versions=("9.0", "31.0", "33.0", "39.0")))
    caller = signed_in(simulator, version="9.0")
    [record] = caller.xml("/api/query?type=edgeGateway", Accept=f"application/*+xml;version={version}").iter(
        "{*}EdgeGatewayRecord"
    )
    assert (record.get("edgeGatewayType"), record.get("orgName")) == (kind, org)
    # The values describe NSX-T edges only.
    assert record.get("deploymentMode") is None


def test_edges_can_be_filtered_by_their_kind() -> None:
    caller = signed_in(Simulator(SimulatorConfig()), version="33.0")
    for kind, total in (("NSXV_BACKED", "1"), ("NSXT_BACKED", "0")):
        assert caller.xml(f"/api/query?type=edgeGateway&filter=edgeGatewayType=={kind}").get("total") == total


def test_records_are_filtered_by_their_urn() -> None:
    """Source: protocol/query.md §4.1 (``href`` and ``id`` support filters)."""
    simulator = Simulator(SimulatorConfig())
    caller = signed_in(simulator, version="33.0")
    edge_id = next(iter(simulator.world.edges))
    for condition, total in ((f"id==urn:vcloud:gateway:{edge_id}", "1"), (f"id!=urn:vcloud:gateway:{edge_id}", "0")):
        for text in (condition, condition.replace(":", "%3A")):
            assert caller.xml(f"/api/query?type=edgeGateway&filter={text}").get("total") == total
