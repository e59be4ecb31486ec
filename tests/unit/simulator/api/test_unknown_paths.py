"""Tests of paths without a route: response, count, and request log."""

from __future__ import annotations

import json
import logging

import pytest
from lxml import etree

from tests.support.simulated import ORIGIN, Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Headers, Request


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd")))


def test_unknown_path_below_api_returns_404_in_a_session_and_403_without(caller: Caller) -> None:
    """Source: protocol/sessions.md §1.1, §4.5.

    According to §4.5, status 404 usually means a malformed URL. According to §1.1, vCloud Director 8.0 returned 403.
    """
    response = caller.get("/api/nothing/here")
    assert (response.status, response.headers["Content-Type"]) == (
        404,
        "application/vnd.vmware.vcloud.error+xml;version=5.6",
    )
    assert etree.fromstring(response.body).get("minorErrorCode") == "RESOURCE_NOT_FOUND"
    stranger = Caller(caller.simulator).get("/api/nothing/here")
    assert etree.fromstring(stranger.body).get("minorErrorCode") == "ACCESS_TO_RESOURCE_IS_FORBIDDEN"
    assert stranger.status == 403


def test_status_below_api_is_an_option() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd", unknown_path_status=403)))
    assert caller.get("/api/nothing").status == 403


@pytest.mark.parametrize("path", ["/cloudapi/1.0.0/nothing", "/oauth/tenant/org1/nothing"])
def test_unknown_path_below_cloudapi_returns_an_error_in_json(caller: Caller, path: str) -> None:
    """Source: protocol/vcd-modern.md §2."""
    response = caller.get(path)
    assert (response.status, json.loads(response.body)["minorErrorCode"]) == (404, "RESOURCE_NOT_FOUND")


def test_unknown_path_of_nsx_returns_an_error_of_nsx(caller: Caller) -> None:
    """Source: protocol/ans.md §6."""
    response = caller.get("/network/edges/x/firewal/config")
    assert (response.status, etree.fromstring(response.body).tag) == (404, "error")
    as_json = caller.get("/network/edges/x/firewal/config", Accept="application/json")
    assert json.loads(as_json.body)["errorCode"] == 202


@pytest.mark.parametrize(
    ("profile", "path", "title"),
    [
        ("vchs", "/api/vchs/nothing", "Action not found"),
        ("vca", "/api/iam/nothing", "404 Not Found"),
        ("vca", "/api/nothing", "404 Not Found"),
        ("vcd", "/nowhere", "404 Not Found"),
        ("vca", "/cloudapi/1.0.0/sessions", "404 Not Found"),
    ],
)
def test_front_end_returns_a_page(profile: str, path: str, title: str) -> None:
    """Source: protocol/sessions.md §1.2, §2.4."""
    simulator = Simulator(SimulatorConfig(profile=profile))
    response = simulator.handle(Request("GET", ORIGIN + path, Headers()))
    assert (response.status, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert f"<title>{title}</title>" in response.text


def test_on_demand_has_its_vcloud_director_below_compute() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vca")))
    response = caller.get("/api/nothing")
    assert response.headers["Content-Type"].startswith("application/vnd.vmware.vcloud.error+xml")
    assert caller.get("/network/nothing").text.startswith("<?xml")


def test_known_path_with_another_method_returns_405(caller: Caller) -> None:
    assert caller.send("PATCH", "/api/session").status == 405


def test_unknown_path_is_logged_once_and_counted(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    first, second = "8b779249-8de4-5cba-89fb-bb4dabbf1421", "fc4c3c02-77fa-56d5-ab8f-9dc074fce352"
    with caplog.at_level(logging.WARNING, "vcloudair_core.simulator"):
        responses = [caller.get(f"/network/edges/{edge}/firewal/config") for edge in (first, second)]
    assert len(caplog.records) == 1
    assert "GET /network/edges/{edge_id}/firewall/config" in caplog.text
    assert "firewall" not in "".join(response.text for response in responses), "the hint is only in the log"
    assert [entry.note for entry in caller.simulator.request_log.entries(path="firewal/")] == ["unknown", "unknown"]
    listed = caller.simulator.handle(Request("GET", f"{ORIGIN}/_sim/unknown-paths", Headers()))
    [entry] = json.loads(listed.body)
    assert (entry["method"], entry["path"], entry["count"]) == ("GET", "/network/edges/{id}/firewal/config", 2)
    assert "GET /network/edges/{edge_id}/firewall/config" in entry["similar"]
    caller.simulator.reset()
    assert caller.simulator.unknown_paths.as_list() == []


@pytest.mark.parametrize("path", ["", "/hostReferences/query", "/vimServerReferences"])
def test_paths_of_the_provider_are_refused(caller: Caller, path: str) -> None:
    response = caller.get(f"/api/admin/extension{path}")
    assert response.status == 403
    assert etree.fromstring(response.body).get("minorErrorCode") == "ACCESS_TO_RESOURCE_IS_FORBIDDEN"
