"""Routes that list, change, grant and revoke API tokens and service accounts.

Source: protocol/vcd-modern.md §1.4, §1.5.
"""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.state.api_tokens import ApiToken, ServiceAccount
from vcloudair_core.transport.messages import Headers, Response

TOKENS, ACCOUNTS = "/cloudapi/1.0.0/tokens", "/cloudapi/1.0.0/serviceAccounts"
ACCOUNT_PAGE_SIZE = 32
"""Maximum page size of the list of service accounts."""
_ACCOUNTS_SINCE = "37.0 and newer"


def routes() -> SimulatorRoutes:
    """Return the routes of API tokens and service accounts."""
    paths = [
        SimulatorRoute("GET", TOKENS, list_tokens),
        SimulatorRoute("GET", f"{TOKENS}/{{token_id}}", show_token),
        SimulatorRoute("DELETE", f"{TOKENS}/{{token_id}}", revoke_token),
        SimulatorRoute("GET", ACCOUNTS, list_accounts, versions=_ACCOUNTS_SINCE),
        SimulatorRoute("GET", f"{ACCOUNTS}/{{account_id}}", show_account, versions=_ACCOUNTS_SINCE),
        SimulatorRoute("PUT", f"{ACCOUNTS}/{{account_id}}", change_account, versions=_ACCOUNTS_SINCE),
        SimulatorRoute("DELETE", f"{ACCOUNTS}/{{account_id}}", delete_account, versions=_ACCOUNTS_SINCE),
        SimulatorRoute("POST", f"{ACCOUNTS}/{{account_id}}/revoke", revoke_account, versions=_ACCOUNTS_SINCE),
        SimulatorRoute("POST", "/cloudapi/1.0.0/deviceLookup", look_up_device, versions=_ACCOUNTS_SINCE),
        SimulatorRoute("POST", "/cloudapi/1.0.0/deviceLookup/grant", grant, versions=_ACCOUNTS_SINCE),
    ]
    return SimulatorRoutes(
        "cloudapi tokens",
        "API tokens and service accounts",
        tuple(paths),
        versions="36.1 and newer",
    )


# -- API tokens ----------------------------------------------------------------------------------------------------


def list_tokens(context: Any) -> Response:
    """Return a page of the user's API tokens.

    The page is empty if the session was opened with an API token.
    """
    values = [_token_json(context, held) for held in _own_tokens(context)]
    return json_responses.page(context, values, "Tokens", searchable=("name", "type", "owner.name", "owner.id"))


def show_token(context: Any) -> Response:
    """Return one API token without its secret."""
    held = _find_token(context)
    if held is None:
        return json_responses.no_access("token", context.path_params["token_id"])
    return json_responses.item(context, _token_json(context, held))


def revoke_token(context: Any) -> Response:
    """Revoke an API token. Later exchanges for an access token fail."""
    held = _find_token(context)
    if held is None:
        return json_responses.no_access("token", context.path_params["token_id"])
    del context.world.tokens.api_tokens[held.client_id]
    return Response(204, Headers({}), b"")


def _own_tokens(context: Any) -> list[ApiToken]:
    if context.user.is_from_api_token:
        return []
    owner = context.user.user, context.user.home_org
    return [held for held in context.world.tokens.api_tokens.values() if (held.user, held.org) == owner]


def _find_token(context: Any) -> ApiToken | None:
    identifier = json_responses.uuid_of(context.path_params["token_id"])
    return next((held for held in _own_tokens(context) if held.client_id == identifier), None)


def _token_json(context: Any, held: ApiToken) -> dict[str, Any]:
    user = context.world.user_named(held.user, held.org)
    return {
        "id": f"urn:vcloud:token:{held.client_id}",
        "name": held.name,
        "token": None,
        "type": "REFRESH",
        "owner": {"name": user.name, "id": f"urn:vcloud:user:{user.user_id}"},
        "org": {"name": held.org, "id": f"urn:vcloud:org:{context.world.orgs[held.org].org_id}"},
        "expirationTime": None,
    }


