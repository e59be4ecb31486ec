"""Faults on order: which request they hit, what they do, and what the journal keeps of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, basic, first_edge, signed_in
from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.faults.fault_rules import KINDS, SocketFaultError
from vcloudair_core.transport.messages import Headers, Request, Response

ORGS = "/api/org/"


@pytest.fixture
def caller() -> Caller:
    found = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    found.simulator.request_log.clear()
    return found


def test_a_fault_hits_what_it_names_and_then_is_over(caller: Caller) -> None:
    caller.simulator.faults.add("status", method="GET", path=ORGS, skip=1, count=2, status=503, code="X", message="Y")
    asked = [caller.get(ORGS) for _ in range(5)]
    assert [answer.status for answer in asked] == [200, 503, 503, 200, 200]
    assert etree.fromstring(asked[1].body).get("minorErrorCode") == "X"
    assert asked[1].headers["Content-Type"].endswith(";version=5.6")


def test_others_are_left_alone(caller: Caller) -> None:
    caller.simulator.faults.add("status", method="PUT", path=ORGS)
    caller.simulator.faults.add("status", path="/api/query")
    assert caller.get(ORGS).status == 200
    assert caller.get("/api/query").status == 500


def test_count_zero_is_for_ever_and_clear_ends_it(caller: Caller) -> None:
    caller.simulator.faults.add("status", count=0)
    assert {caller.get(ORGS).status for _ in range(20)} == {500}
    caller.simulator.faults.clear()
    assert caller.get(ORGS).status == 200


def test_the_first_that_fits_acts(caller: Caller) -> None:
    caller.simulator.faults.add("status", status=502)
    caller.simulator.faults.add("status", status=504)
    assert [caller.get(ORGS).status for _ in range(3)] == [502, 504, 200]


def test_a_busy_entity_says_so_in_the_words_that_programs_look_for(caller: Caller) -> None:
    forms = {
        "entity": r"is busy completing an operation\.$",
        "network": r"is busy, cannot proceed with the operation\.$",
    }
    for form, pattern in forms.items():
        caller.simulator.faults.add("busy", form=form)
        error = etree.fromstring(caller.get(ORGS).body)
        assert (error.get("majorErrorCode"), error.get("minorErrorCode")) == ("400", "BUSY_ENTITY")
        assert re.search(pattern, str(error.get("message")))


def test_a_busy_entity_may_name_the_task_to_wait_for(caller: Caller) -> None:
    edge = first_edge(caller.simulator)
    caller.simulator.faults.add("busy", form="task", path="/firewall/config")
    answer = caller.get(f"/network/edges/{edge.edge_id}/firewall/config")
    message = str(etree.fromstring(answer.body).get("message"))
    assert message.startswith(
        f"[ {answer.request_id} ] The entity Ref: com.vmware.vcloud.entity.gateway:{edge.edge_id} "
    )
    found = re.search(r"\(com\.vmware\.vcloud\.entity\.task:([0-9a-f-]{36})\)$", message)
    assert found
    states = [caller.xml(f"/api/task/{found[1]}").get("status") for _ in range(2)]
    assert states == ["queued", "success"]


def test_throttling_says_when_to_come_back(caller: Caller) -> None:
    caller.simulator.faults.add("throttle")
    caller.simulator.faults.add("throttle", retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    assert [caller.get(ORGS).headers["Retry-After"] for _ in range(2)] == ["1", "Wed, 21 Oct 2026 07:28:00 GMT"]


def test_front_ends_answer_in_html_and_redirect(caller: Caller) -> None:
    caller.simulator.faults.add("html", status=502)
    caller.simulator.faults.add("redirect", location="https://elsewhere.example.test/")
    page, moved = caller.get(ORGS), caller.get(ORGS)
    assert (page.status, page.media_type) == (502, "text/html")
    assert (moved.status, moved.headers["Location"]) == (302, "https://elsewhere.example.test/")


@pytest.mark.parametrize("kind", ["bad_xml", "bad_json", "truncated", "bad_content_type"])
def test_answers_are_spoilt_after_they_were_made(caller: Caller, kind: str) -> None:
    whole = caller.get(ORGS)
    caller.simulator.faults.add(kind)
    spoilt = caller.get(ORGS)
    assert spoilt.status == 200
    if kind == "bad_content_type":
        assert spoilt.media_type == "application/octet-stream"
        assert spoilt.body == whole.body
    else:
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(spoilt.body)


def test_a_signed_out_client_signs_in_again(caller: Caller) -> None:
    caller.simulator.faults.add("unauthorized", path=ORGS)
    assert caller.get(ORGS).status == 401
    assert caller.send("POST", "/api/sessions", **basic("demo@org1", "demo-password")).status == 200
    assert caller.get(ORGS).status == 200


@pytest.mark.parametrize(
    ("kind", "acted"),
    [("reset", False), ("hang", False), ("reset_after", True), ("half_body", True), ("wrong_length", True)],
)
def test_connections_break_before_or_after_the_work_is_done(caller: Caller, kind: str, acted: bool) -> None:
    edge = first_edge(caller.simulator)
    version = edge.firewall["version"]
    caller.simulator.faults.add(kind, method="DELETE")
    with pytest.raises(SocketFaultError) as caught:
        caller.send("DELETE", f"/network/edges/{edge.edge_id}/firewall/config")
    assert caught.value.acted is acted
    assert (edge.firewall["version"] > version) is acted
    entry = caller.simulator.request_log.entries()[-1]
    assert (entry.method, entry.status, entry.note) == ("DELETE", 0, kind)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("reset", ConnectionFailedError), ("hang", TimeoutExpiredError), ("half_body", ConnectionFailedError)],
)
def test_without_sockets_they_are_the_errors_of_a_transport(kind: str, error: type[Exception]) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    simulator.faults.add(kind)
    with pytest.raises(error):
        simulator.transport().send(Request("GET", "https://vcd.example.test/api/versions", Headers()))


def test_latency_holds_the_answer_back(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("vcloudair_core.simulator.faults.fault_rules.time.sleep", slept.append)
    caller.simulator.faults.add("latency", seconds=2.5)
    assert caller.get(ORGS).status == 200
    assert slept == [2.5]


def test_somebody_else_changes_something_first(caller: Caller) -> None:
    def rename(simulator: Simulator) -> None:
        first_edge(simulator).name = "renamed"

    caller.simulator.faults.add("edit", edit=rename, path="edgeGateway")
    edge = first_edge(caller.simulator)
    assert caller.xml(f"/api/admin/edgeGateway/{edge.edge_id}").get("name") == "renamed"


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("nothing", {}, "expected one of status"),
        ("edit", {}, "edge, section and add"),
        ("busy", {"form": "odd"}, "expected one of entity"),
    ],
)
def test_orders_that_make_no_sense(caller: Caller, kind: str, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        caller.simulator.faults.add(kind, **fields)


PAGES = {"endless_pages", "growing_total", "repeated_pages"}


def test_every_kind_does_something(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcloudair_core.simulator.faults.fault_rules.time.sleep", lambda seconds: None)
    plain = caller.get(ORGS)
    for kind in sorted(set(KINDS) - {"latency", "edit", "clock", *PAGES}):
        caller.simulator.faults.add(kind, seconds=86_400)
        try:
            answer = caller.get(ORGS)
        except SocketFaultError as exc:
            assert exc.kind == kind
            continue
        assert _seen(answer) != _seen(plain), kind


def _seen(answer: Response) -> tuple[int, str, bytes, str]:
    return answer.status, answer.media_type, answer.body, answer.headers["Date"][:16]


def test_pages_that_do_not_come_to_an_end(caller: Caller) -> None:
    first, second = ("/api/query?type=vm&pageSize=2&format=records&page=1", "type=vm&pageSize=2&format=records&page=2")
    plain = [etree.fromstring(caller.get(first).body), etree.fromstring(caller.get(f"/api/query?{second}").body)]
    caller.simulator.faults.add("endless_pages", count=2)
    found = [etree.fromstring(caller.get(first).body) for _ in range(2)]
    links = [next(link.get("href") for link in one if link.get("rel") == "nextPage") for one in found]
    assert [re.search(r"page=(\d+)", str(link))[1] for link in links] == ["2", "3"]  # type: ignore[index]
    caller.simulator.faults.add("growing_total", count=2)
    totals = [etree.fromstring(caller.get(first).body).get("total") for _ in range(2)]
    assert totals == [str(int(str(plain[0].get("total"))) + more) for more in (1000, 2000)]
    caller.simulator.faults.add("repeated_pages", count=2)
    pages = [etree.fromstring(caller.get(where).body).get("page") for where in (first, f"/api/query?{second}")]
    assert (pages, plain[1].get("page")) == (["1", "1"], "2")


def test_an_answer_without_a_body_stays_without_one(caller: Caller) -> None:
    caller.simulator.faults.add("bad_xml", method="DELETE")
    edge = first_edge(caller.simulator)
    answer = caller.send("DELETE", f"/network/edges/{edge.edge_id}/firewall/config")
    assert (answer.status, answer.body) == (204, b"")


def test_a_fault_may_last_for_some_time(caller: Caller) -> None:
    caller.simulator.faults.add("status", status=503, count=0, lasts_s=60)
    assert [caller.get(ORGS).status for _ in range(3)] == [503] * 3
    caller.simulator.clock.advance(60)
    assert caller.get(ORGS).status == 200


def test_the_clock_of_the_server_jumps_and_its_sessions_are_over(caller: Caller) -> None:
    caller.simulator.faults.add("clock", seconds=7200)
    before = caller.simulator.clock.now()
    assert caller.get(ORGS).status == 401
    assert 7199 < caller.simulator.clock.now() - before < 7260


def test_a_clock_that_stands_goes_on_only_when_it_is_let(caller: Caller) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", standing_clock=1_700_000_000.0))
    answer = simulator.handle(Request("GET", "https://vcd.example.test/api/versions"))
    assert answer.headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    simulator.clock.advance(0.5)
    assert simulator.clock.now() == 1_700_000_000.5


def test_a_client_without_sockets_waits_as_long_as_it_would_have() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", standing_clock=0.0))
    simulator.faults.add("hang", seconds=120)
    with pytest.raises(TimeoutExpiredError):
        simulator.transport().send(Request("GET", "https://vcd.example.test/api/versions"))
    assert simulator.clock.now() == 120
