"""Tests of sign-in services, rejected credentials, and token lifetimes.

Source: protocol/sessions.md.
"""

from __future__ import annotations

import json

import pytest
from lxml import etree

from tests.support.simulated import ORIGIN, Caller, basic, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Response

VCHS = "{http://www.vmware.com/vchs/v5.6}"


def caller_for(profile: str = "all", **options: object) -> Caller:
    config = SimulatorConfig(profile=profile, **options)  # type: ignore[arg-type]
    return Caller(Simulator(config), {"Accept": "application/*+xml;version=5.6"})


def test_vcloud_director_returns_a_token_and_a_cookie() -> None:
    caller = caller_for("vcd")
    answer = caller.send("POST", "/api/sessions", **basic("demo@org1", "demo-password"))
    token = answer.headers["x-vcloud-authorization"]
    assert answer.status == 200
    assert answer.headers["Set-Cookie"] == f"vcloud_session_id={token}; Secure; Path=/; HttpOnly"
    assert answer.headers["Content-Type"] == "application/vnd.vmware.vcloud.session+xml;version=5.6"
    links = [(link.get("rel"), link.get("type")) for link in etree.fromstring(answer.body)]
    assert links[0] == ("down", "application/vnd.vmware.vcloud.orgList+xml")
    assert links[1] == ("remove", None)
    for cookie in ("vcloud_session_id", "vcloud-token"):
        assert caller.get("/api/session", Cookie=f"{cookie}={token}").status == 200


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("demo@org1", "wrong"),
        ("demo@other", "demo-password"),
        ("nobody@org1", "demo-password"),
        ("demo", "demo-password"),
    ],
)
def test_vcloud_director_rejects_wrong_credentials_without_a_body(user: str, password: str) -> None:
    answer = caller_for("vcd").send("POST", "/api/sessions", **basic(user, password))
    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == 'BASIC realm="vCloud"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "x-vcloud-authorization" not in answer.headers


def test_last_at_sign_separates_user_and_org() -> None:
    caller = caller_for("vcd")
    caller.simulator.world.users[0].name = "ops@acme.test"
    answer = caller.send("POST", "/api/sessions", **basic("ops@acme.test@ORG1", "demo-password"))
    assert answer.status == 200
    assert etree.fromstring(answer.body).get("user") == "ops@acme.test"


@pytest.mark.parametrize("path", ["/api/sessions", "/api/vchs/sessions", "/api/iam/login"])
def test_missing_authorization_is_forbidden(path: str) -> None:
    assert caller_for().send("POST", path).status == 403


@pytest.mark.parametrize(
    ("accept", "message"),
    [
        ("", "header: . Supported"),
        ("text/xml", "header: . Supported"),
        ("*/*;version=4.9", "Unknown API version: 4.9."),
    ],
)
def test_version_is_checked_before_the_password(accept: str, message: str) -> None:
    answer = caller_for("vcd").send("POST", "/api/sessions", Accept=accept)
    assert answer.status == 406
    message = str(etree.fromstring(answer.body).get("message"))
    assert message in message
    assert "[1.5, 5.1, 5.5, 5.6," in message


def test_other_parameters_of_accept_are_ignored() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    answer = caller.get("/api/org/", Accept="application/*+xml;version=5.7;vr-version=3.0")
    assert answer.headers["Content-Type"].endswith("orglist+xml;version=5.7")
    assert caller.get("/api/org/", Accept="application/*+xml;vr-version=3.0").status == 406


def test_resend_token_option() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    token = caller.headers["x-vcloud-authorization"]
    assert caller.get("/api/org/").headers["x-vcloud-authorization"] == token
    quiet = signed_in(Simulator(SimulatorConfig(profile="vcd", resend_token=False)))
    assert "x-vcloud-authorization" not in quiet.get("/api/org/").headers


def test_logout_revokes_the_token() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    answer = caller.send("DELETE", "/api/session")
    assert (answer.status, answer.body) == (204, b"")
    assert caller.get("/api/session").status == 401


@pytest.mark.parametrize(
    ("option", "status", "has_body"),
    [("401-empty", 401, False), ("401-error", 401, True), ("403-error", 403, True), ("403-empty", 403, False)],
)
def test_session_ends_when_idle(option: str, status: int, has_body: bool) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", expired_answer=option))
    caller = signed_in(simulator)
    for _ in range(3):
        simulator.clock.advance(1700)
        assert caller.get("/api/org/").status == 200
    simulator.clock.advance(1801)
    answer = caller.get("/api/org/")
    assert (answer.status, bool(answer.body)) == (status, has_body)


# -- subscription ------------------------------------------------------------------------------------------------------


def portal_login(caller: Caller, user: str = "demo", password: str = "demo-password") -> Response:
    return caller.send("POST", "/api/vchs/sessions", **basic(user, password))


def test_subscription_portal_opens_a_vdc_session() -> None:
    caller = caller_for("vchs")
    login = portal_login(caller)
    assert login.status == 201
    caller.headers["x-vchs-authorization"] = login.headers["x-vchs-authorization"]
    session = etree.fromstring(login.body)
    services = caller.xml(str(session[0].get("href")))
    assert [child.tag for child in services] == [f"{VCHS}Service"]
    compute = caller.xml(str(services[0].get("href")))
    assert [child.tag for child in compute] == [f"{VCHS}Link", f"{VCHS}VdcRef"]
    alone = caller.xml(str(compute[1].get("href")))
    assert alone[0].get("href") == compute[1][0].get("href")
    opened = caller.send("POST", str(compute[1][0].get("href")))
    assert opened.status == 201
    link = etree.fromstring(opened.body)[1]
    assert ":443/api/vdc/" in str(link.get("href"))
    vcd = Caller(caller.simulator, {"Accept": "application/*+xml;version=5.6"})
    vdc = vcd.get(str(link.get("href")), **{str(link.get("authorizationHeader")): str(link.get("authorizationToken"))})
    assert etree.fromstring(vdc.body).get("name") == "org1-vdc1"


