"""A vCloud Director: versions, sign-in, session, orgs, VDCs, edge gateways. Source: api/sessions.md §4."""

from __future__ import annotations

from typing import Any

from vcloudair_core.http import Headers, Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRoute
from vcloudair_core.simulator import answers
from vcloudair_core.simulator.sessions import basic
from vcloudair_core.simulator.xmlbuild import VERSIONS, element

T = "application/vnd.vmware.vcloud."


def area(prefix: str = "", flavour: str = "vcd") -> SimulatorArea:
    """The routes below ``prefix`` (On-Demand has its vCloud Director under /api/compute)."""

    def at(context: Any) -> str:
        return f"{context.base_url}{prefix}"

    def versions(context: Any) -> Response:
        made = [
            element(
                "VersionInfo",
                {"deprecated": False} if _is_modern(v) else {},
                element("Version", None, v, namespace=VERSIONS),
                element("LoginUrl", None, f"{at(context)}/api/sessions", namespace=VERSIONS),
                namespace=VERSIONS,
            )
            for v in context.simulator.config.api_versions
        ]
        return answers.entity(element("SupportedVersions", None, *made, namespace=VERSIONS), "text/xml")

    def login(context: Any) -> Response:
        given = basic(context.request)
        if "Authorization" not in context.request.headers:
            return answers.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
        name, at_sign, org = (given[0] if given else "").rpartition("@")
        user = context.world.user(name, given[1], org) if given and at_sign else None
        if user is None:
            return Response(
                401,
                Headers(
                    {
                        "WWW-Authenticate": 'BASIC realm="vCloud"',
                        "Content-Type": "text/plain; charset=utf-8",
                        "Content-Length": "0",
                    }
                ),
                b"",
            )
        token = context.simulator.sessions.open_vcd(user.name, user.org)
        cookie = f"{context.simulator.config.cookie_name}={token}; Secure; Path=/; HttpOnly"
        return _session(context, user.name, user.org, {"x-vcloud-authorization": token, "Set-Cookie": cookie})

    def session(context: Any) -> Response:
        return _session(context, context.user.user, context.user.org, {})

    def _session(context: Any, user: str, org: str, headers: dict[str, str]) -> Response:
        base, found = at(context), context.world.org(org)
        root = element(
            "Session",
            {
                "org": org,
                "user": user,
                "roles": "Organization Administrator",
                "userId": f"urn:vcloud:user:{context.world.make_id('user', user)}",
                "href": f"{base}/api/session",
                "type": f"{T}session+xml",
            },
            element("Link", {"rel": "down", "type": f"{T}orgList+xml", "href": f"{base}/api/org/"}),
            element("Link", {"rel": "remove", "href": f"{base}/api/session"}),
            element(
                "Link", {"rel": "down", "type": f"{T}org+xml", "name": org, "href": f"{base}/api/org/{found.org_id}"}
            ),
            element("Link", {"rel": "down", "type": f"{T}query.queryList+xml", "href": f"{base}/api/query"}),
            element("Link", {"rel": "entityResolver", "type": f"{T}entity+xml", "href": f"{base}/api/entity/"}),
        )
        return answers.entity(root, f"{T}session+xml", context.version, headers=headers)

    def logout(context: Any) -> Response:
        context.simulator.sessions.close_vcd(context.simulator.sessions.vcd_token(context.request))
        return answers.empty(context.simulator.config.logout_status)

    def org_list(context: Any) -> Response:
        base = at(context)
        mine = [o for o in context.world.orgs.values() if o.name == context.user.org]
        root = element(
            "OrgList",
            {"href": f"{base}/api/org/", "type": f"{T}orgList+xml"},
            *[
                element("Org", {"href": f"{base}/api/org/{o.org_id}", "type": f"{T}org+xml", "name": o.name})
                for o in mine
            ],
        )
        return answers.entity(root, f"{T}orgList+xml", context.version)

    def org(context: Any) -> Response:
        base, wanted = at(context), context.path_params["org_id"]
        found = next(
            (o for o in context.world.orgs.values() if o.org_id == wanted and o.name == context.user.org), None
        )
        if found is None:
            return answers.forbidden("org", wanted, context.version)
        links = [
            element(
                "Link", {"rel": "down", "type": f"{T}vdc+xml", "name": v.name, "href": f"{base}/api/vdc/{v.vdc_id}"}
            )
            for v in context.world.vdcs_of(found.name)
        ]
        links.append(
            element(
                "Link", {"rel": "down", "type": f"{T}tasksList+xml", "href": f"{base}/api/tasksList/{found.org_id}"}
            )
        )
        root = element(
            "Org",
            {
                "name": found.name,
                "id": f"urn:vcloud:org:{found.org_id}",
                "type": f"{T}org+xml",
                "href": f"{base}/api/org/{found.org_id}",
            },
            *links,
            element("Description"),
            element("FullName", None, found.full_name),
        )
        return answers.entity(root, f"{T}org+xml", context.version)

    def vdc(context: Any) -> Response:
        base, wanted = at(context), context.path_params["vdc_id"]
        found = context.world.vdcs.get(wanted)
        if found is None or found.org != context.user.org:
            return answers.forbidden("vdc", wanted, context.version)
        owner = context.world.orgs[found.org]

        def capacity(name: str, unit: str) -> Any:
            return element(
                name,
                None,
                *[
                    element(k, None, v)
                    for k, v in (
                        ("Units", unit),
                        ("Allocated", 0),
                        ("Limit", 0),
                        ("Reserved", 0),
                        ("Used", 0),
                        ("Overhead", 0),
                    )
                ],
            )

        root = element(
            "Vdc",
            {
                "status": 1,
                "name": found.name,
                "id": f"urn:vcloud:vdc:{found.vdc_id}",
                "type": f"{T}vdc+xml",
                "href": f"{base}/api/vdc/{found.vdc_id}",
            },
            element("Link", {"rel": "up", "type": f"{T}org+xml", "href": f"{base}/api/org/{owner.org_id}"}),
            element(
                "Link",
                {
                    "rel": "edgeGateways",
                    "type": f"{T}query.records+xml",
                    "href": f"{base}/api/admin/vdc/{found.vdc_id}/edgeGateways",
                },
            ),
            element("Description"),
            element("AllocationModel", None, "AllocationVApp"),
            element("ComputeCapacity", None, capacity("Cpu", "MHz"), capacity("Memory", "MB")),
            element("ResourceEntities"),
            element("AvailableNetworks"),
            element(
                "Capabilities",
                None,
                element("SupportedHardwareVersions", None, element("SupportedHardwareVersion", None, "vmx-10")),
            ),
            element("NicQuota", None, 0),
            element("NetworkQuota", None, 20),
            element("UsedNetworkCount", None, 1),
            element("VmQuota", None, 100),
            element("IsEnabled", None, True),
        )
        return answers.entity(root, f"{T}vdc+xml", context.version)

    def edge(context: Any) -> Response:
        base, wanted = at(context), context.path_params["edge_id"]
        found = context.world.edges.get(wanted)
        if found is None or context.world.vdcs[found.vdc_id].org != context.user.org:
            return answers.forbidden("gateway", wanted, context.version)
        root = element(
            "EdgeGateway",
            {
                "status": 1,
                "name": found.name,
                "id": f"urn:vcloud:gateway:{found.edge_id}",
                "type": "application/vnd.vmware.admin.edgeGateway+xml",
                "href": f"{base}/api/admin/edgeGateway/{found.edge_id}",
            },
            element("Link", {"rel": "up", "type": f"{T}vdc+xml", "href": f"{base}/api/vdc/{found.vdc_id}"}),
            element("Description"),
            element(
                "Configuration",
                None,
                element("GatewayBackingConfig", None, "compact"),
                element("GatewayInterfaces"),
                element("HaEnabled", None, False),
                element("UseDefaultRouteForDnsRelay", None, False),
                element("AdvancedNetworkingEnabled", None, found.is_advanced),
            ),
        )
        return answers.entity(root, "application/vnd.vmware.admin.edgeGateway+xml", context.version)

    def route(method: str, path: str, handler: Any, auth: bool = True) -> SimulatorRoute:
        return SimulatorRoute(method, f"{prefix}{path}", handler, auth)

    return SimulatorArea(
        f"vcloud{prefix or ''}",
        "vCloud Director",
        (
            route("GET", "/api/versions", versions, False),
            route("POST", "/api/sessions", login, False),
            route("GET", "/api/session", session),
            route("DELETE", "/api/session", logout),
            route("GET", "/api/org", org_list),
            route("GET", "/api/org/{org_id}", org),
            route("GET", "/api/vdc/{vdc_id}", vdc),
            route("GET", "/api/admin/edgeGateway/{edge_id}", edge),
        ),
    )


def _is_modern(version: str) -> bool:
    return int(version.split(".")[0]) >= 20
