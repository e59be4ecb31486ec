"""The query service: pages, filters, order, fields. Source: protocol/query.md."""

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


def test_the_first_page_has_25_of_all(caller: Caller) -> None:
    root = caller.xml("/api/query?type=vm")
    assert (root.get("page"), root.get("pageSize"), root.get("total")) == ("1", "25", "61")
    assert len(records(root)) == 25
    assert rels(root) == ["nextPage", "lastPage", "alternate", "alternate"]


def test_links_lead_over_every_page_with_the_whole_question(caller: Caller) -> None:
    address: str | None = "/api/query?type=vm&pageSize=20&fields=name&sortDesc=name&filter=(name==vm-00*)"
    found, pages = [], 0
    while address:
        root = caller.xml(address)
        found += [str(row.get("name")) for row in records(root)]
        assert all(set(row.attrib) == {"name", "href"} for row in records(root))
        address = next((str(node.get("href")) for node in root if node.get("rel") == "nextPage"), None)
        pages += 1
    assert pages == 4
    assert found == [f"vm-{number:04}" for number in range(61, 0, -1)]


def test_a_page_in_the_middle_and_one_past_the_end(caller: Caller) -> None:
    middle = caller.xml("/api/query?type=vm&page=2")
    assert rels(middle)[:4] == ["firstPage", "previousPage", "nextPage", "lastPage"]
    past = caller.xml("/api/query?type=vm&page=99")
    assert records(past) == []
    assert past.get("total") == "61"


def test_more_than_128_is_cut_down(caller: Caller) -> None:
    assert caller.xml("/api/query?type=vm&pageSize=1000").get("pageSize") == "128"


def test_offset_leaves_out_the_first(caller: Caller) -> None:
    assert names(caller, "offset=59&sortAsc=name") == ["vm-0060", "vm-0061"]


@pytest.mark.parametrize("wrong", ["page=x", "page=0", "page=-1", "pageSize=x", "pageSize=0", "format=xml", "offset=x"])
def test_wrong_pages_and_formats_are_refused(caller: Caller, wrong: str) -> None:
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


def test_a_filter_may_be_encoded_once_more(caller: Caller) -> None:
    encoded = quote(f"name=={quote('vm-0001')}", safe="")
    assert names(caller, f"filterEncoded=true&filter={encoded}") == ["vm-0001"]


def test_special_characters_are_found(caller: Caller) -> None:
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
def test_what_makes_no_sense_is_refused_by_name(caller: Caller, query: str) -> None:
    answer = caller.get(f"/api/query?type=vm&{query}")
    assert answer.status == 400
    assert "nmae" in answer.text or "filter" in answer.text


def test_a_field_that_such_records_may_have_is_no_mistake(caller: Caller) -> None:
    row = records(caller.xml("/api/query?type=vm&fields=name,ipAddress&pageSize=1"))[0]
    assert set(row.attrib) == {"name", "href"}


def test_numbers_are_sorted_as_numbers(caller: Caller) -> None:
    rows = caller.xml("/api/query?type=vm&sortDesc=memoryMB&pageSize=3")
    assert [row.get("memoryMB") for row in records(rows)] == ["4096"] * 3


def test_ids_in_place_of_addresses(caller: Caller) -> None:
    row = records(caller.xml("/api/query?type=vm&format=idrecords&pageSize=1"))[0]
    machine = next(iter(caller.simulator.world.vms.values()))
    assert row.get("href") is None
    assert row.get("id") == f"urn:vcloud:vm:{machine.vm_id}"
    assert row.get("container") == f"urn:vcloud:vapp:{machine.vapp_id}"
    assert row.get("vdc") == f"urn:vcloud:vdc:{machine.vdc_id}"
    edge = records(caller.xml("/api/query?type=edgeGateway&format=idrecords"))[0]
    assert str(edge.get("id")).startswith("urn:vcloud:gateway:")


def test_references_have_a_root_of_their_own(caller: Caller) -> None:
    root = caller.xml("/api/query?type=organization&format=references")
    assert str(root.tag).endswith("}OrgReferences")
    assert [str(row.tag).rpartition("}")[2] for row in records(root)] == ["OrgReference"]


def test_without_a_type_the_types_are_listed(caller: Caller) -> None:
    links = caller.xml("/api/query")
    offered = {(link.get("name"), str(link.get("type")).split(".")[-1]) for link in links}
    assert ("vm", "idrecords+xml") in offered
    without_references = {"role", "event", "vmDiskRelation", "fileDescriptor", "condition"}
    assert len(offered) == 3 * len({name for name, _ in offered}) - len(without_references)
    assert all(caller.get(str(link.get("href"))).status == 200 for link in links)


@pytest.mark.parametrize(
    ("kind", "status"), [("nothing", 400), ("VM", 400), ("adminVM", 403), ("edgegateway", 400), ("vm", 200)]
)
def test_types_are_told_apart_by_case_and_right(caller: Caller, kind: str, status: int) -> None:
    assert caller.get(f"/api/query?type={kind}").status == status


@pytest.mark.parametrize(("path", "name"), [("/api/vms/query", "vm"), ("/api/vApps/query", "vApp")])
def test_packaged_queries_keep_their_path(caller: Caller, path: str, name: str) -> None:
    root = caller.xml(path)
    assert root.get("name") == name
    assert root.get("href") == f"{caller.root}{path}?page=1&pageSize=25&format=records"


def test_the_edges_of_a_vdc_are_those_of_that_vdc(caller: Caller) -> None:
    world = caller.simulator.world
    vdc_id = next(iter(world.vdcs))
    assert len(records(caller.xml(f"/api/admin/vdc/{vdc_id}/edgeGateways"))) == 2
    assert caller.get(f"/api/admin/vdc/{world.make_id('vdc', 'no')}/edgeGateways").status == 403


def test_tasks_are_found_by_their_state(caller: Caller) -> None:
    first = caller.simulator.tasks.of("org1")[0]
    caller.simulator.tasks.start("org1", first.owner, "Testing", "testing", polls=2)
    root = caller.xml("/api/query?type=task&filter=status==queued,status==running&sortDesc=startDate")
    assert [row.get("name") for row in records(root)] == ["testing"]
    assert "endDate" not in records(root)[0].attrib
    assert "progress" not in records(root)[0].attrib


def test_times_are_compared_as_times(caller: Caller) -> None:
    [task] = caller.xml("/api/query?type=task").findall("{*}TaskRecord")[:1]
    moment = datetime.fromisoformat(task.get("startDate").replace("Z", "+00:00"))

    def count(op: str, wanted: datetime) -> int:
        text = quote(wanted.isoformat(), safe="")
        return int(caller.xml(f"/api/query?type=task&filter=startDate{op}{text}").get("total"))

    for elsewhere in (moment, moment.astimezone(timezone(timedelta(hours=5)))):
        assert count("=ge=", elsewhere) == 1
        assert count("=gt=", elsewhere) == 0
    assert count("=ge=", moment + timedelta(seconds=1)) == 0
    assert count("=lt=", moment + timedelta(milliseconds=1)) == 1
