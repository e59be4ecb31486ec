"""Routes of sessions of VMware Cloud Director Availability.

Source: protocol/vcda.md §2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.state.entities import PROVIDER_ORG
from vcloudair_core.simulator.vcda.json_checks import BadRequestError, Required, check, json_object
from vcloudair_core.simulator.vcda.vcda_responses import error, item, shown
from vcloudair_core.transport.messages import Headers, Response

AUTH_HEADER = "X-VCAV-Auth"
_LOGINS: dict[str, dict[str, Any]] = {
    "vcdCredentials": {"vcdUser": Required(str), "vcdPassword": Required(str)},
    "vcdCookie": {"vcdCookie": Required(str)},
    "vcdAccessToken": {"vcdAccessToken": Required(str), "context": str},
}
"""Required fields of the sign-in bodies of tenants, by type."""
_APPLIANCE_LOGINS = ("localUser", "ssoCredentials", "ssoToken")
"""Sign-in bodies of administrators of the appliance.

The simulator has no such users.
"""
_REFERENCE: dict[str, tuple[str, ...]] = {
    "credentials": ("vcdUsername", "vcdPassword"),
    "cookie": ("cookie",),
    "vcdAccessToken": ("vcdAccessToken",),
    "multisite": ("org",),
}
_LOGIN: dict[str, tuple[str, ...]] = {
    **_REFERENCE,
    "credentials": ("vcdUser", "vcdPassword"),
    "cookie": ("vcdCookie",),
}
_SPELLINGS = {"reference": (_REFERENCE,), "login": (_LOGIN,), "both": (_REFERENCE, _LOGIN)}
"""Required fields of ``POST /sessions/extend``, by type and spelling."""


@dataclass(frozen=True)
class _Identity:
    name: str
    org: str


def routes() -> SimulatorRoutes:
    """Return the routes of sessions."""
    return SimulatorRoutes(
        "vcda-sessions",
        "VCDA sessions",
        (
            SimulatorRoute("POST", "/sessions", log_in, auth=False),
            SimulatorRoute("GET", "/sessions", read),
            SimulatorRoute("DELETE", "/sessions", log_out),
            SimulatorRoute("POST", "/sessions/extend", extend, versions="4.5 and newer"),
        ),
        versions="all",
        simplifications="users of the appliance cannot sign in",
    )


def log_in(context: Any) -> Response:
    """Open a session with credentials, a cookie or an access token."""
    try:
        body = json_object(context.request.body, context.request.headers.get("Content-Type", ""))
    except BadRequestError as exc:
        return error(400, "BadRequest", str(exc))
    kind = str(body.get("type"))
    if kind in _APPLIANCE_LOGINS:
        return error(401, "NotAuthenticated", "The user name or password is wrong.")
    if kind not in _LOGINS:
        return error(400, "BadRequest", f"The session type {kind!r} is unknown.")
    check(body, {"type": str, **_LOGINS[kind]}, refuses_unknown=context.config.vcda_unknown_fields == "refuse")
    if kind == "vcdCredentials":
        identity = _identity(context, body["vcdUser"], body["vcdPassword"])
    else:
        identity = _identity_of_token(context, body[kind], str(body.get("context") or ""))
    if identity is None or not _is_org_at(context, identity.org, context.endpoint.site):
        return error(401, "NotAuthenticated", "The credentials are wrong.")
    token, context.user = context.endpoint.sessions.open(identity.name, identity.org, context.endpoint.site)
    response = item(context.version, shown(context, context.session.document()))
    return Response(response.status, response.headers.merged({AUTH_HEADER: token}), response.body)


def read(context: Any) -> Response:
    """Return the session of the request."""
    return item(context.version, shown(context, context.session.document()))


def log_out(context: Any) -> Response:
    """End the session. The option ``vcda_logout_status`` selects the status."""
    context.endpoint.sessions.close(context.request.headers[AUTH_HEADER])
    return Response(context.config.vcda_logout_status, Headers({}), b"")


def extend(context: Any) -> Response:
    """Sign in to the other site, so that the session can be used for both sites."""
    try:
        body = json_object(context.request.body, context.request.headers.get("Content-Type", ""))
    except BadRequestError as exc:
        return error(400, "BadRequest", str(exc))
    forms = _forms(context, body)
    if not forms:
        return error(400, "BadRequest", f"The type {body.get('type')!r} is unknown.")
    fields = next((form for form in forms if all(name in body for name in form)), forms[0])
    shape = {"type": str, "site": Required(str), **{name: Required(str) for name in fields}}
    check(body, shape, refuses_unknown=context.config.vcda_unknown_fields == "refuse")
    site = body["site"]
    if site not in (context.endpoint.site, context.endpoint.peer):
        return error(404, "SiteNotFound", f"The site '{site}' does not exist.", site)
    if context.endpoint.is_down(site):
        response: Response = context.endpoint.peer_error(site)
        return response
    org = _org_at_peer(context, body["type"], [body[name] for name in fields])
    if not org or not _is_org_at(context, org, site):
        return error(401, "RemoteAuthenticationFailure", f"Site '{site}' rejected the credentials.", site)
    context.session.sites[site] = org
    return item(context.version, shown(context, context.session.document()))


def _forms(context: Any, body: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the alternative lists of required fields for the type of a body."""
    spellings = _SPELLINGS[context.config.vcda_extend_spelling]
    kind = str(body.get("type"))
    return [spelling[kind] for spelling in spellings if kind in spelling]


def _org_at_peer(context: Any, kind: str, values: list[str]) -> str:
    """Return the org of the session at the other site.

    Return an empty string if the sign-in fails.
    """
    if kind == "multisite":
        is_known = context.world.org(values[0]) is not None
        return values[0] if is_known and context.config.vcda_multisite else ""
    identity = _identity(context, *values) if kind == "credentials" else _identity_of_token(context, values[0], "")
    return identity.org if identity else ""


def _is_org_at(context: Any, org: str, site: str) -> bool:
    """Return True if an org exists at a site.

    An org exists at the sites of its VDCs. The provider and orgs without VDCs exist at both sites.
    """
    world = context.world
    sites = {world.vdc_sites[vdc.vdc_id] for vdc in world.vdcs_of(org)}
    return not sites or site in sites


def _identity(context: Any, user: str, password: str) -> _Identity | None:
    """Return the user with a name ``name@org`` and a password, or None."""
    name, at, org = user.rpartition("@")
    known = context.world.user(name, password, org) if at else None
    return _Identity(known.name, known.org) if known else None


def _identity_of_token(context: Any, token: str, org: str) -> _Identity | None:
    """Return the user of the VMware Cloud Director session with a token, or None.

    If ``org`` is set, the session must belong to this org, or to the provider.
    """
    login = context.simulator.sessions.find_vcd(token)
    if login is None:
        return None
    if org and login.home_org != PROVIDER_ORG and org.lower() != login.org.lower():
        return None
    return _Identity(login.user, login.home_org)
