"""Tests of sessions of VMware Cloud Director Availability.

Source: protocol/vcda.md §2.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.simulated import signed_in
from tests.support.vcda import CREDENTIALS, EXTENSION, PEER, VcdaCaller, vcda


def vcd_token(caller: VcdaCaller) -> str:
    return signed_in(caller.simulator, version="37.2").headers["x-vcloud-authorization"]


@pytest.mark.parametrize("kind", ["vcdCredentials", "vcdCookie", "vcdAccessToken"])
def test_each_login_body_opens_a_session(kind: str) -> None:
    caller = vcda()
    secret = vcd_token(caller)
    bodies: dict[str, dict[str, Any]] = {
        "vcdCredentials": CREDENTIALS,
        "vcdCookie": {"type": kind, "vcdCookie": secret},
        "vcdAccessToken": {"type": kind, "vcdAccessToken": secret, "context": "org1"},
    }
    caller.sign_in(bodies[kind])
    assert caller.read("/sessions") == {
        "user": "demo@org1",
        "roles": ["EVERYONE"],
        "authenticatedSites": [{"site": "site2", "org": "org1"}],
    }


def test_session_does_not_depend_on_the_vcd_session() -> None:
    caller = vcda()
    token = vcd_token(caller)
    caller.sign_in({"type": "vcdCookie", "vcdCookie": token})
    caller.simulator.sessions.close_vcd(token)
    assert caller.read("/sessions")["user"] == "demo@org1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**CREDENTIALS, "vcdPassword": "wrong"}, (401, "NotAuthenticated")),
        ({**CREDENTIALS, "vcdUser": "demo"}, (401, "NotAuthenticated")),
        ({"type": "vcdCookie", "vcdCookie": "0" * 32}, (401, "NotAuthenticated")),
        ({"type": "localUser", "localUser": "root", "localPassword": "x"}, (401, "NotAuthenticated")),
        ({"type": "vcdCredentials", "vcdUser": "demo@org1"}, (400, "BadUserInput")),
        ({"type": "vcdCredentials", "vcdUser": 7, "vcdPassword": "x"}, (400, "BadUserInput")),
        ({"type": "nonsense"}, (400, "BadRequest")),
        ([], (400, "BadRequest")),
        (b"{", (400, "BadRequest")),
    ],
)
def test_invalid_logins_are_refused(body: Any, expected: tuple[int, str]) -> None:
    assert vcda().code("POST", "/sessions", body) == expected


def test_access_token_of_another_org_is_refused() -> None:
    caller = vcda()
    body = {"type": "vcdAccessToken", "vcdAccessToken": vcd_token(caller), "context": "acme"}
    assert caller.code("POST", "/sessions", body) == (401, "NotAuthenticated")


def test_provider_has_the_role_of_administrators() -> None:
    caller = vcda().sign_in({**CREDENTIALS, "vcdUser": "administrator@System"})
    assert caller.read("/sessions")["roles"] == ["EVERYONE", "ADMINISTRATORS"]
    assert len(caller.read("/vm-replications")["items"]) == 3


def test_session_ends_after_its_idle_time() -> None:
    caller = vcda(vcda_idle_s=100).sign_in()
    for _ in range(2):
        caller.simulator.clock.advance(90)
        caller.read("/sites")
    caller.simulator.clock.advance(101)
    assert caller.code("GET", "/sites") == (401, "NotAuthenticated")


@pytest.mark.parametrize("status", [200, 204])
def test_logout_ends_the_session(status: int) -> None:
    caller = vcda(vcda_logout_status=status).sign_in()
    assert caller.send("DELETE", "/sessions").status == status
    assert caller.code("GET", "/sessions") == (401, "NotAuthenticated")


@pytest.mark.parametrize("kind", ["credentials", "cookie", "vcdAccessToken", "multisite"])
def test_session_can_be_extended(kind: str) -> None:
    caller = vcda().sign_in()
    token = vcd_token(caller)
    fields: dict[str, dict[str, str]] = {
        "credentials": {"vcdUsername": "demo@org1", "vcdPassword": "demo-password"},
        "cookie": {"cookie": token},
        "vcdAccessToken": {"vcdAccessToken": token},
        "multisite": {"org": "org1"},
    }
    response = caller.send("POST", "/sessions/extend", {"type": kind, "site": "site1", **fields[kind]})
    assert response.status == 200, response.text
    sites = [{"site": "site2", "org": "org1"}, {"site": "site1", "org": "org1"}]
    assert json.loads(response.body)["authenticatedSites"] == sites
    assert caller.read("/sessions")["authenticatedSites"] == sites


@pytest.mark.parametrize(
    ("spelling", "field", "status"),
    [
        ("both", "vcdUser", 200),
        ("both", "vcdUsername", 200),
        ("login", "vcdUser", 200),
        ("login", "vcdUsername", 400),
        ("reference", "vcdUser", 400),
    ],
)
def test_spelling_of_extend_is_an_option(spelling: str, field: str, status: int) -> None:
    caller = vcda(vcda_extend_spelling=spelling).sign_in()
    body = {"type": "credentials", "site": "site1", field: "demo@org1", "vcdPassword": "demo-password"}
    assert caller.send("POST", "/sessions/extend", body).status == status


@pytest.mark.parametrize(
    ("change", "options", "expected"),
    [
        ({"vcdPassword": "wrong"}, {}, (401, "RemoteAuthenticationFailure")),
        ({"site": "site9"}, {}, (404, "SiteNotFound")),
        ({"type": "apiToken"}, {}, (400, "BadRequest")),
        ({"vcdUsername": None}, {}, (400, "BadUserInput")),
        ({"type": "multisite", "org": "org1"}, {"vcda_multisite": False}, (401, "RemoteAuthenticationFailure")),
        ({}, {"vcda_site_down": "site1"}, (500, "GeneralServerFailure")),
    ],
)
def test_extend_can_fail(change: dict[str, Any], options: dict[str, Any], expected: tuple[int, str]) -> None:
    caller = vcda(**options).sign_in()
    assert caller.code("POST", "/sessions/extend", {**EXTENSION, **change}) == expected


def test_extend_without_a_session_is_refused() -> None:
    assert vcda().code("POST", "/sessions/extend", EXTENSION) == (401, "NotAuthenticated")


def test_each_site_has_its_own_sessions() -> None:
    caller = vcda().sign_in()
    peer = VcdaCaller(caller.simulator, PEER, dict(caller.headers))
    assert peer.code("GET", "/sessions") == (401, "NotAuthenticated")
    assert peer.sign_in().read("/sessions")["authenticatedSites"] == [{"site": "site1", "org": "org1"}]


def test_request_log_has_no_secrets() -> None:
    caller = vcda().sign_in().extend()
    caller.read("/vm-replications?limit=1")
    text = json.dumps([entry.as_dict() for entry in caller.simulator.request_log.entries()])
    assert "demo-password" not in text
    assert caller.headers["X-VCAV-Auth"] not in text
    entry = caller.simulator.request_log.entries(path="/vm-replications")[0]
    assert (entry.site, entry.user, entry.query) == ("site2", "demo@org1", "limit=1")
