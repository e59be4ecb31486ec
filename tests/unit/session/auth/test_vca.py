"""Tests of the On-Demand sign-in, including the quirks of real servers.

Source: protocol/sessions.md §3.2.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.session.auth.test_vchs import VCD_TOKEN
from tests.unit.session.mocked_http import PASSWORD, MockedTransport, load, reply, session_xml
from vcloudair_core.errors import AuthenticationError, ConfigurationError, ConnectionFailedError
from vcloudair_core.session.auth.vca import VcaAuth
from vcloudair_core.session.session import Session
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.clock import FakeClock

OD = "https://vca.example.test"
REGION = "https://us-west-1-3.vchs.example.test"
REAL_TYPE = 'application/json; class="com".vmware.vchs.sc.restapi.model.instancelisttype; version=5.7;charset=UTF-8'


def instance(
    uuid: str, name: str = "Virtual Private Cloud OnDemand", region: str = REGION, **more: Any
) -> dict[str, Any]:
    attributes = {"orgName": uuid, "sessionUri": f"{region}/api/compute/api/sessions"}
    return {
        "id": uuid,
        "name": name,
        "region": region.removeprefix("https://"),
        "planId": "region:x:planID:1",
        "apiUrl": f"{region}/api/compute/api/org/{uuid}",
        "instanceAttributes": json.dumps(attributes),
    } | more


OTHERS = [
    {"id": "0001", "name": "Object Storage", "instanceAttributes": "random-words-hex"},
    {"id": "0002", "name": "No attributes", "instanceAttributes": "No Attributes"},
    {"id": "0003", "name": "None at all"},
    {"id": "0004", "name": "Broken", "instanceAttributes": "{not json"},
]


def od_answers(*instances: dict[str, Any]) -> dict[str, Any]:
    def login(request: Request) -> Response:
        return reply(200, session_xml("uuid-1", f"{REGION}/api/compute"), x_vcloud_authorization=VCD_TOKEN)

    return {
        "POST /api/iam/login": reply(201, '{"serviceGroupIds":["1"]}', vchs_authorization="iam-token-0123456789"),
        "GET /api/sc/instances": reply(200, json.dumps({"instances": [*OTHERS, *instances]}), Content_Type=REAL_TYPE),
        "GET /api/sc/plans": reply(200, json.dumps({"plans": []})),
        "POST /api/compute/api/sessions": login,
        "GET /api/compute/api/x": reply(200, "<x/>"),
        "DELETE /api/compute/api/session": reply(204),
    }


def od_session(transport: MockedTransport, **arguments: Any) -> Session:
    defaults = {"service_type": "vca", "url": OD, "username": "ops@acme.test", "password": PASSWORD}
    settings = load(**(defaults | {"session_cache": False} | arguments))
    return Session(settings, transport, VcaAuth(settings), clock=FakeClock())


def test_on_demand_leads_to_the_only_compute_instance() -> None:
    transport = MockedTransport(od_answers(instance("uuid-1")))
    session = od_session(transport)
    session.call("GET", "/api/x")
    identity = session.identity
    assert (identity.flavor, identity.base_url, identity.api_version) == ("vca", f"{REGION}/api/compute", "5.7")
    assert (identity.org_name, identity.org_id) == ("uuid-1", "aaaa-org")
    assert transport.sent() == [
        "POST /api/iam/login",
        "GET /api/sc/instances",
        "POST /api/compute/api/sessions",
        "GET /api/compute/api/x",
    ]
    assert transport.requests[1].headers["Authorization"] == "Bearer iam-token-0123456789"
    assert "Bearer" not in transport.requests[3].headers.get("Authorization", "")


def test_the_user_of_an_instance_is_user_at_its_org() -> None:
    import base64

    transport = MockedTransport(od_answers(instance("uuid-1")))
    od_session(transport).login()
    encoded = transport.requests[2].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(encoded).decode() == f"ops@acme.test@uuid-1:{PASSWORD}"


TWO = (instance("uuid-1", "West"), instance("uuid-2", "East", "https://us-east-2-1.vchs.example.test"))


@pytest.mark.parametrize("wanted", ["uuid-1", "UUID-1", "west", "us-west-1-3", "us-west-1-3.vchs.example.test", "0"])
def test_an_instance_is_chosen_by_id_name_region_or_index(wanted: str) -> None:
    transport = MockedTransport(od_answers(*TWO))
    assert od_session(transport, instance=wanted).login().base_url == f"{REGION}/api/compute"


@pytest.mark.parametrize(
    ("arguments", "instances", "phrase"),
    [
        ({}, TWO, r"has 2 instances: West \(uuid-1, us-west-1-3\); East \(uuid-2"),
        ({"instance": "north"}, TWO, "No compute instance matches instance 'north'. Available instances: West"),
        ({"instance": "2"}, TWO, "No compute instance matches"),
        ({}, (), "does not have a compute instance. Available instances: none"),
        ({"instance": "Object Storage"}, TWO, "No compute instance matches"),
    ],
)
def test_an_ambiguous_instance_names_the_candidates(arguments: dict[str, str], instances: Any, phrase: str) -> None:
    transport = MockedTransport(od_answers(*instances))
    with pytest.raises(ConfigurationError, match=phrase):
        od_session(transport, **arguments).login()
    assert transport.sent("/api/sessions") == []


@pytest.mark.parametrize("region", ["https://evil.org", "http://us-west-1-3.vchs.example.test"])
def test_the_password_is_not_sent_to_untrusted_hosts(region: str) -> None:
    transport = MockedTransport(od_answers(instance("uuid-1", region=region)))
    with pytest.raises(ConnectionFailedError):
        od_session(transport).login()
    assert {request.origin for request in transport.requests} == {f"{OD}:443"}


def test_a_redirect_of_the_instance_list_to_the_same_owner_is_followed() -> None:
    answers = od_answers(instance("uuid-1"))
    answers["GET https://sc.example.test/api/sc/instances"] = answers.pop("GET /api/sc/instances")
    answers[f"GET {OD}/api/sc/instances"] = reply(302, Location="https://sc.example.test/api/sc/instances")
    transport = MockedTransport(answers)
    assert od_session(transport).login().org_name == "uuid-1"
    redirected = transport.requests[2]
    assert redirected.origin == "https://sc.example.test:443"
    assert redirected.headers["Authorization"] == "Bearer iam-token-0123456789"


def test_a_redirect_of_the_instance_list_to_an_untrusted_host_is_refused() -> None:
    answers = od_answers(instance("uuid-1"))
    answers["GET /api/sc/instances"] = reply(302, Location="https://sc.evil.org/api/sc/instances")
    transport = MockedTransport(answers)
    with pytest.raises(ConnectionFailedError):
        od_session(transport).login()
    assert {request.origin for request in transport.requests} == {f"{OD}:443"}


@pytest.mark.parametrize(("status", "phrase"), [(401, "password"), (403, "terms of service")])
def test_a_rejected_identity_login_has_a_hint(status: int, phrase: str) -> None:
    transport = MockedTransport(od_answers() | {"POST /api/iam/login": reply(status)})
    with pytest.raises(AuthenticationError, match=phrase):
        od_session(transport).login()


def test_an_unexpected_org_is_an_error() -> None:
    transport = MockedTransport(od_answers(instance("uuid-1")))
    with pytest.raises(ConfigurationError, match="'nope'"):
        od_session(transport, instance="uuid-1", org="nope").login()
