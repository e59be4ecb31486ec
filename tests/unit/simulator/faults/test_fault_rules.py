"""Tests of fault rules: selection of requests, effects, and log entries."""

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
    client = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    client.simulator.request_log.clear()
    return client


def test_fault_acts_on_its_path_and_ends_after_count(caller: Caller) -> None:
    caller.simulator.faults.add("status", method="GET", path=ORGS, skip=1, count=2, status=503, code="X", message="Y")
    asked = [caller.get(ORGS) for _ in range(5)]
    assert [answer.status for answer in asked] == [200, 503, 503, 200, 200]
    assert etree.fromstring(asked[1].body).get("minorErrorCode") == "X"
    assert asked[1].headers["Content-Type"].endswith(";version=5.6")


def test_fault_ignores_other_requests(caller: Caller) -> None:
    caller.simulator.faults.add("status", method="PUT", path=ORGS)
    caller.simulator.faults.add("status", path="/api/query")
    assert caller.get(ORGS).status == 200
    assert caller.get("/api/query").status == 500


def test_count_zero_has_no_limit_until_clear(caller: Caller) -> None:
    caller.simulator.faults.add("status", count=0)
    assert {caller.get(ORGS).status for _ in range(20)} == {500}
    caller.simulator.faults.clear()
    assert caller.get(ORGS).status == 200


def test_first_matching_fault_acts(caller: Caller) -> None:
    caller.simulator.faults.add("status", status=502)
    caller.simulator.faults.add("status", status=504)
    assert [caller.get(ORGS).status for _ in range(3)] == [502, 504, 200]


def test_busy_fault_has_the_message_that_clients_parse(caller: Caller) -> None:
    forms = {
        "entity": r"is busy completing an operation\.$",
        "network": r"is busy, cannot proceed with the operation\.$",
    }
    for form, pattern in forms.items():
        caller.simulator.faults.add("busy", form=form)
        error = etree.fromstring(caller.get(ORGS).body)
        assert (error.get("majorErrorCode"), error.get("minorErrorCode")) == ("400", "BUSY_ENTITY")
        assert re.search(pattern, str(error.get("message")))


def test_busy_fault_can_name_the_running_task(caller: Caller) -> None:
    edge = first_edge(caller.simulator)
    caller.simulator.faults.add("busy", form="task", path="/firewall/config")
    answer = caller.get(f"/network/edges/{edge.edge_id}/firewall/config")
    message = str(etree.fromstring(answer.body).get("message"))
    assert message.startswith(
        f"[ {answer.request_id} ] The entity Ref: com.vmware.vcloud.entity.gateway:{edge.edge_id} "
    )
    match = re.search(r"\(com\.vmware\.vcloud\.entity\.task:([0-9a-f-]{36})\)$", message)
    assert match
    states = [caller.xml(f"/api/task/{match[1]}").get("status") for _ in range(2)]
    assert states == ["queued", "success"]


