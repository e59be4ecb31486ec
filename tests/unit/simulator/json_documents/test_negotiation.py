"""Tests of the choice between XML and JSON, which depends on request headers.

Source: protocol/vcd-modern.md §1.2, §1.7.
"""

from __future__ import annotations

import json

import pytest
from lxml import etree

from tests.support.simulated import ORIGIN, Caller, basic, signed_in
from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import Simulator, SimulatorConfig, responses
from vcloudair_core.simulator.json_documents.negotiation import accepted_formats
from vcloudair_core.transport.messages import Headers, Request

JSON = "application/*+json;version=37.2"


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd")), version="37.2")


@pytest.mark.parametrize(
    ("accept", "formats"),
    [
        ("", ["xml"]),
        ("*/*", ["xml"]),
        ("application/*;version=38.1", ["xml"]),
        ("application/*+xml;version=5.6", ["xml"]),
        ("text/xml", ["xml"]),
        (JSON, ["json"]),
        ("APPLICATION/*+JSON;version=37.2", ["json"]),
        ("application/vnd.vmware.vcloud.vm+json;version=37.2", ["json"]),
        ("application/*+json;version=35.0;multisite=global", ["json"]),
        ("application/json;version=37.2", []),
        ("application/*+json;version=37.0, application/*+xml;version=37.0, application/json, */*", ["json", "xml"]),
        ("application/*+json;q=0.5;version=37.0, application/*+xml;version=37.0", ["xml", "json"]),
    ],
)
def test_formats_are_in_the_order_of_the_accept_header(accept: str, formats: list[str]) -> None:
    headers = Headers({"Accept": accept} if accept else {})
    assert accepted_formats(Request("GET", f"{ORIGIN}/api/org", headers, b"")) == formats


def test_a_document_in_json_has_the_content_type_and_version_of_the_request(caller: Caller) -> None:
    response = caller.get("/api/org", Accept=JSON)
    assert response.headers["Content-Type"] == "application/vnd.vmware.vcloud.orglist+json;version=37.2"
    (org,) = json.loads(response.body)["org"]
    assert org["name"] == "org1"
    assert caller.get("/api/org").headers["Content-Type"].startswith("application/vnd.vmware.vcloud.orglist+xml")


@pytest.mark.parametrize("version", ["5.6", "9.0", "20.0"])
def test_versions_without_json_reject_it(version: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version=version)
    response = caller.get("/api/org", Accept=f"application/*+json;version={version}")
    assert response.status == 406
    assert etree.fromstring(response.body).get("minorErrorCode") == "NOT_ACCEPTABLE"
    both = f"application/*+json;version={version},application/*+xml;version={version}"
    assert caller.get("/api/org", Accept=both).headers["Content-Type"].endswith(f"+xml;version={version}")


@pytest.mark.parametrize("version", ["27.0", "29.0", "33.0", "38.1", "39.1"])
def test_versions_with_json_answer_in_json(version: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version="37.2")
    response = caller.get("/api/session", Accept=f"application/*+json;version={version}")
    assert (response.status, response.headers["Content-Type"].partition(";")[2]) == (200, f"version={version}")
    assert json.loads(response.body)["user"] == "demo"


def test_plain_json_is_not_acceptable(caller: Caller) -> None:
    response = caller.get("/api/org", Accept="application/json;version=37.2")
    assert response.status == 406
    assert b"invalid accept header" in response.body


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/vdc/00000000-0000-0000-0000-000000000000", 403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN"),
        ("/api/vdc/x", 400, "BAD_REQUEST"),
        ("/api/nothing", 404, "RESOURCE_NOT_FOUND"),
        ("/api/query?type=nothing", 400, "BAD_REQUEST"),
    ],
)
def test_errors_are_in_json(caller: Caller, path: str, status: int, code: str) -> None:
    response = caller.get(path, Accept=JSON)
    error = json.loads(response.body)
    assert (response.status, error["majorErrorCode"], error["minorErrorCode"]) == (status, status, code)
    assert error["message"]
    assert error["stackTrace"] is None
    assert response.headers["Content-Type"] == "application/vnd.vmware.vcloud.error+json;version=37.2"


