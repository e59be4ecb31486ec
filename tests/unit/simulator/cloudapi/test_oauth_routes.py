"""Tests of API tokens and service accounts.

Source: protocol/vcd-modern.md §1.4, §1.5.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.simulated import Caller
from tests.unit.simulator.cloudapi.test_session_routes import caller_for, sign_in
from vcloudair_core.app import App
from vcloudair_core.errors import AuthenticationError
from vcloudair_core.simulator.cloudapi.oauth_routes import DEVICE_CODE, JWT_BEARER

TENANT = "/oauth/tenant/org1"
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


def exchange(caller: Caller, base: str = TENANT, **form: str) -> tuple[int, Any]:
    # Clients send no Accept to the token service.
    response = caller.send("POST", f"{base}/token", urlencode(form), Accept="", Authorization="", **FORM)
    return response.status, json.loads(response.body)


def signed_in_caller(**options: Any) -> Caller:
    caller = caller_for(**options)
    caller.headers["Authorization"] = f"Bearer {sign_in(caller)}"
    return caller


def register(caller: Caller, **metadata: str) -> dict[str, Any]:
    response = caller.send("POST", f"{TENANT}/register", json.dumps(metadata), Content_Type="application/json")
    assert response.status == 200, response.text
    answer: dict[str, Any] = json.loads(response.body)
    return answer


def create_api_token(caller: Caller, name: str = "ci") -> str:
    client_id = register(caller, client_name=name)["client_id"]
    assertion = caller.headers["Authorization"].removeprefix("Bearer ")
    status, answer = exchange(caller, grant_type=JWT_BEARER, assertion=assertion, client_id=client_id)
    assert status == 200
    token: str = answer["refresh_token"]
    return token


def test_an_api_token_is_exchanged_for_a_session() -> None:
    caller = signed_in_caller()
    secret = create_api_token(caller)
    for _ in range(2):  # The API token stays valid.
        status, answer = exchange(caller, grant_type="refresh_token", refresh_token=secret)
        assert (status, answer["token_type"], answer["refresh_token"]) == (200, "Bearer", None)
    current = caller.get("/cloudapi/1.0.0/sessions/current", Authorization=f"Bearer {answer['access_token']}")
    assert json.loads(current.body)["user"]["name"] == "demo"


def test_parameters_can_be_in_the_url() -> None:
    caller = caller_for()
    query = urlencode({"grant_type": "refresh_token", "refresh_token": "demo-api-token"})
    assert caller.send("POST", f"{TENANT}/token?{query}").status == 200


@pytest.mark.parametrize(
    ("base", "form", "code"),
    [
        (TENANT, {"grant_type": "refresh_token", "refresh_token": "wrong"}, "invalid_grant"),
        ("/oauth/tenant/other", {"grant_type": "refresh_token", "refresh_token": "demo-api-token"}, "invalid_grant"),
        ("/oauth/provider", {"grant_type": "refresh_token", "refresh_token": "demo-api-token"}, "invalid_grant"),
        (TENANT, {"grant_type": "password"}, "unsupported_grant_type"),
        (TENANT, {}, "unsupported_grant_type"),
        (TENANT, {"grant_type": JWT_BEARER, "assertion": "x", "client_id": "x"}, "invalid_grant"),
        (TENANT, {"grant_type": DEVICE_CODE, "device_code": "", "client_id": ""}, "invalid_grant"),
    ],
)
def test_the_token_service_refuses_with_the_codes_of_oauth(base: str, form: dict[str, str], code: str) -> None:
    status, answer = exchange(caller_for(), base, **form)
    assert (status, answer["error"]) == (400, code)
    assert all(isinstance(value, str) for value in answer.values())


def test_a_first_api_token_is_shown_once() -> None:
    caller = signed_in_caller()
    client_id = register(caller, client_name="ci")["client_id"]
    form = {"assertion": caller.headers["Authorization"].removeprefix("Bearer "), "client_id": client_id}
    assert [exchange(caller, grant_type=JWT_BEARER, **form)[0] for _ in range(2)] == [200, 400]


def test_tokens_are_listed_and_revoked() -> None:
    caller = signed_in_caller()
    secret = create_api_token(caller)
    path = "/cloudapi/1.0.0/tokens?filter=(name==ci;owner.name==demo;(type==PROXY,type==REFRESH))"
    (listed,) = json.loads(caller.get(path).body)["values"]
    assert (listed["name"], listed["token"]) == ("ci", None)
    assert secret not in caller.get("/cloudapi/1.0.0/tokens").text
    assert caller.send("DELETE", f"/cloudapi/1.0.0/tokens/{listed['id']}").status == 204
    assert exchange(caller, grant_type="refresh_token", refresh_token=secret)[1]["error"] == "invalid_grant"


def test_a_session_from_a_token_cannot_list_or_create_tokens() -> None:
    caller = signed_in_caller()
    access = exchange(caller, grant_type="refresh_token", refresh_token="demo-api-token")[1]["access_token"]
    caller.headers["Authorization"] = f"Bearer {access}"
    assert json.loads(caller.get("/cloudapi/1.0.0/tokens").body)["resultTotal"] == 0
    refused = caller.send("POST", f"{TENANT}/register", json.dumps({"client_name": "x"}))
    assert (refused.status, json.loads(refused.body)["error"]) == (403, "access_denied")


@pytest.mark.parametrize(("release", "status"), [("5.x", 404), ("10.4", 400)])
def test_older_servers_have_no_token_service(release: str, status: int) -> None:
    caller = caller_for(release=release)
    assert caller.send("POST", f"{TENANT}/token", "grant_type=x").status == status


# -- service accounts ----------------------------------------------------------------------------------------------


def activate(caller: Caller) -> tuple[str, str]:
    """Run the device flow. Return the ID and the first token of the service account."""
    registered = register(
        caller, client_name="backup", scope="urn:vcloud:role:vApp Author", software_id="1", software_version="2"
    )
    client_id = registered["client_id"]
    body = urlencode({"client_id": client_id})
    started = json.loads(caller.send("POST", f"{TENANT}/device_authorization", body, **FORM).body)
    form = {"grant_type": DEVICE_CODE, "client_id": client_id, "device_code": started["device_code"]}
    assert exchange(caller, **form) == (
        400,
        {"error": "authorization_pending", "error_description": "The service account is not granted yet."},
    )
    code = json.dumps({"userCode": started["user_code"]})
    assert json.loads(caller.send("POST", "/cloudapi/1.0.0/deviceLookup", code).body)["name"] == "backup"
    assert caller.send("POST", "/cloudapi/1.0.0/deviceLookup/grant", code).status == 204
    status, answer = exchange(caller, **form)
    assert status == 200
    return client_id, answer["refresh_token"]


def test_a_service_account_goes_through_the_device_flow() -> None:
    caller = signed_in_caller()
    client_id, _ = activate(caller)
    account = json.loads(caller.get(f"/cloudapi/1.0.0/serviceAccounts/urn:vcloud:serviceAccount:{client_id}").body)
    assert (account["name"], account["role"]["name"], account["status"]) == ("backup", "vApp Author", "ACTIVE")


def test_each_exchange_replaces_the_token_of_a_service_account() -> None:
    caller = signed_in_caller()
    _, first = activate(caller)
    second = exchange(caller, grant_type="refresh_token", refresh_token=first)[1]["refresh_token"]
    assert second != first
    assert exchange(caller, grant_type="refresh_token", refresh_token=first)[1]["error"] == "invalid_grant"
    assert exchange(caller, grant_type="refresh_token", refresh_token=second)[0] == 200


def test_a_revoked_service_account_starts_over() -> None:
    caller = signed_in_caller()
    client_id, first = activate(caller)
    path = f"/cloudapi/1.0.0/serviceAccounts/urn:vcloud:serviceAccount:{client_id}"
    assert caller.send("POST", f"{path}/revoke").status == 204
    assert json.loads(caller.get(path).body)["status"] == "CREATED"
    assert exchange(caller, grant_type="refresh_token", refresh_token=first)[0] == 400
    assert caller.send("DELETE", path).status == 204
    assert caller.get(path).status == 403


def test_pages_of_service_accounts_end_at_32() -> None:
    caller = signed_in_caller()
    for number in range(40):
        register(caller, client_name=f"account-{number:02}", scope="urn:vcloud:role:vApp Author")
    first = caller.get("/cloudapi/1.0.0/serviceAccounts?pageSize=128")
    body = json.loads(first.body)
    assert (body["pageSize"], len(body["values"]), body["pageCount"], body["resultTotal"]) == (32, 32, 2, 40)
    links = first.headers.get_all("Link")
    (following,) = [link for link in links if 'rel="nextPage"' in link]
    rest = json.loads(caller.get(following[1:].partition(">")[0]).body)
    assert [account["name"] for account in rest["values"]] == [f"account-{number}" for number in range(32, 40)]


# -- our client ----------------------------------------------------------------------------------------------------


def test_our_client_signs_in_with_the_token_of_the_inventory(tmp_path: Path) -> None:
    simulator = caller_for().simulator
    variables: dict[str, Any] = {name[4:].lower(): value for name, value in simulator.env().items()}
    variables |= {"username": "", "password": "", "session_cache": False, "state_dir": str(tmp_path)}
    with App().client(transport=simulator.transport(), api_token="demo-api-token", **variables) as client:
        assert client.session.identity.user == "demo"
        assert [edge.name for edge in client.edges.list_edges()] == ["org1-vdc1-edge1"]
    with (
        App().client(transport=simulator.transport(), api_token="wrong", **variables) as client,
        pytest.raises(AuthenticationError, match="API token"),
    ):
        client.session.login()