def test_throttle_fault_sends_retry_after(caller: Caller) -> None:
    caller.simulator.faults.add("throttle")
    caller.simulator.faults.add("throttle", retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    assert [caller.get(ORGS).headers["Retry-After"] for _ in range(2)] == ["1", "Wed, 21 Oct 2026 07:28:00 GMT"]


def test_html_and_redirect_faults(caller: Caller) -> None:
    caller.simulator.faults.add("html", status=502)
    caller.simulator.faults.add("redirect", location="https://elsewhere.example.test/")
    page, moved = caller.get(ORGS), caller.get(ORGS)
    assert (page.status, page.media_type) == (502, "text/html")
    assert (moved.status, moved.headers["Location"]) == (302, "https://elsewhere.example.test/")


@pytest.mark.parametrize("kind", ["bad_xml", "bad_json", "truncated", "bad_content_type"])
def test_damage_faults_change_the_correct_response(caller: Caller, kind: str) -> None:
    correct = caller.get(ORGS)
    caller.simulator.faults.add(kind)
    damaged = caller.get(ORGS)
    assert damaged.status == 200
    if kind == "bad_content_type":
        assert damaged.media_type == "application/octet-stream"
        assert damaged.body == correct.body
    else:
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(damaged.body)


def test_client_signs_in_again_after_session_loss(caller: Caller) -> None:
    caller.simulator.faults.add("unauthorized", path=ORGS)
    assert caller.get(ORGS).status == 401
    assert caller.send("POST", "/api/sessions", **basic("demo@org1", "demo-password")).status == 200
    assert caller.get(ORGS).status == 200


@pytest.mark.parametrize(
    ("kind", "acted"),
    [("reset", False), ("hang", False), ("reset_after", True), ("half_body", True), ("wrong_length", True)],
)
def test_connection_faults_break_before_or_after_execution(caller: Caller, kind: str, acted: bool) -> None:
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
def test_socket_faults_raise_transport_errors_in_process(kind: str, error: type[Exception]) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    simulator.faults.add(kind)
    with pytest.raises(error):
        simulator.transport().send(Request("GET", "https://vcd.example.test/api/versions", Headers()))


def test_latency_fault_delays_the_response(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("vcloudair_core.simulator.faults.fault_rules.time.sleep", slept.append)
    caller.simulator.faults.add("latency", seconds=2.5)
    assert caller.get(ORGS).status == 200
    assert slept == [2.5]


def test_edit_fault_runs_before_the_request(caller: Caller) -> None:
    def rename(simulator: Simulator) -> None:
        first_edge(simulator).name = "renamed"

    caller.simulator.faults.add("edit", edit=rename, path="edgeGateway")
    edge = first_edge(caller.simulator)
    assert caller.xml(f"/api/admin/edgeGateway/{edge.edge_id}").get("name") == "renamed"


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("nothing", {}, "expected one of status"),
        ("edit", {}, "key section, an optional key edge"),
        ("busy", {"form": "odd"}, "expected one of entity"),
    ],
)
def test_invalid_faults_are_rejected(caller: Caller, kind: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        caller.simulator.faults.add(kind, **fields)


PAGES = {"endless_pages", "growing_total", "repeated_pages"}


def test_every_kind_of_fault_has_an_effect(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_endless_pages_fault(caller: Caller) -> None:
    first, second = ("/api/query?type=vm&pageSize=2&format=records&page=1", "type=vm&pageSize=2&format=records&page=2")
    plain = [etree.fromstring(caller.get(first).body), etree.fromstring(caller.get(f"/api/query?{second}").body)]
    caller.simulator.faults.add("endless_pages", count=2)
    pages = [etree.fromstring(caller.get(first).body) for _ in range(2)]
    links = [next(link.get("href") for link in page if link.get("rel") == "nextPage") for page in pages]
    assert [re.search(r"page=(\d+)", str(link))[1] for link in links] == ["2", "3"]  # type: ignore[index]
    caller.simulator.faults.add("growing_total", count=2)
    totals = [etree.fromstring(caller.get(first).body).get("total") for _ in range(2)]
    assert totals == [str(int(str(plain[0].get("total"))) + more) for more in (1000, 2000)]
    caller.simulator.faults.add("repeated_pages", count=2)
    numbers = [etree.fromstring(caller.get(path).body).get("page") for path in (first, f"/api/query?{second}")]
    assert (numbers, plain[1].get("page")) == (["1", "1"], "2")


def test_damage_faults_keep_an_empty_body(caller: Caller) -> None:
    caller.simulator.faults.add("bad_xml", method="DELETE")
    edge = first_edge(caller.simulator)
    answer = caller.send("DELETE", f"/network/edges/{edge.edge_id}/firewall/config")
    assert (answer.status, answer.body) == (204, b"")


def test_fault_ends_after_lasts_s(caller: Caller) -> None:
    caller.simulator.faults.add("status", status=503, count=0, lasts_s=60)
    assert [caller.get(ORGS).status for _ in range(3)] == [503] * 3
    caller.simulator.clock.advance(60)
    assert caller.get(ORGS).status == 200


def test_clock_fault_ends_sessions(caller: Caller) -> None:
    caller.simulator.faults.add("clock", seconds=7200)
    before = caller.simulator.clock.now()
    assert caller.get(ORGS).status == 401
    assert 7199 < caller.simulator.clock.now() - before < 7260


def test_standing_clock_moves_only_on_advance(caller: Caller) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", standing_clock=1_700_000_000.0))
    answer = simulator.handle(Request("GET", "https://vcd.example.test/api/versions"))
    assert answer.headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    simulator.clock.advance(0.5)
    assert simulator.clock.now() == 1_700_000_000.5


def test_socket_fault_advances_the_clock_in_process() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", standing_clock=0.0))
    simulator.faults.add("hang", seconds=120)
    with pytest.raises(TimeoutExpiredError):
        simulator.transport().send(Request("GET", "https://vcd.example.test/api/versions"))
    assert simulator.clock.now() == 120