def test_the_error_of_a_wrong_method_is_in_json(caller: Caller) -> None:
    response = caller.send("POST", "/api/org", Accept=JSON)
    assert (response.status, json.loads(response.body)["minorErrorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_an_unknown_version_gets_its_error_in_json(caller: Caller) -> None:
    response = caller.get("/api/org", Accept="application/*+json;version=99.0")
    assert response.status == 406
    assert "Unknown API version: 99.0" in json.loads(response.body)["message"]


@pytest.mark.parametrize("kind", ["status", "busy"])
def test_injected_errors_are_in_json(caller: Caller, kind: str) -> None:
    fault = caller.simulator.faults.add(kind, path="/api/org", status=500)
    response = caller.get("/api/org", Accept=JSON)
    assert fault.hits == 1
    assert response.headers["Content-Type"] == "application/vnd.vmware.vcloud.error+json;version=37.2"
    assert json.loads(response.body)["majorErrorCode"] == response.status


def test_a_session_opens_in_json() -> None:
    caller = Caller(Simulator(SimulatorConfig(profile="vcd")), {"Accept": JSON})
    response = caller.send("POST", "/api/sessions", **basic("demo@org1", "demo-password"))
    session = json.loads(response.body)
    assert (session["user"], session["org"], session["roles"]) == ("demo", "org1", "Organization Administrator")
    assert response.headers["x-vcloud-authorization"]
    assert "Content-Length" not in response.headers or response.headers["Content-Length"] == str(len(response.body))


@pytest.mark.parametrize(("release", "is_json"), [("10.6", True), ("air", False), ("5.x", False)])
def test_api_versions_are_in_json_on_servers_that_have_it(release: str, is_json: bool) -> None:
    caller = Caller(Simulator(SimulatorConfig(profile="vcd", release=release)))
    response = caller.get("/api/versions", Accept="application/*+json")
    if is_json:
        infos = json.loads(response.body)["versionInfo"]
        assert [info["version"] for info in infos] == list(caller.simulator.config.api_versions)
        assert infos[-1]["loginUrl"] == f"{ORIGIN}/cloudapi/1.0.0/sessions"
        assert infos[-1]["mediaTypeMapping"] == []
    else:
        assert etree.QName(etree.fromstring(response.body)).localname == "SupportedVersions"


def test_documents_of_disaster_recovery_are_xml_only() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", replications=1))
    caller = signed_in(simulator, version="37.2")
    vdc = next(iter(simulator.world.vdcs))
    path = f"/api/vdc/{vdc}/recoveryDetails"
    response = caller.get(path, Accept=JSON)
    assert (response.status, json.loads(response.body)["minorErrorCode"]) == (406, "NOT_ACCEPTABLE")
    both = caller.get(path, Accept=f"{JSON},application/*+xml;version=37.2")
    assert (both.status, etree.QName(etree.fromstring(both.body)).localname) == (200, "VrRecoveryDetails")


def test_responses_of_plugins_remain_as_they_are() -> None:
    route = SimulatorRoute("GET", "/api/extra", lambda context: responses.json_body({"format": "own"}))
    group = SimulatorRoutes("extra", "Extra", (route,))
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd"), routes=[group]), version="5.6")
    for accept in ("application/json;version=5.6", "application/*+json;version=37.2"):
        response = caller.get("/api/extra", Accept=accept)
        assert (response.status, json.loads(response.body)) == (200, {"format": "own"})


def test_edge_services_keep_their_own_json(caller: Caller) -> None:
    edge = next(iter(caller.simulator.world.edges))
    response = caller.get(f"/network/edges/{edge}/firewall/config", Accept="application/json")
    assert response.headers["Content-Type"] == "application/json"
    assert "firewallRules" in json.loads(response.body)
