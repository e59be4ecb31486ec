"""Routes of vCloud Director for API versions, sign-in, sessions, sites and orgs.

Source: protocol/sessions.md §4, protocol/recorded-responses.md §2.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.rights import VIEW_ADMIN, rights_of
from vcloudair_core.simulator.access.saml_assertions import saml_user
from vcloudair_core.simulator.access.visibility import is_provider
from vcloudair_core.simulator.api.own_objects import own_org, refuse, visible_orgs
from vcloudair_core.simulator.documents.addresses import ADMIN_MEDIA
from vcloudair_core.simulator.documents.document_parts import respond
from vcloudair_core.simulator.documents.org_documents import ADMIN_VIEW, org_document
from vcloudair_core.simulator.releases import (
    CLOUDAPI_LOGIN,
    LEGACY_LOGIN_REMOVED,
    is_at_least,
    is_deprecated,
    without_modern,
)
from vcloudair_core.simulator.state.logins import basic
from vcloudair_core.simulator.xml_builder import VERSIONS, element, link
from vcloudair_core.transport.messages import Headers, Response

T = "application/vnd.vmware.vcloud."
LOCATIONS_SINCE = (30, 0)
CLOUDAPI_SINCE = (33, 0)


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes of API versions, sign-in, sessions and orgs.

    ``prefix`` is ``/api/compute`` for On-Demand, and empty otherwise.
    """
    open_to_all = [
        SimulatorRoute("GET", f"{prefix}/api/versions", versions, auth=False),
        SimulatorRoute("POST", f"{prefix}/api/sessions", login, auth=False, versions="below 38.0"),
    ]
    signed_in = [
        SimulatorRoute("GET", f"{prefix}/api/session", session),
        SimulatorRoute("DELETE", f"{prefix}/api/session", logout),
        SimulatorRoute("GET", f"{prefix}/api/site", show_site, versions="29.0 and newer"),
        SimulatorRoute("GET", f"{prefix}/api/site/associations", site_associations, versions="29.0 and newer"),
        SimulatorRoute("GET", f"{prefix}/api/org", org_list),
        SimulatorRoute("GET", f"{prefix}/api/org/{{org_id}}", show_org),
    ]
    return SimulatorRoutes(f"vcloud{prefix}", "vCloud Director", (*open_to_all, *signed_in), versions="all")


def versions(context: Any) -> Response:
    """Return the supported API versions with their sign-in URLs.

    API 20.0 added the attribute ``deprecated``. Source: protocol/sessions.md §4.1, protocol/vcd-modern.md §1.2.
    """
    offered = context.simulator.config.api_versions
    listed = without_modern(offered) if context.root != context.base_url else offered
    infos = [
        element(
            "VersionInfo",
            {"deprecated": is_deprecated(version, offered)} if is_at_least(version, (20,)) else {},
            element("Version", None, version, namespace=VERSIONS),
            *_login_urls(context, version),
            namespace=VERSIONS,
        )
        for version in listed
    ]
    return responses.entity(element("SupportedVersions", None, *infos, namespace=VERSIONS), "text/xml")


def _login_urls(context: Any, version: str) -> list[Any]:
    """Return the LoginUrl elements of an API version.

    Since API 36.0, tenants and providers have separate URLs under ``/cloudapi``.
    """
    if not is_at_least(version, CLOUDAPI_LOGIN):
        return [element("LoginUrl", None, f"{context.root}/api/sessions", namespace=VERSIONS)]
    address = f"{context.root}/cloudapi/1.0.0/sessions"
    return [
        element("LoginUrl", None, address, namespace=VERSIONS),
        element("ProviderLoginUrl", None, f"{address}/provider", namespace=VERSIONS),
    ]


def login(context: Any) -> Response:
    """Sign in with a password or a SAML assertion. API 38.0 removed the request.

    Return 403 without an Authorization header, and 401 for wrong credentials. Source: protocol/sessions.md §4.3,
    protocol/nsxt.md §0.2.
    """
    if is_at_least(context.version, LEGACY_LOGIN_REMOVED):
        return responses.empty(405)
    if "Authorization" not in context.request.headers:
        return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
    credentials = basic(context.request)
    # A user name may contain @, so the last @ separates user and org.
    name, at_sign, org = (credentials[0] if credentials else "").rpartition("@")
    user = context.world.user(name, credentials[1], org) if credentials and at_sign else saml_user(context)
    if user is None:
        challenge = {"WWW-Authenticate": 'BASIC realm="vCloud"', "Content-Type": "text/plain; charset=utf-8"}
        return Response(401, Headers({**challenge, "Content-Length": "0"}), b"")
    token = context.simulator.sessions.open_vcd(user.name, user.org)
    cookie = f"{context.simulator.config.cookie_name}={token}; Secure; Path=/; HttpOnly"
    headers = {"x-vcloud-authorization": token, "Set-Cookie": cookie}
    if is_at_least(context.version, CLOUDAPI_SINCE):
        headers |= {"X-VMWARE-VCLOUD-ACCESS-TOKEN": context.simulator.sessions.open_bearer(user.name, user.org)}
        headers |= {"X-VMWARE-VCLOUD-TOKEN-TYPE": "Bearer"}
    return session_document(context, context.root, user.name, user.org, headers)


