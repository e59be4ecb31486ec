"""Routes of the token service: register clients and exchange tokens.

A client is an API token or a service account. The error codes are those of OAuth 2.0, because no source states which
codes real servers return. Source: protocol/vcd-modern.md §1.4, §1.5.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.releases import API_TOKENS, SERVICE_ACCOUNTS, newest
from vcloudair_core.simulator.state.api_tokens import ApiToken, ServiceAccount, new_secret, new_user_code
from vcloudair_core.simulator.state.entities import PROVIDER_ORG
from vcloudair_core.transport.messages import Headers, Response

ACCESS_TOKEN_LIVES_S = 2_592_000
"""Lifetime of an access token, in seconds: 30 days. Inferred."""
DEVICE_CODE_LIVES_S = 3600
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
ROLE_SCOPE = "urn:vcloud:role:"


def routes() -> SimulatorRoutes:
    """Return the token service routes of each org and of the provider."""
    paths = []
    for base in ("/oauth/tenant/{org_name}", "/oauth/provider"):
        paths += [
            SimulatorRoute("POST", f"{base}/token", _since(API_TOKENS, token), auth=False),
            SimulatorRoute("POST", f"{base}/register", _since(API_TOKENS, register)),
            SimulatorRoute(
                "POST",
                f"{base}/device_authorization",
                _since(SERVICE_ACCOUNTS, authorize_device),
                auth=False,
                versions="37.0 and newer",
            ),
        ]
    return SimulatorRoutes(
        "oauth",
        "Token service",
        tuple(paths),
        versions="36.1 and newer, service accounts 37.0 and newer",
        simplifications="Errors have the codes of OAuth 2.0.",
    )


def _since(bound: tuple[int, ...], handler: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """Wrap a handler so that servers older than API version ``bound`` return 404."""

    def run(context: Any) -> Response:
        if newest(context.simulator.config.api_versions) < bound:
            return Response(404, Headers({"Content-Length": "0"}), b"")
        return handler(context)

    return run


def _org_name(context: Any) -> str:
    name = context.path_params.get("org_name", PROVIDER_ORG)
    org = context.world.org(name)
    return str(org.name) if org else ""


def _parameters(context: Any) -> dict[str, str]:
    """Return the parameters from the form and from the URL.

    Some Go clients send the parameters in the URL. A parameter in the form takes precedence.
    """
    form = parse_qs(context.request.body.decode("utf-8", errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in {**context.query, **form}.items()}


def _refused(code: str, description: str, status: int = 400) -> Response:
    return _document({"error": code, "error_description": description}, status)


def _document(value: dict[str, Any], status: int = 200) -> Response:
    return Response(status, Headers({"Content-Type": "application/json"}), json.dumps(value).encode())


# -- registration --------------------------------------------------------------------------------------------------


def register(context: Any) -> Response:
    """Register an API token, or a service account if the body has a scope."""
    try:
        metadata = json.loads(context.request.body)
        name = str(metadata["client_name"])
    except (ValueError, KeyError, TypeError):
        return _refused("invalid_client_metadata", "client_name is missing")
    org = _org_name(context)
    if org != context.user.org or context.user.is_from_api_token:
        return _refused("access_denied", "This session cannot register tokens in this org.", 403)
    client_id = str(uuid.uuid4())
    answer = {"client_name": name, "client_id": client_id, "grant_types": ["refresh_token"]}
    scope = str(metadata.get("scope") or "")
    if not scope:
        register_of = context.world.tokens.api_tokens
        if any((held.name, held.user, held.org) == (name, context.user.user, org) for held in register_of.values()):
            return _refused("invalid_client_metadata", f"The token {name} already exists.")
        register_of[client_id] = ApiToken(client_id, name, org, context.user.user)
        return _document({**answer, "grant_types": [JWT_BEARER, "refresh_token"]})
    account = ServiceAccount(client_id, name, org, scope.removeprefix(ROLE_SCOPE))
    account.software_id = str(metadata.get("software_id") or "")
    account.software_version = str(metadata.get("software_version") or "")
    account.uri = str(metadata.get("client_uri") or "")
    context.world.tokens.service_accounts[client_id] = account
    fields = {"software_id": account.software_id, "software_version": account.software_version}
    return _document({**answer, **fields, "scope": scope, "client_uri": account.uri})


def authorize_device(context: Any) -> Response:
    """Start the device flow of a service account: return a device and a user code.

    An administrator grants the request by entering the user code.
    """
    account = context.world.tokens.service_accounts.get(_parameters(context).get("client_id", ""))
    if account is None or account.org != _org_name(context):
        return _refused("invalid_client", "The client is unknown.", 401)
    account.status, account.device_code, account.user_code = "REQUESTED", new_secret(), new_user_code()
    where = "provider" if account.org == PROVIDER_ORG else f"tenant/{account.org}"
    return _document(
        {
            "device_code": account.device_code,
            "user_code": account.user_code,
            "verification_uri": f"{context.base_url}/{where}/administration/access-control/service-accounts",
            "expires_in": DEVICE_CODE_LIVES_S,
            "interval": 5,
        }
    )


# -- exchange ------------------------------------------------------------------------------------------------------


def token(context: Any) -> Response:
    """Exchange a credential for an access token.

    The credential is a refresh token, the token of a session (the parameter ``assertion``), or the device code of a
    granted service account.
    """
    parameters, org = _parameters(context), _org_name(context)
    grants = {"refresh_token": _refresh, JWT_BEARER: _first_api_token, DEVICE_CODE: _first_account_token}
    exchange = grants.get(parameters.get("grant_type", ""))
    if exchange is None:
        return _refused("unsupported_grant_type", f"{parameters.get('grant_type', '')!r} is not supported.")
    return exchange(context, parameters, org)


def _refresh(context: Any, parameters: dict[str, str], org: str) -> Response:
    secret = parameters.get("refresh_token", "")
    held = context.world.tokens.api_token(secret, org)
    if held is not None:
        return _access(context, held.user, org)
    account = context.world.tokens.service_account(secret, org)
    if account is None:
        return _refused("invalid_grant", "The refresh token is invalid.")
    account.secret = new_secret()
    return _access(context, account.name, org, account.secret)


def _first_api_token(context: Any, parameters: dict[str, str], org: str) -> Response:
    held = context.world.tokens.api_tokens.get(parameters.get("client_id", ""))
    login = context.simulator.sessions.find_vcd(parameters.get("assertion", ""))
    if held is None or login is None or (held.org, held.user) != (org, login.user) or held.secret:
        return _refused("invalid_grant", "The assertion or the client is invalid.")
    held.secret = new_secret()
    return _access(context, held.user, org, held.secret)


def _first_account_token(context: Any, parameters: dict[str, str], org: str) -> Response:
    account = context.world.tokens.account_of_device(parameters.get("device_code", ""), org)
    if account is None or account.client_id != parameters.get("client_id"):
        return _refused("invalid_grant", "The device code is invalid.")
    if account.status != "GRANTED":
        return _refused("authorization_pending", "The service account is not granted yet.")
    account.status, account.device_code, account.user_code = "ACTIVE", "", ""
    account.secret = new_secret()
    return _access(context, account.name, org, account.secret)


def _access(context: Any, user: str, org: str, refresh_token: str | None = None) -> Response:
    access = context.simulator.sessions.open_bearer(user, org, lives_s=ACCESS_TOKEN_LIVES_S, is_from_api_token=True)
    return _document(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": ACCESS_TOKEN_LIVES_S,
            "refresh_token": refresh_token,
        }
    )
