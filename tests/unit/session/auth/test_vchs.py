"""Tests of the sign-in to the subscription portal, including server quirks.

Source: protocol/sessions.md §2.3.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.session.mocked_http import PASSWORD, MockedTransport, load, reply
from vcloudair_core.errors import AuthenticationError, ConfigurationError, ConnectionFailedError, DecodeError
from vcloudair_core.session.auth.vchs import VchsAuth, split_vdc_href
from vcloudair_core.session.session import Session
from vcloudair_core.transport.messages import Response
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


def vchs_session(transport: MockedTransport, **arguments: Any) -> Session:
    defaults = {"service_type": "vchs", "url": PORTAL, "username": "ops", "password": PASSWORD, "session_cache": False}
    settings = load(**(defaults | arguments))
    return Session(settings, transport, VchsAuth(settings), clock=FakeClock())


def tokens_by_host(transport: MockedTransport) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for request in transport.requests:
        names = {name.lower() for name in request.headers if "authorization" in name.lower()}
        found.setdefault(request.origin, set()).update(names)
    return found


def test_the_portal_leads_to_the_vdc_and_its_org() -> None:
    transport = MockedTransport(vchs_answers())
    session = vchs_session(transport)
    session.call("GET", "/api/x")
    identity = session.identity
    assert (identity.flavor, identity.base_url, identity.api_version) == ("vchs", VCD, "5.6")
    assert (identity.org_name, identity.org_id) == ("M1-1", "org-uuid")
    assert (identity.vdc_name, identity.vdc_id) == ("M1-1", "vdc-uuid")
    assert transport.requests[-1].headers["x-vcloud-authorization"] == VCD_TOKEN


def test_each_token_is_sent_to_its_own_host_only() -> None:
    transport = MockedTransport(vchs_answers())
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
def test_unusual_responses_of_real_portals_are_accepted(answers: dict[str, Any]) -> None:
    identity = vchs_session(MockedTransport(vchs_answers() | answers)).login()
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
def test_settings_select_the_vdc_ignoring_case(arguments: dict[str, str], vdc_id: str) -> None:
    assert vchs_session(MockedTransport(two_services()), **arguments).login().vdc_id == vdc_id


def test_a_named_service_is_the_only_one_read() -> None:
    transport = MockedTransport(two_services())
    vchs_session(transport, instance="M1-1").login()
    assert transport.sent("/compute/20-162") == []


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        ({}, "has 4 VDCs: M1-1"),
        ({"vdc": "M1-1"}, r"2 VDCs match vdc 'M1-1': M1-1 \(service M1-1.*M1-1 \(service 20-162"),
        ({"vdc": "nope"}, "No VDC of this user matches vdc 'nope'. Available VDCs: M1-1.*Prod"),
        ({"org": "nope"}, "matches org 'nope'"),
        ({"instance": "9-9"}, "matches instance '9-9'"),
    ],
)
def test_an_ambiguous_vdc_names_the_candidates(arguments: dict[str, str], phrase: str) -> None:
    transport = MockedTransport(two_services())
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
def test_links_of_the_portal_to_untrusted_hosts_are_refused(place: str, answer: Response) -> None:
    transport = MockedTransport(vchs_answers() | {place: answer})
    with pytest.raises(ConnectionFailedError):
        vchs_session(transport).login()
    assert {request.origin for request in transport.requests} == {f"{PORTAL}:443"}


@pytest.mark.parametrize("header", ["Host", "bad header", "x:y", "Cookie", "x-a&#10;b"])
def test_a_header_that_cannot_hold_a_token_is_refused(header: str) -> None:
    answers = {"POST /api/vchs/compute/m1-1/vdc/m1-1/vcloudsession": reply(201, vdc_session_xml(header=header))}
    with pytest.raises(DecodeError, match="header"):
        vchs_session(MockedTransport(vchs_answers() | answers)).login()


@pytest.mark.parametrize(("status", "phrase"), [(401, "without an org"), (403, "role in the portal")])
def test_a_rejected_portal_login_has_a_hint(status: int, phrase: str) -> None:
    transport = MockedTransport(vchs_answers() | {"POST /api/vchs/sessions": reply(status)})
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
def test_vdc_links_are_split_into_base_and_id(href: str, expected: tuple[str, str]) -> None:
    assert split_vdc_href(href) == expected


@pytest.mark.parametrize("href", ["https://h.test/api/org/u", "https://h.test/api/vdc/"])
def test_invalid_vdc_links_are_a_decode_error(href: str) -> None:
    with pytest.raises(DecodeError):
        split_vdc_href(href)