def session(context: Any) -> Response:
    """Return the current session."""
    return session_document(context, context.root, context.user.user, context.user.home_org, {})


def logout(context: Any) -> Response:
    """End the current session. API 38.0 removed the request."""
    if is_at_least(context.version, LEGACY_LOGIN_REMOVED):
        return responses.empty(405)
    context.simulator.sessions.close_vcd(context.simulator.sessions.vcd_token(context.request))
    return responses.empty(context.simulator.config.logout_status)


def session_document(context: Any, root: str, user: str, org: str, headers: dict[str, str]) -> Response:
    """Return the session document. The links have the same order as on real servers.

    Source: protocol/recorded-responses.md §2.
    """
    organization = context.world.org(org)
    signed_in = context.world.user_named(user, org)
    is_admin = VIEW_ADMIN in rights_of(context.world, user, org)
    is_modern = is_at_least(context.version, LOCATIONS_SINCE)
    site = context.world.make_id("site", "local")
    location = f"{organization.org_id}@{site}"
    attributes = {
        "org": org,
        "user": user,
        "roles": signed_in.role,
        "userId": f"urn:vcloud:user:{signed_in.user_id}",
        "locationId": location if is_modern else None,
        "href": f"{root}/api/session",
        "type": f"{T}session+xml",
    }
    document = element(
        "Session",
        attributes,
        link("down", f"{root}/api/org/", f"{T}orgList+xml"),
        link("remove", f"{root}/api/session"),
        link("down", f"{root}/api/admin/", ADMIN_VIEW) if is_admin else None,
        link("down", f"{root}/api/org/{organization.org_id}", f"{T}org+xml", name=org),
        link("down", f"{root}/api/query", f"{T}query.queryList+xml"),
        link("entityResolver", f"{root}/api/entity/", f"{T}entity+xml"),
        *(_modern_links(root, location) if is_modern else ()),
    )
    return responses.entity(document, f"{T}session+xml", context.version, headers=headers)


def _modern_links(root: str, location: str) -> list[Any]:
    """Return the links that API 30 added at the end of session documents.

    The schema ``multiSite.xsd`` requires a name for each location.
    """
    host = urlsplit(root).netloc
    values = {"LocationId": location, "LocationName": host, "RestApiEndpoint": root, "UIEndpoint": root}
    authorized = element("Location", {"name": host}, *[element(name, None, value) for name, value in values.items()])
    return [
        link("nsx", f"{root}/network", "application/xml"),
        link("openapi", f"{root}/cloudapi", "application/json"),
        element("AuthorizedLocations", None, authorized),
    ]


def show_site(context: Any) -> Response:
    """Return the local site of the simulated cloud.

    Source: the schema ``multiSite.xsd``.
    """
    name, identifier = urlsplit(context.root).netloc, f"urn:vcloud:site:{context.world.make_id('site', 'local')}"
    attributes = {"name": name, "id": identifier, "href": f"{context.root}/api/site", "type": f"{T}site+xml"}
    endpoints = ("RestEndpoint", "TenantUiEndpoint", "MultiSiteUrl")
    values = [element(endpoint, None, context.root) for endpoint in endpoints]
    return respond(context, element("Site", attributes, *values))


def site_associations(context: Any) -> Response:
    """Return the associations with other sites. The list is always empty.

    Tenants get 403, because only system administrators can read associations. Source: the reference of the query
    type ``siteAssociation``, and the schema ``multiSite.xsd``.
    """
    if not is_provider(context):
        return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
    attributes = {"href": f"{context.root}/api/site/associations", "type": f"{ADMIN_MEDIA}siteAssociations+xml"}
    return respond(context, element("SiteAssociations", attributes))


def org_list(context: Any) -> Response:
    """Return the orgs that the session can read.

    A provider's session can read all orgs. A tenant's session can read only its own org.
    """
    orgs = visible_orgs(context)
    document = element(
        "OrgList",
        {"href": f"{context.root}/api/org/", "type": f"{T}orgList+xml"},
        *[
            element("Org", {"href": f"{context.root}/api/org/{org.org_id}", "type": f"{T}org+xml", "name": org.name})
            for org in orgs
        ],
    )
    return responses.entity(document, f"{T}orgList+xml", context.version)


def show_org(context: Any) -> Response:
    """Return an org."""
    org = own_org(context, context.path_params["org_id"])
    return refuse(context, "org", "org_id") if org is None else respond(context, org_document(context, org))