# -- service accounts ----------------------------------------------------------------------------------------------


def list_accounts(context: Any) -> Response:
    """Return a page of the service accounts of the org, at most 32 per page."""
    values = [_account_json(context, account) for account in _own_accounts(context)]
    return json_responses.page(
        context, values, "ServiceAccounts", searchable=("name", "status"), max_size=ACCOUNT_PAGE_SIZE
    )


def show_account(context: Any) -> Response:
    """Return one service account."""
    account = _find_account(context)
    if account is None:
        return json_responses.no_access("serviceAccount", context.path_params["account_id"])
    return json_responses.item(context, _account_json(context, account))


def change_account(context: Any) -> Response:
    """Change the software, URI and role of a service account."""
    account = _find_account(context)
    if account is None:
        return json_responses.no_access("serviceAccount", context.path_params["account_id"])
    try:
        fields = json.loads(context.request.body)
        account.software_id = str(fields.get("softwareId") or account.software_id)
        account.software_version = str(fields.get("softwareVersion") or "")
        account.uri = str(fields.get("uri") or "")
        account.role = str((fields.get("role") or {}).get("name") or account.role)
    except (ValueError, AttributeError):
        return json_responses.error(400, "BAD_REQUEST", "The service account is not a JSON object.")
    return json_responses.item(context, _account_json(context, account))


def delete_account(context: Any) -> Response:
    """Delete a service account and its token."""
    account = _find_account(context)
    if account is None:
        return json_responses.no_access("serviceAccount", context.path_params["account_id"])
    del context.world.tokens.service_accounts[account.client_id]
    return Response(204, Headers({}), b"")


def revoke_account(context: Any) -> Response:
    """Revoke the token of a service account, and set its status to CREATED."""
    account = _find_account(context)
    if account is None:
        return json_responses.no_access("serviceAccount", context.path_params["account_id"])
    account.status, account.secret, account.device_code, account.user_code = "CREATED", "", "", ""
    return Response(204, Headers({}), b"")


def look_up_device(context: Any) -> Response:
    """Return the service account whose pending grant request has the user code."""
    account = _requested(context)
    if account is None:
        return json_responses.error(400, "BAD_REQUEST", "The user code is unknown.")
    return json_responses.item(context, _account_json(context, account))


def grant(context: Any) -> Response:
    """Grant a service account, so that its program can fetch the first token."""
    account = _requested(context)
    if account is None:
        return json_responses.error(400, "BAD_REQUEST", "The user code is unknown.")
    account.status = "GRANTED"
    return Response(204, Headers({}), b"")


def _requested(context: Any) -> ServiceAccount | None:
    try:
        code = str(json.loads(context.request.body)["userCode"])
    except (ValueError, KeyError, TypeError):
        return None
    account: ServiceAccount | None = context.world.tokens.account_of_user_code(code, context.user.org)
    return account


def _own_accounts(context: Any) -> list[ServiceAccount]:
    accounts = context.world.tokens.service_accounts.values()
    return [account for account in accounts if account.org == context.user.org]


def _find_account(context: Any) -> ServiceAccount | None:
    identifier = json_responses.uuid_of(context.path_params["account_id"])
    return next((account for account in _own_accounts(context) if account.client_id == identifier), None)


def _account_json(context: Any, account: ServiceAccount) -> dict[str, Any]:
    world = context.world
    return {
        "id": f"urn:vcloud:serviceAccount:{account.client_id}",
        "name": account.name,
        "org": {"name": account.org, "id": f"urn:vcloud:org:{world.orgs[account.org].org_id}"},
        "softwareId": account.software_id,
        "softwareVersion": account.software_version,
        "uri": account.uri,
        "role": {"name": account.role, "id": f"urn:vcloud:role:{world.make_id('role', account.role)}"},
        "status": account.status,
    }
