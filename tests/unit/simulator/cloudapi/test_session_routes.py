"""Tests of the sign-in under ``/cloudapi``.

Source: protocol/vcd-modern.md §1.2, §1.3, §1.6, protocol/nsxt.md §1.1.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, basic
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.releases import RELEASES

SESSIONS = "/cloudapi/1.0.0/sessions"
VERSIONS = "{http://www.vmware.com/vcloud/versions}"


def caller_for(version: str = "37.2", **options: Any) -> Caller:
    simulator = Simulator(SimulatorConfig(profile="vcd", **options))
    return Caller(simulator, {"Accept": f"application/json;version={version}"})


def sign_in(caller: Caller, user: str = "demo@org1", path: str = SESSIONS) -> str:
    """Return the bearer token of a new session."""
    response = caller.send("POST", path, **basic(user, "demo-password"))
    assert response.status == 200, response.text
    assert response.headers["X-VMWARE-VCLOUD-TOKEN-TYPE"] == "Bearer"
    return response.headers["X-VMWARE-VCLOUD-ACCESS-TOKEN"]


@pytest.mark.parametrize("release", sorted(RELEASES))
def test_a_release_lists_each_minor_version_with_its_sign_in(release: str) -> None:
    root = etree.fromstring(caller_for(release=release).get("/api/versions").body)
    infos = {info.findtext(f"{VERSIONS}Version"): info for info in root}
    assert tuple(infos) == RELEASES[release]
    for version, info in infos.items():
        is_modern = int(str(version).split(".")[0]) >= 36
        path = SESSIONS if is_modern else "/api/sessions"
        assert info.findtext(f"{VERSIONS}LoginUrl", "").endswith(path)
        assert (info.find(f"{VERSIONS}ProviderLoginUrl") is not None) == is_modern


def test_an_unknown_release_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'9\.9' is unknown.*10\.6"):
        SimulatorConfig(release="9.9")


def test_a_session_names_user_org_and_role() -> None:
    caller = caller_for()
    response = caller.send("POST", SESSIONS, **basic("demo@org1", "demo-password"))
    session = json.loads(response.body)
    assert (session["user"]["name"], session["org"]["name"]) == ("demo", "org1")
    assert session["roles"] == [role["name"] for role in session["roleRefs"]] == ["Organization Administrator"]
    assert session["sessionIdleTimeoutMinutes"] == 30
    assert response.headers["Content-Type"] == "application/json;version=37.2"
    # Go clients treat a token of up to 32 characters as an old-style token.
    assert len(response.headers["X-VMWARE-VCLOUD-ACCESS-TOKEN"]) > 500


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {}"},
        {"Authorization": "bearer {}"},
        {"X-VMWARE-VCLOUD-ACCESS-TOKEN": "{}"},
        {"X-Vmware-Vcloud-Access-Token": "{}", "Authorization": "bearer {}"},
    ],
)
@pytest.mark.parametrize("path", ["/api/session", f"{SESSIONS}/current", "/network/edges"])
def test_every_api_takes_a_bearer_token_in_each_form(headers: dict[str, str], path: str) -> None:
    caller = caller_for()
    token = sign_in(caller)
    accept = "application/json" if path.startswith("/network") else "application/*;version=37.2"
    sent = {name: value.format(token) for name, value in headers.items()}
    assert caller.get(path, Accept=accept, **sent).status == 200
    assert caller.get(path, Accept=accept).status == 401


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("demo@org1", f"{SESSIONS}/provider"),
        ("administrator@System", SESSIONS),
        ("demo@System", f"{SESSIONS}/provider"),
        ("demo", SESSIONS),
    ],
)
def test_tenants_and_providers_have_different_sign_ins(user: str, path: str) -> None:
    response = caller_for().send("POST", path, **basic(user, "demo-password"))
    assert (response.status, response.body) == (401, b"")


@pytest.mark.parametrize("target", ["", "/current", "/{id}"])
def test_a_logout_ends_the_session(target: str) -> None:
    caller = caller_for()
    caller.headers["Authorization"] = f"Bearer {sign_in(caller)}"
    session = json.loads(caller.get(f"{SESSIONS}/current").body)
    assert caller.send("DELETE", SESSIONS + target.format(id=session["id"])).status == 204
    assert caller.get(f"{SESSIONS}/current").status == 401


def test_a_session_of_another_user_is_forbidden() -> None:
    caller = caller_for()
    caller.headers["Authorization"] = f"Bearer {sign_in(caller)}"
    provider = Caller(caller.simulator, {"Accept": "application/json;version=37.2"})
    provider.headers["Authorization"] = f"Bearer {sign_in(provider, 'administrator@System', f'{SESSIONS}/provider')}"
    session = json.loads(provider.get(f"{SESSIONS}/current").body)
    response = caller.get(f"{SESSIONS}/{session['id']}")
    assert response.status == 403
    assert json.loads(response.body)["minorErrorCode"] == "ACCESS_TO_RESOURCE_IS_FORBIDDEN"
    listed = json.loads(caller.get(SESSIONS).body)["values"]
    assert [held["user"]["name"] for held in listed] == ["demo"]


@pytest.mark.parametrize("accept", ["application/json", "application/json;version=99.9"])
def test_a_version_is_required_below_cloudapi(accept: str) -> None:
    response = caller_for().send("POST", SESSIONS, Accept=accept, **basic("demo@org1", "demo-password"))
    assert response.status == 406
    assert json.loads(response.body)["minorErrorCode"] == "NOT_ACCEPTABLE"


@pytest.mark.parametrize(("version", "status"), [("37.2", 200), ("38.0", 405), ("39.1", 405)])
def test_the_old_sign_in_ends_with_api_38(version: str, status: int) -> None:
    caller = caller_for()
    accept = f"application/*+xml;version={version}"
    response = caller.send("POST", "/api/sessions", Accept=accept, **basic("demo@org1", "demo-password"))
    assert response.status == status
    token = sign_in(caller)
    assert caller.get("/api/session", Accept=accept, Authorization=f"Bearer {token}").status == 200
    removed = caller.send("DELETE", "/api/session", Accept=accept, Authorization=f"Bearer {token}")
    assert removed.status == (405 if status == 405 else 204)


def test_the_old_sign_in_gives_a_bearer_token_too_from_api_33() -> None:
    caller = caller_for()
    answers = {
        version: caller.send(
            "POST",
            "/api/sessions",
            Accept=f"application/*+xml;version={version}",
            **basic("demo@org1", "demo-password"),
        )
        for version in ("29.0", "33.0")
    }
    assert "X-VMWARE-VCLOUD-ACCESS-TOKEN" not in answers["29.0"].headers
    token = answers["33.0"].headers["X-VMWARE-VCLOUD-ACCESS-TOKEN"]
    assert caller.get(f"{SESSIONS}/current", Authorization=f"Bearer {token}").status == 200


# -- tenant context ------------------------------------------------------------------------------------------------


def provider_of(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_in(caller, 'administrator@System', f'{SESSIONS}/provider')}"}


def test_a_provider_acts_in_the_tenant_of_the_header() -> None:
    caller = caller_for()
    org = caller.simulator.world.orgs["org1"].org_id
    headers = provider_of(caller)
    query = "/api/query?type=edgeGateway"
    accept = "application/*+xml;version=37.2"
    inside = caller.xml(query, Accept=accept, X_VMWARE_VCLOUD_TENANT_CONTEXT=org, **headers)
    assert inside.get("total") == "1"
    names = [node.get("name") for node in caller.xml("/api/org", Accept=accept, **headers)]
    assert names == ["org1", "System"]


@pytest.mark.parametrize(
    ("is_provider", "context", "status"),
    [
        (True, "urn:vcloud:org:{org1}", 401),
        (True, "{unknown}", 403),
        (False, "{org1}", 200),
        (False, "{System}", 403),
    ],
)
def test_a_tenant_context_must_be_the_bare_id_of_a_visible_org(is_provider: bool, context: str, status: int) -> None:
    caller = caller_for()
    headers = provider_of(caller) if is_provider else {"Authorization": f"Bearer {sign_in(caller)}"}
    ids = {name: org.org_id for name, org in caller.simulator.world.orgs.items()}
    value = context.format(unknown="0" * 8 + "-0000-0000-0000-" + "0" * 12, **ids)
    assert caller.get(f"{SESSIONS}/current", X_VMWARE_VCLOUD_TENANT_CONTEXT=value, **headers).status == status
