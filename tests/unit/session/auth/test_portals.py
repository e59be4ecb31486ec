"""Both portals of vCloud Air, with the traps that real servers set. Source: protocol/sessions.md §2.3, §3.2."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.session.fakes import PASSWORD, FakeTransport, load, reply, session_xml
from vcloudair_core.errors import AuthenticationError, ConfigurationError, ConnectionFailedError, DecodeError
from vcloudair_core.session.auth.vca import VcaAuth
from vcloudair_core.session.auth.vchs import VchsAuth, split_vdc_href
from vcloudair_core.session.session import Session
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.clock import FakeClock

PORTAL = "https://vchs.example.test"
VCD = "https://p1v17-vcd.vchs.example.test"
NS = 'xmlns="http://www.vmware.com/vchs/v5.6"'
PORTAL_TOKEN = "portal-token-0123456789"
VCD_TOKEN = "vcd-token-0f1e2d3c4b5a"


def portal_session(*, remove_first: bool = False, services: str = f"{PORTAL}/api/vchs/services") -> str:
    links = [
        f'<Link rel="down" type="application/xml;class=vnd.vmware.vchs.servicelist" href="{services}"/>',
        f'<Link rel="remove" href="{PORTAL}/api/vchs/session"/>',
    ]
    inner = "".join(reversed(links) if remove_first else links)
    return f'<Session {NS} href="{PORTAL}/api/vchs/session">{inner}</Session>'


def services_xml(*names: str, extra: str = "") -> str:
    entries = (
        f'<Service region="US - West" serviceId="{name}" serviceType="compute:vpc" '
        f'href="{PORTAL}/api/vchs/compute/{name.lower()}"/>'
        for name in names
    )
    return f"<Services {NS}>{extra}{''.join(entries)}</Services>"


def compute_xml(service: str, *vdcs: str) -> str:
    entries = (
        f'<VdcRef status="Active" name="{vdc}" href="{PORTAL}/vdc/{vdc}"><Description/>'
        f'<Link rel="down" name="{vdc}" type="application/xml;class=vnd.vmware.vchs.vcloudsession" '
        f'href="{PORTAL}/api/vchs/compute/{service.lower()}/vdc/{vdc.lower()}/vcloudsession"/></VdcRef>'
        for vdc in vdcs
    )
    return (
        f'<Compute {NS} serviceId="{service}"><Link rel="up" name="services" href="{PORTAL}/api/vchs/services"/>'
        f"{''.join(entries)}</Compute>"
    )


def vdc_session_xml(href: str = f"{VCD}:443/api/vdc/vdc-uuid", header: str = "x-vcloud-authorization") -> str:
    return (
        f'<VCloudSession {NS}><Link rel="up" name="vdc" href="{PORTAL}/x"/><Link rel="self" href="{PORTAL}/y"/>'
        f'<VdcLink rel="vcloudvdc" name="M1-1" authorizationHeader="{header}" authorizationToken="{VCD_TOKEN}" '
        f'href="{href}"/></VCloudSession>'
    )


VDC = (
    '<Vdc xmlns="http://www.vmware.com/vcloud/v1.5" name="M1-1">'
    f'<Link rel="up" href="{VCD}/api/org/org-uuid" type="application/vnd.vmware.vcloud.org+xml"/></Vdc>'
)
ORG = '<Org xmlns="http://www.vmware.com/vcloud/v1.5" name="M1-1"/>'


def vchs_answers() -> dict[str, Any]:
    return {
        "POST /api/vchs/sessions": reply(201, portal_session(), x_vchs_authorization=PORTAL_TOKEN),
        "GET /api/vchs/services": reply(200, services_xml("M1-1")),
        "GET /api/vchs/compute/m1-1": reply(200, compute_xml("M1-1", "M1-1")),
        "POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession": reply(201, vdc_session_xml()),
        "GET /api/vdc/vdc-uuid": reply(200, VDC),
        "GET /api/org/org-uuid": reply(200, ORG),
        "GET /api/x": reply(200, "<x/>"),
        "DELETE /api/session": reply(204),
        "DELETE /api/vchs/session": reply(204),
    }


def vchs_session(transport: FakeTransport, **arguments: Any) -> Session:
    defaults = {"service_type": "vchs", "url": PORTAL, "username": "ops", "password": PASSWORD, "session_cache": False}
    settings = load(**(defaults | arguments))
    return Session(settings, transport, VchsAuth(settings), clock=FakeClock())


def tokens_by_host(transport: FakeTransport) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for request in transport.requests:
        names = {name.lower() for name in request.headers if "authorization" in name.lower()}
        found.setdefault(request.origin, set()).update(names)
    return found


def test_the_portal_leads_to_the_vdc_and_its_org() -> None:
    transport = FakeTransport(vchs_answers())
    session = vchs_session(transport)
    session.call("GET", "/api/x")
    identity = session.identity
    assert (identity.flavour, identity.base_url, identity.api_version) == ("vchs", VCD, "5.6")
    assert (identity.org_name, identity.org_id) == ("M1-1", "org-uuid")
    assert (identity.vdc_name, identity.vdc_id) == ("M1-1", "vdc-uuid")
    assert transport.requests[-1].headers["x-vcloud-authorization"] == VCD_TOKEN


def test_each_token_goes_only_to_whom_it_is_for() -> None:
    transport = FakeTransport(vchs_answers())
    session = vchs_session(transport)
    session.call("GET", "/api/x")
    session.logout()
    assert tokens_by_host(transport) == {
        f"{PORTAL}:443": {"authorization", "x-vchs-authorization"},
        f"{VCD}:443": {"x-vcloud-authorization"},
    }
    assert transport.sent()[-2:] == ["DELETE /api/session", "DELETE /api/vchs/session"]


@pytest.mark.parametrize(
    "answers",
    [
        {"POST /api/vchs/sessions": reply(201, portal_session(remove_first=True), x_vchs_authorization=PORTAL_TOKEN)},
        {"GET /api/vchs/services": reply(200, services_xml("M1-1", extra=f'<Link rel="up" href="{PORTAL}/nowhere"/>'))},
        {
            "GET /api/vchs/services": reply(200, services_xml("DR-1", "M1-1")),
            "GET /api/vchs/compute/dr-1": reply(200, f'<Compute {NS} serviceId="DR-1"/>'),
        },
        {
            "GET /api/vchs/services": reply(200, services_xml("DR-1", "M1-1")),
            "GET /api/vchs/compute/dr-1": reply(403, ""),
        },
        {
            "GET /api/vchs/services": reply(200, services_xml("DR-1", "M1-1")),
            "GET /api/vchs/compute/dr-1": reply(200, "<html><title>Action not found</title></html>"),
        },
        {"POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession": reply(201, vdc_session_xml(f"{VCD}/api/vdc/vdc-uuid"))},
        {"GET /api/vdc/vdc-uuid": reply(403, "")},
        {"GET /api/org/org-uuid": reply(500, "")},
    ],
    ids=["order of links", "link among services", "no VdcRef", "forbidden service", "HTML", "no port", "vdc", "org"],
)
def test_what_trips_other_clients_does_no_harm(answers: dict[str, Any]) -> None:
    identity = vchs_session(FakeTransport(vchs_answers() | answers)).login()
    assert (identity.base_url, identity.vdc_id) == (VCD, "vdc-uuid")


def two_services() -> dict[str, Any]:
    return vchs_answers() | {
        "GET /api/vchs/services": reply(200, services_xml("M1-1", "20-162")),
        "GET /api/vchs/compute/20-162": reply(200, compute_xml("20-162", "Prod", "Test", "M1-1")),
        "POST /api/vchs/compute/20-162/vdc/prod/vcloudsession": reply(
            201, vdc_session_xml(f"{VCD}:443/api/vdc/prod-uuid")
        ),
        "POST /api/vchs/compute/20-162/vdc/m1-1/vcloudsession": reply(
            201, vdc_session_xml(f"{VCD}:443/api/vdc/other-uuid")
        ),
        "GET /api/vdc/prod-uuid": reply(200, VDC),
        "GET /api/vdc/other-uuid": reply(200, VDC),
    }


@pytest.mark.parametrize(
    ("arguments", "vdc_id"),
    [
        ({"vdc": "prod"}, "prod-uuid"),
        ({"org": "PROD"}, "prod-uuid"),
        ({"instance": "20-162", "vdc": "M1-1"}, "other-uuid"),
        ({"instance": "m1-1"}, "vdc-uuid"),
    ],
)
def test_settings_choose_the_vdc_whatever_their_case(arguments: dict[str, str], vdc_id: str) -> None:
    assert vchs_session(FakeTransport(two_services()), **arguments).login().vdc_id == vdc_id


def test_a_named_service_spares_a_look_at_the_others() -> None:
    transport = FakeTransport(two_services())
    vchs_session(transport, instance="M1-1").login()
    assert transport.sent("/compute/20-162") == []


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        ({}, "has 4 VDCs: M1-1"),
        ({"vdc": "M1-1"}, r"2 VDCs fit vdc 'M1-1': M1-1 \(service M1-1.*M1-1 \(service 20-162"),
        ({"vdc": "nope"}, "No VDC of this user fits vdc 'nope'. There are: M1-1.*Prod"),
        ({"org": "nope"}, "fits org 'nope'"),
        ({"instance": "9-9"}, "fits instance '9-9'"),
    ],
)
def test_what_cannot_be_decided_names_the_candidates(arguments: dict[str, str], phrase: str) -> None:
    transport = FakeTransport(two_services())
    with pytest.raises(ConfigurationError, match=phrase):
        vchs_session(transport, **arguments).login()
    assert transport.sent("vcloudsession") == []


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        (
            "POST /api/vchs/sessions",
            reply(201, portal_session(services="https://evil.org/s"), x_vchs_authorization=PORTAL_TOKEN),
        ),
        (
            "POST /api/vchs/sessions",
            reply(201, portal_session(services="http://vchs.example.test/s"), x_vchs_authorization=PORTAL_TOKEN),
        ),
        (
            "POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession",
            reply(201, vdc_session_xml("https://evil.org/api/vdc/1")),
        ),
        (
            "POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession",
            reply(201, vdc_session_xml("http://p1v17-vcd.vchs.example.test/api/vdc/1")),
        ),
    ],
)
def test_a_portal_that_names_foreign_hosts_is_not_followed(place: str, answer: Response) -> None:
    transport = FakeTransport(vchs_answers() | {place: answer})
    with pytest.raises(ConnectionFailedError):
        vchs_session(transport).login()
    assert {request.origin for request in transport.requests} == {f"{PORTAL}:443"}


@pytest.mark.parametrize("header", ["Host", "bad header", "x:y", "Cookie", "x-a&#10;b"])
def test_a_header_that_cannot_hold_a_token_is_refused(header: str) -> None:
    answers = {"POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession": reply(201, vdc_session_xml(header=header))}
    with pytest.raises(DecodeError, match="header"):
        vchs_session(FakeTransport(vchs_answers() | answers)).login()


@pytest.mark.parametrize(("status", "phrase"), [(401, "no org in the name"), (403, "role in the portal")])
def test_a_refused_portal_login_tells_what_to_check(status: int, phrase: str) -> None:
    transport = FakeTransport(vchs_answers() | {"POST /api/vchs/sessions": reply(status)})
    with pytest.raises(AuthenticationError, match=phrase):
        vchs_session(transport).login()


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://h.test:443/api/vdc/u", ("https://h.test", "u")),
        ("https://h.test:8443/api/vdc/u/", ("https://h.test:8443", "u")),
        ("https://h.test/api/compute/api/vdc/u", ("https://h.test/api/compute", "u")),
        ("http://[::1]:8080/api/vdc/u", ("http://[::1]:8080", "u")),
    ],
)
def test_vdc_links_split(href: str, expected: tuple[str, str]) -> None:
    assert split_vdc_href(href) == expected


@pytest.mark.parametrize("href", ["https://h.test/api/org/u", "https://h.test/api/vdc/"])
def test_other_links_do_not(href: str) -> None:
    with pytest.raises(DecodeError):
        split_vdc_href(href)


# -- On-Demand -----------------------------------------------------------------------------------------------------

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


def od_session(transport: FakeTransport, **arguments: Any) -> Session:
    defaults = {"service_type": "vca", "url": OD, "username": "ops@acme.test", "password": PASSWORD}
    settings = load(**(defaults | {"session_cache": False} | arguments))
    return Session(settings, transport, VcaAuth(settings), clock=FakeClock())


def test_on_demand_leads_to_the_only_compute_instance() -> None:
    transport = FakeTransport(od_answers(instance("uuid-1")))
    session = od_session(transport)
    session.call("GET", "/api/x")
    identity = session.identity
    assert (identity.flavour, identity.base_url, identity.api_version) == ("vca", f"{REGION}/api/compute", "5.7")
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

    transport = FakeTransport(od_answers(instance("uuid-1")))
    od_session(transport).login()
    encoded = transport.requests[2].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(encoded).decode() == f"ops@acme.test@uuid-1:{PASSWORD}"


TWO = (instance("uuid-1", "West"), instance("uuid-2", "East", "https://us-east-2-1.vchs.example.test"))


@pytest.mark.parametrize("wanted", ["uuid-1", "UUID-1", "west", "us-west-1-3", "us-west-1-3.vchs.example.test", "0"])
def test_an_instance_is_chosen_by_id_name_region_or_index(wanted: str) -> None:
    transport = FakeTransport(od_answers(*TWO))
    assert od_session(transport, instance=wanted).login().base_url == f"{REGION}/api/compute"


@pytest.mark.parametrize(
    ("arguments", "instances", "phrase"),
    [
        ({}, TWO, r"has 2 instances: West \(uuid-1, us-west-1-3\); East \(uuid-2"),
        ({"instance": "north"}, TWO, "No compute instance fits instance 'north'. There are: West"),
        ({"instance": "2"}, TWO, "No compute instance fits"),
        ({}, (), "has no compute instance. There are: none"),
        ({"instance": "Object Storage"}, TWO, "No compute instance fits"),
    ],
)
def test_an_undecided_instance_names_the_candidates(arguments: dict[str, str], instances: Any, phrase: str) -> None:
    transport = FakeTransport(od_answers(*instances))
    with pytest.raises(ConfigurationError, match=phrase):
        od_session(transport, **arguments).login()
    assert transport.sent("/api/sessions") == []


@pytest.mark.parametrize("region", ["https://evil.org", "http://us-west-1-3.vchs.example.test"])
def test_the_password_does_not_go_to_foreign_hosts(region: str) -> None:
    transport = FakeTransport(od_answers(instance("uuid-1", region=region)))
    with pytest.raises(ConnectionFailedError):
        od_session(transport).login()
    assert {request.origin for request in transport.requests} == {f"{OD}:443"}


def test_the_list_of_instances_may_be_somewhere_else_at_home() -> None:
    answers = od_answers(instance("uuid-1"))
    answers[f"GET {OD}/api/sc/instances"] = reply(302, Location="https://sc.example.test/api/sc/instances")
    transport = FakeTransport(answers)
    assert od_session(transport).login().org_name == "uuid-1"
    redirected = transport.requests[2]
    assert redirected.origin == "https://sc.example.test:443"
    assert redirected.headers["Authorization"] == "Bearer iam-token-0123456789"


def test_but_its_token_follows_no_redirect_to_strangers() -> None:
    answers = od_answers(instance("uuid-1"))
    answers["GET /api/sc/instances"] = reply(302, Location="https://sc.evil.org/api/sc/instances")
    transport = FakeTransport(answers)
    with pytest.raises(ConnectionFailedError):
        od_session(transport).login()
    assert {request.origin for request in transport.requests} == {f"{OD}:443"}


@pytest.mark.parametrize(("status", "phrase"), [(401, "password"), (403, "terms of service")])
def test_a_refused_identity_login_tells_what_to_check(status: int, phrase: str) -> None:
    transport = FakeTransport(od_answers() | {"POST /api/iam/login": reply(status)})
    with pytest.raises(AuthenticationError, match=phrase):
        od_session(transport).login()


def test_a_wrong_org_is_noticed() -> None:
    transport = FakeTransport(od_answers(instance("uuid-1")))
    with pytest.raises(ConfigurationError, match="'nope'"):
        od_session(transport, instance="uuid-1", org="nope").login()