def test_subscription_portal_statuses_for_bad_credentials() -> None:
    caller = caller_for("vchs")
    assert portal_login(caller, password="wrong").status == 401
    assert caller.get("/api/vchs/services").status == 403
    assert caller.get("/api/vchs/services", x_vchs_authorization="made-up").status == 401


def test_portal_session_ends_by_time_and_by_logout() -> None:
    caller = caller_for("vchs")
    for end in ("time", "request"):
        caller.headers["x-vchs-authorization"] = portal_login(caller).headers["x-vchs-authorization"]
        assert caller.get("/api/vchs/services").status == 200
        if end == "time":
            caller.simulator.clock.advance(3601)
        else:
            assert caller.send("DELETE", "/api/vchs/session").status == 204
        assert caller.get("/api/vchs/services").status == 401


# -- On-Demand ---------------------------------------------------------------------------------------------------------


def iam_login(caller: Caller, user: str = "demo", password: str = "demo-password") -> Response:
    return caller.send("POST", "/api/iam/login", Accept="application/json;version=5.7", **basic(user, password))


def test_on_demand_lists_plans_and_instances() -> None:
    caller = caller_for("vca")
    login = iam_login(caller)
    assert (login.status, login.headers["Content-Type"]) == (201, "application/json; version=5.7")
    caller.headers["Authorization"] = f"Bearer {login.headers['vchs-authorization']}"
    plans, instances = caller.json("/api/sc/plans")["plans"], caller.json("/api/sc/instances")["instances"]
    compute = instances[0]
    assert compute["planId"] == plans[0]["id"]
    assert compute["apiUrl"].endswith(f"/api/compute/api/org/{compute['id']}")
    attributes = json.loads(compute["instanceAttributes"])
    vcd = Caller(caller.simulator, {"Accept": "application/*+xml;version=5.7"})
    session = vcd.send("POST", attributes["sessionUri"], **basic(f"demo@{attributes['orgName']}", "demo-password"))
    assert session.status == 200
    assert etree.fromstring(session.body).get("href") == f"{ORIGIN}/api/compute/api/session"
    token = session.headers["x-vcloud-authorization"]
    assert vcd.get(compute["apiUrl"], x_vcloud_authorization=token).status == 200
    # The malformed type is recorded. Only the text before the semicolon is reliable.
    assert 'class="com".vmware.' in caller.get("/api/sc/plans").headers["Content-Type"]


def test_on_demand_opens_a_session_without_a_password() -> None:
    caller = caller_for("vca")
    caller.headers["Authorization"] = f"Bearer {iam_login(caller).headers['vchs-authorization']}"
    answer = caller.send("POST", "/api/sessions/vcloud/org1", Accept="application/xml;version=5.7")
    assert answer.status == 200
    token = answer.headers["x-vcloud-authorization"]
    org_list = str(etree.fromstring(answer.body)[0].get("href"))
    vcd = Caller(caller.simulator, {"Accept": "application/*+xml;version=5.7"})
    assert vcd.get(org_list, x_vcloud_authorization=token).status == 200
    assert caller.send("POST", "/api/sessions/vcloud/other", Accept="application/xml;version=5.7").status == 403


def test_bearer_token_ends_after_fifteen_minutes() -> None:
    caller = caller_for("vca")
    assert iam_login(caller, password="wrong").status == 401
    assert caller.get("/api/sc/plans").status == 403
    caller.headers["Authorization"] = f"Bearer {iam_login(caller).headers['vchs-authorization']}"
    caller.simulator.clock.advance(890)
    assert caller.get("/api/sc/plans").status == 200
    caller.simulator.clock.advance(11)
    assert caller.get("/api/sc/plans").status == 401


def test_tokens_are_valid_for_one_service_only() -> None:
    caller = caller_for()
    portal, iam = portal_login(caller).headers["x-vchs-authorization"], iam_login(caller).headers["vchs-authorization"]
    vcd = signed_in(caller.simulator).headers["x-vcloud-authorization"]
    assert caller.get("/api/org/", x_vcloud_authorization=portal).status == 401
    assert caller.get("/api/org/", x_vcloud_authorization=iam).status == 401
    assert caller.get("/api/vchs/services", x_vchs_authorization=vcd).status == 401
    assert caller.get("/api/sc/plans", Authorization=f"Bearer {vcd}").status == 401


@pytest.mark.parametrize("profile", ["vchs", "vca", "vcd", "all"])
def test_probes_identify_the_product(profile: str) -> None:
    """Send the three probes of a common client. Source: protocol/sessions.md §1.1."""
    caller = caller_for(profile)
    iam = caller.send("POST", "/api/iam/login", Accept="application/json;version=5.7", **basic("_", "_")).status
    vchs = caller.send("POST", "/api/vchs/sessions", **basic("_", "_")).status
    versions = caller.get("/api/versions").status
    product = "vca" if not 401 <= iam <= 499 else "vchs" if vchs == 401 else "vcd" if versions == 200 else "unknown"
    assert product == {"all": "vchs"}.get(profile, profile)


def test_objects_of_another_org_are_forbidden() -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    caller = signed_in(simulator)
    for vdc in simulator.world.vdcs.values():
        vdc.org = "another"
    edge = next(iter(simulator.world.edges))
    answer = caller.get(f"/api/admin/edgeGateway/{edge}")
    assert answer.status == 403
    assert f"com.vmware.vcloud.entity.gateway:{edge}" in answer.text
    assert caller.get(f"/network/edges/{edge}/firewall/config").status == 403
