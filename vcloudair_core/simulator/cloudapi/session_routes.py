"""Routes under ``/cloudapi`` that sign in tenants and providers.

A session has a bearer token. Source: protocol/vcd-modern.md §1.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.saml_assertions import saml_user
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.state.entities import PROVIDER_ORG
from vcloudair_core.simulator.state.logins import Login, basic
from vcloudair_core.transport.messages import Headers, Response

SESSIONS = "/cloudapi/1.0.0/sessions"
TOKEN_HEADER, TOKEN_TYPE_HEADER = "X-VMWARE-VCLOUD-ACCESS-TOKEN", "X-VMWARE-VCLOUD-TOKEN-TYPE"


def routes() -> SimulatorRoutes:
    """Return the routes to sign in, read sessions and sign out."""
    paths = [
        SimulatorRoute("POST", SESSIONS, _login(is_provider=False), auth=False),
        SimulatorRoute("POST", f"{SESSIONS}/provider", _login(is_provider=True), auth=False),
        SimulatorRoute("GET", SESSIONS, list_sessions),
        SimulatorRoute("GET", f"{SESSIONS}/{{session_id}}", show_session),
        SimulatorRoute("GET", f"{SESSIONS}/{{session_id}}/token", show_token),
        SimulatorRoute("DELETE", SESSIONS, logout),
        SimulatorRoute("DELETE", f"{SESSIONS}/{{session_id}}", logout),
    ]
    return SimulatorRoutes("cloudapi sessions", "Sessions of API 33 and newer", tuple(paths), versions="33.0 and newer")


def _login(*, is_provider: bool) -> Callable[[Any], Response]:
    """Return the sign-in handler for tenants or for the provider.

    The handler for tenants rejects the provider's users. The handler for the provider rejects all other users.
    """

    def login(context: Any) -> Response:
        credentials = basic(context.request)
        name, at_sign, org = (credentials[0] if credentials else "").rpartition("@")
        user = context.world.user(name, credentials[1], org) if credentials and at_sign else saml_user(context)
        is_of_provider = user is not None and user.org.lower() == PROVIDER_ORG.lower()
        if user is None or is_of_provider != is_provider:
            return Response(401, Headers({"WWW-Authenticate": 'BASIC realm="vCloud"', "Content-Length": "0"}), b"")
        token = context.simulator.sessions.open_bearer(user.name, user.org)
        headers = {TOKEN_HEADER: token, TOKEN_TYPE_HEADER: "Bearer"}
        login = context.simulator.sessions.find_vcd(token)
        return json_responses.item(context, session_json(context, login), 200, headers)

    return login


def session_json(context: Any, login: Login) -> dict[str, Any]:
    """Return a session as JSON."""
    world = context.world
    user = world.user_named(login.user, login.home_org)
    site = f"urn:vcloud:site:{world.make_id('site', 'local')}"
    org = world.orgs[login.home_org]
    held = world.role_named(user.role, login.home_org)
    role_id = held.role_id if held else world.make_id("role", user.role)
    role = {"name": user.role, "id": f"urn:vcloud:role:{role_id}"}
    return {
        "id": f"urn:vcloud:session:{login.session_id}",
        "site": {"name": urlsplit(context.base_url).netloc, "id": site},
        "user": {"name": user.name, "id": f"urn:vcloud:user:{user.user_id}"},
        "org": {"name": org.name, "id": f"urn:vcloud:org:{org.org_id}"},
        "operatingOrg": {"name": login.org, "id": f"urn:vcloud:org:{world.orgs[login.org].org_id}"},
        "location": f"{world.make_id('site', 'local')}@{site}",
        "roles": [user.role],
        "roleRefs": [role],
        "sessionIdleTimeoutMinutes": round(context.simulator.config.vcd_idle_s / 60),
    }


def list_sessions(context: Any) -> Response:
    """Return a page of the user's sessions."""
    logins = [login for login in context.simulator.sessions.vcd_logins() if _is_own(context, login)]
    return json_responses.page(context, [session_json(context, login) for login in logins], "Sessions")


def show_session(context: Any) -> Response:
    """Return one of the user's sessions.

    The ID ``current`` selects the session of the request.
    """
    login = _find(context)
    if login is None:
        return json_responses.no_access("session", context.path_params["session_id"])
    return json_responses.item(context, session_json(context, login))


def show_token(context: Any) -> Response:
    """Return the token of the current session.

    The ID of any other session returns the same error as an unknown ID.
    """
    login = _find(context)
    if login is None or login.session_id != context.user.session_id:
        return json_responses.no_access("session", context.path_params["session_id"])
    return json_responses.item(context, {"token": context.simulator.sessions.vcd_token(context.request)})


def logout(context: Any) -> Response:
    """End the session with the ID in the path.

    If the path has no ID, the current session ends. Go clients send such requests. Source: protocol/vcd-modern.md §1.3.
    """
    login = _find(context)
    if login is None:
        return json_responses.no_access("session", context.path_params["session_id"])
    context.simulator.sessions.close_session(login.session_id)
    return Response(204, Headers({}), b"")


def _find(context: Any) -> Login | None:
    identifier = json_responses.uuid_of(context.path_params.get("session_id", "current"))
    if identifier == "current":
        login: Login = context.user
        return login
    logins = context.simulator.sessions.vcd_logins()
    return next((held for held in logins if held.session_id == identifier and _is_own(context, held)), None)


def _is_own(context: Any, login: Login) -> bool:
    return bool((login.user, login.home_org) == (context.user.user, context.user.home_org))
