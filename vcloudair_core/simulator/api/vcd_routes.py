"""Routes of a vCloud Director for versions, sign-in, session and orgs.

Source: protocol/sessions.md §4, protocol/recorded-responses.md §2.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.state.logins import basic
from vcloudair_core.simulator.xml_builder import VERSIONS, element, link
from vcloudair_core.transport.messages import Headers, Response

T = "application/vnd.vmware.vcloud."


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes below ``prefix``: ``/api/compute`` for On-Demand, else empty."""
    open_to_all = [
        SimulatorRoute("GET", f"{prefix}/api/versions", versions, auth=False),
        SimulatorRoute("POST", f"{prefix}/api/sessions", login, auth=False),
    ]
    signed_in = [
        SimulatorRoute("GET", f"{prefix}/api/session", session),
        SimulatorRoute("DELETE", f"{prefix}/api/session", logout),
        SimulatorRoute("GET", f"{prefix}/api/org", org_list),
        SimulatorRoute("GET", f"{prefix}/api/org/{{org_id}}", show_org),
    ]
    return SimulatorRoutes(f"vcloud{prefix}", "vCloud Director", (*open_to_all, *signed_in))


def versions(context: Any) -> Response:
    """Return the API versions of the server, from 20.0 on with ``deprecated``.

    Source: protocol/sessions.md §4.1.
    """
    made = [
        element(
            "VersionInfo",
            {"deprecated": False} if int(version.split(".")[0]) >= 20 else {},
            element("Version", None, version, namespace=VERSIONS),
            element("LoginUrl", None, f"{context.root}/api/sessions", namespace=VERSIONS),
            namespace=VERSIONS,
        )
        for version in context.simulator.config.api_versions
    ]
    return responses.entity(element("SupportedVersions", None, *made, namespace=VERSIONS), "text/xml")


def login(context: Any) -> Response:
    """Return 200 with a token, 403 without Authorization, 401 for bad credentials.

    Source: protocol/sessions.md §4.3.
    """
    if "Authorization" not in context.request.headers:
        return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
    credentials = basic(context.request)
    # A user name may contain @, so the last @ separates user and org.
    name, at_sign, org = (credentials[0] if credentials else "").rpartition("@")
    user = context.world.user(name, credentials[1], org) if credentials and at_sign else None
    if user is None:
        challenge = {"WWW-Authenticate": 'BASIC realm="vCloud"', "Content-Type": "text/plain; charset=utf-8"}
        return Response(401, Headers({**challenge, "Content-Length": "0"}), b"")
    token = context.simulator.sessions.open_vcd(user.name, user.org)
    cookie = f"{context.simulator.config.cookie_name}={token}; Secure; Path=/; HttpOnly"
    return session_document(
        context, context.root, user.name, user.org, {"x-vcloud-authorization": token, "Set-Cookie": cookie}
    )


def session(context: Any) -> Response:
    """Return the session of the request."""
    return session_document(context, context.root, context.user.user, context.user.org, {})


def logout(context: Any) -> Response:
    """End the session of the request and revoke its token."""
    context.simulator.sessions.close_vcd(context.simulator.sessions.vcd_token(context.request))
    return responses.empty(context.simulator.config.logout_status)


def session_document(context: Any, root: str, user: str, org: str, headers: dict[str, str]) -> Response:
    """Return a session, with its links in the order of real servers.

    Source: protocol/recorded-responses.md §2.
    """
    organization = context.world.org(org)
    attributes = {
        "org": org,
        "user": user,
        "roles": "Organization Administrator",
        "userId": f"urn:vcloud:user:{context.world.make_id('user', user)}",
        "href": f"{root}/api/session",
        "type": f"{T}session+xml",
    }
    document = element(
        "Session",
        attributes,
        link("down", f"{root}/api/org/", f"{T}orgList+xml"),
        link("remove", f"{root}/api/session"),
        link("down", f"{root}/api/org/{organization.org_id}", f"{T}org+xml", name=org),
        link("down", f"{root}/api/query", f"{T}query.queryList+xml"),
        link("entityResolver", f"{root}/api/entity/", f"{T}entity+xml"),
    )
    return responses.entity(document, f"{T}session+xml", context.version, headers=headers)


def org_list(context: Any) -> Response:
    """Return the orgs that the user can see: only their own org."""
    own = context.world.orgs[context.user.org]
    document = element(
        "OrgList",
        {"href": f"{context.root}/api/org/", "type": f"{T}orgList+xml"},
        element("Org", {"href": f"{context.root}/api/org/{own.org_id}", "type": f"{T}org+xml", "name": own.name}),
    )
    return responses.entity(document, f"{T}orgList+xml", context.version)


def show_org(context: Any) -> Response:
    """Return an org with links to its VDCs, tasks and replications.

    Source: protocol/tasks.md §3.3, protocol/dr.md §2.
    """
    root, own = context.root, context.world.orgs[context.user.org]
    if context.path_params["org_id"] != own.org_id:
        return responses.no_access("org", context.path_params["org_id"], context.version)
    href = f"{root}/api/org/{own.org_id}"
    vdcs = context.world.vdcs_of(own.name)
    document = element(
        "Org",
        {"name": own.name, "id": f"urn:vcloud:org:{own.org_id}", "type": f"{T}org+xml", "href": href},
        *[link("down", f"{root}/api/vdc/{vdc.vdc_id}", f"{T}vdc+xml", name=vdc.name) for vdc in vdcs],
        link("down", f"{root}/api/tasksList/{own.org_id}", f"{T}tasksList+xml"),
        link("down:replications", f"{href}/replications", f"{T}query.references+xml")
        if context.simulator.config.dr_installed
        else None,
        element("Description"),
        element("FullName", None, own.full_name),
    )
    return responses.entity(document, f"{T}org+xml", context.version)
