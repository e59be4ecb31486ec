"""Routes of the subscription portal of vCloud Air.

Source: protocol/sessions.md §2.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.state.entities import Vdc
from vcloudair_core.simulator.state.logins import basic
from vcloudair_core.simulator.xml_builder import VCHS, element, serialize
from vcloudair_core.transport.messages import Headers, Response

C = "application/xml;class=vnd.vmware.vchs."
"""Prefix of the media types of the portal.

Media types differ only in the parameter ``class``. Source: protocol/sessions.md §2.1.
"""


def routes() -> SimulatorRoutes:
    """Return the routes for sign-in, services and vCloud Director sessions."""
    compute = "/api/vchs/compute/{compute_id}"
    calls = [
        ("POST", "/api/vchs/sessions", login),
        ("DELETE", "/api/vchs/session", _signed_in(logout)),
        ("GET", "/api/vchs/services", _signed_in(services)),
        ("GET", compute, _signed_in(show_compute)),
        ("GET", f"{compute}/vdc/{{vdc_id}}", _signed_in(show_vdc)),
        ("POST", f"{compute}/vdc/{{vdc_id}}/vcloudsession", _signed_in(vcloudsession)),
    ]
    made = tuple(SimulatorRoute(verb, path, handler, auth=False) for verb, path, handler in calls)
    return SimulatorRoutes("vchs", "Subscription portal", made, versions="vCHS 5.6")


def _signed_in(handler: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """Wrap a handler to require a portal token.

    The wrapper returns 403 without a token, and 401 for an invalid token. Source: protocol/sessions.md §2.4.
    """

    def run(context: Any) -> Response:
        context.user = context.simulator.sessions.portal_user(context.request)
        if context.user is None:
            return responses.empty(401 if "x-vchs-authorization" in context.request.headers else 403)
        return handler(context)

    return run


def _xml(tag: str, attributes: dict[str, Any], *children: Any) -> Any:
    return element(tag, attributes, *children, namespace=VCHS)


def _link(rel: str, href: str, kind: str = "", name: str | None = None) -> Any:
    return _xml("Link", {"rel": rel, "name": name, "type": f"{C}{kind}" if kind else None, "href": href})


def _respond(root: Any, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(status, Headers({"Content-Type": f"{C}{kind}", **(headers or {})}), serialize(root))


def login(context: Any) -> Response:
    """Return 201 with a portal token in a header.

    vcloudair 0.5 reads the ``type`` of each link until it finds the link to the services. The other link has no
    ``type``, so the link to the services comes first.
    """
    credentials = basic(context.request)
    if credentials is None:
        return responses.empty(403)
    user = context.world.user(*credentials)
    if user is None:
        return responses.empty(401)
    base = f"{context.base_url}/api/vchs"
    root = _xml(
        "Session",
        {"href": f"{base}/session", "type": f"{C}session"},
        _link("down", f"{base}/services", "servicelist"),
        _link("remove", f"{base}/session"),
    )
    token = context.simulator.sessions.open_portal(user.name, user.org)
    return _respond(root, "session", 201, {"x-vchs-authorization": token})


def logout(context: Any) -> Response:
    """End the portal session. vCloud Director sessions stay valid."""
    context.simulator.sessions.close_portal(context.request.headers.get("x-vchs-authorization", ""))
    return responses.empty(204)


def _compute_href(context: Any) -> str:
    return f"{context.base_url}/api/vchs/compute/{context.world.make_id('compute', context.user.org)}"


def _service_id(context: Any) -> str:
    """Return the service ID of the user's org, such as ``M123456789-4001``.

    Source: protocol/sessions.md §2.2.
    """
    number = uuid.UUID(context.world.orgs[context.user.org].org_id).int
    return f"M{100_000_000 + number % 900_000_000}-{1000 + number // 900_000_000 % 9000}"


def _service_type(context: Any) -> str:
    """Return the service type of the org.

    An org with exactly one VDC is a VPC. Any other org is a dedicated cloud. Source: protocol/sessions.md §2.2.
    """
    return "compute:vpc" if len(context.world.vdcs_of(context.user.org)) == 1 else "compute:dedicatedcloud"


def services(context: Any) -> Response:
    """Return the list of services. The list contains only the service of the org.

    The list contains no Link elements, because some clients treat every child element as a service. Source:
    protocol/sessions.md §2.3.
    """
    service = {
        "region": "US - West",
        "serviceId": _service_id(context),
        "serviceType": _service_type(context),
        "type": f"{C}compute",
        "href": _compute_href(context),
    }
    href = f"{context.base_url}/api/vchs/services"
    root = _xml("Services", {"href": href, "type": f"{C}servicelist"}, _xml("Service", service))
    return _respond(root, "servicelist")


def show_compute(context: Any) -> Response:
    """Return the VDCs of a service.

    The first child of each VDC is the link that opens a session.
    """
    href = _compute_href(context)
    if not href.endswith(context.path_params["compute_id"]):
        return responses.empty(403)
    root = _xml(
        "Compute",
        {
            "serviceId": _service_id(context),
            "serviceType": _service_type(context),
            "type": f"{C}compute",
            "href": href,
        },
        _link("up", f"{context.base_url}/api/vchs/services", "servicelist", "services"),
        *[_vdc("VdcRef", href, vdc, {"status": "Active"}) for vdc in context.world.vdcs_of(context.user.org)],
    )
    return _respond(root, "compute")


def _vdc(tag: str, compute: str, vdc: Vdc, more: dict[str, str]) -> Any:
    href = f"{compute}/vdc/{vdc.vdc_id}"
    session = _link("down", f"{href}/vcloudsession", "vcloudsession", vdc.name)
    return _xml(tag, {**more, "name": vdc.name, "type": f"{C}vdcref", "href": href}, session)


def _own_vdc(context: Any) -> Vdc | None:
    vdc: Vdc | None = context.world.vdcs.get(context.path_params["vdc_id"])
    is_own = vdc is not None and vdc.org == context.user.org
    return vdc if is_own and _compute_href(context).endswith(context.path_params["compute_id"]) else None


def show_vdc(context: Any) -> Response:
    """Return a VDC with the same session link as in :func:`show_compute`.

    Source: protocol/sessions.md §2.1, call 4.
    """
    vdc = _own_vdc(context)
    if vdc is None:
        return responses.empty(403)
    return _respond(_vdc("Vdc", _compute_href(context), vdc, {}), "vdcref")


def vcloudsession(context: Any) -> Response:
    """Return 201 with a vCloud Director token.

    The URL of the vCloud Director always contains the port. Source: protocol/sessions.md §2.3.
    """
    vdc = _own_vdc(context)
    if vdc is None:
        return responses.empty(403)
    parts = urlsplit(context.base_url)
    host = context.simulator.config.vcd_host or parts.netloc
    with_port = host if ":" in host.rsplit("]", 1)[-1] else f"{host}:443"
    href = f"{_compute_href(context)}/vdc/{vdc.vdc_id}"
    target = {
        "rel": "vcloudvdc",
        "name": _service_id(context),
        "type": "application/vnd.vmware.vcloud.vdc+xml",
        "authorizationHeader": "x-vcloud-authorization",
        "authorizationToken": context.simulator.sessions.open_vcd(context.user.user, context.user.org),
        "href": f"{parts.scheme}://{with_port}/api/vdc/{vdc.vdc_id}",
    }
    root = _xml(
        "VCloudSession",
        {"name": f"{_service_id(context)}-session", "type": f"{C}vcloudsession", "href": f"{href}/vcloudsession"},
        _link("up", href, "vdcref", "vdc"),
        _xml("VdcLink", target),
    )
    return _respond(root, "vcloudsession", 201)
