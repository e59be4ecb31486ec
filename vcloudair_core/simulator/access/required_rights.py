"""Rights that built-in routes require, and the errors for users without a right.

Source: protocol/vm-writes.md §5, protocol/nsxt.md §1.3, protocol/ans.md §6.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access import rights
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.config import COMPUTE
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.transport.messages import Response

_ANY, _WRITE = "GET POST PUT DELETE", "POST PUT DELETE"
_EDGE = re.compile(r"/(?:network/edges|hybridity/api/gateways|cloudapi/[\d.]+/edgeGateways)/\{\w+\}/(\w+)")
_SECTIONS = {
    "firewall": "FIREWALL", "nat": "NAT", "ipsec": "IPSEC_VPN", "dhcp": "DHCP", "dhcpForwarder": "DHCP",
    "dns": "DNS", "routing": "ROUTING",
    "loadbalancer": "LOAD_BALANCER", "loadBalancer": "LOAD_BALANCER", "l2vpn": "L2_VPN", "sslvpn": "SSL_VPN",
}  # fmt: skip
_CONFIGURE_FIREWALL, _VIEW_FIREWALL = rights.configure_section("FIREWALL"), rights.view_section("FIREWALL")
_TABLE = tuple(
    (methods.split(), re.compile(pattern), right)
    for methods, pattern, right in (
        (_ANY, r"/api/vApp/\{\w+\}/metrics/\w+|/hybridity/api/metrics/.*", rights.VIEW_METRICS),
        ("POST", r"/api/vApp/\{\w+\}/(power/action/\w+|action/(deploy|undeploy|discardSuspendedState))", rights.POWER),
        ("POST", r"/api/vApp/\{\w+\}/action/\w*Snapshots?", rights.SNAPSHOT),
        (_WRITE, r"/api/vApp/.*", rights.EDIT_VAPP),
        (_WRITE, r"/api/vAppTemplate/.*", rights.EDIT_TEMPLATE),
        (_WRITE, r"/api/(catalogItem|media)/.*", rights.EDIT_CATALOG),
        (_WRITE, r"/api/admin/vdc/.*", rights.EDIT_VDC),
        (_WRITE, r"/api/admin/org/.*", rights.EDIT_ORG),
        (_WRITE, r"/api/admin/catalog/.*", rights.EDIT_CATALOG),
        (_WRITE, r"/api/admin/network/.*", rights.EDIT_NETWORK),
        (_WRITE, r"/api/admin/edgeGateway/.*", rights.configure_section("SERVICES")),
        ("GET", r"/api/admin/edgeGateway/.*|/api/admin/vdc/\{\w+\}/edgeGateways", rights.VIEW_GATEWAY),
        ("GET", r"/api/admin/network/.*", rights.VIEW_NETWORK),
        ("GET", r"/api/admin/vdc/\{\w+\}/networks", rights.VIEW_NETWORK),
        ("GET", r"/api/admin(/(org|vdc|catalog|user|role|right|group)s?/.*)?", rights.VIEW_ADMIN),
        (_WRITE, r"/network/services/truststore/.*", rights.configure_section("SERVICES")),
        (_WRITE, r"/cloudapi/[\d.]+/ssl/certificateLibrary.*", rights.MANAGE_CERTIFICATE),
        (_WRITE, r"/api/vr/replications/.*", rights.MANAGE_REPLICATION),
        ("GET", r"/api/(org|vdc)/\{\w+\}/(failback)?replications|/api/vr/replications/.*", rights.VIEW_REPLICATION),
        ("GET", r"/network/objectbrowser/.*", rights.view_section("FIREWALL")),
        (_WRITE, r"/network/services/(ipset|application|applicationgroup|securitygroup)/.*", _CONFIGURE_FIREWALL),
        ("GET", r"/network/services/(ipset|application|applicationgroup|securitygroup)/.*", _VIEW_FIREWALL),
        ("GET", r"/(network/edges|cloudapi/[\d.]+/edgeGateways)(/.*)?", rights.VIEW_GATEWAY),
        (_WRITE, r"/cloudapi/[\d.]+/(firewallGroups|applicationPortProfiles).*", rights.configure_section("FIREWALL")),
        ("GET", r"/cloudapi/[\d.]+/(firewallGroups|applicationPortProfiles).*", rights.view_section("FIREWALL")),
        (_WRITE, r"/cloudapi/[\d.]+/loadBalancer/.*", rights.configure_section("LOAD_BALANCER")),
        ("GET", r"/cloudapi/[\d.]+/loadBalancer/.*", rights.view_section("LOAD_BALANCER")),
        (_WRITE, r"/cloudapi/[\d.]+/vdcGroups/\{\w+\}/dfwPolicies.*", rights.CONFIGURE_GROUP_FIREWALL),
        ("GET", r"/cloudapi/[\d.]+/vdcGroups/\{\w+\}/dfwPolicies.*", rights.VIEW_GROUP_FIREWALL),
        ("GET", r"/cloudapi/[\d.]+/orgVdcNetworks.*", rights.VIEW_NETWORK),
        (_WRITE, r"/cloudapi/[\d.]+/orgVdcNetworks/.*", rights.EDIT_NETWORK),
        ("GET", r"/cloudapi/[\d.]+/(users|roles|rights)(/.*)?", rights.VIEW_ADMIN),
        ("POST", r"/oauth/.*/register", rights.MANAGE_TOKEN),
        ("DELETE", r"/cloudapi/[\d.]+/tokens/.*", rights.MANAGE_TOKEN),
        (_ANY, r"/cloudapi/[\d.]+/(serviceAccounts|deviceLookup).*", rights.MANAGE_ACCOUNT),
    )
)
"""Rows with HTTP methods, a pattern of path templates, and the required right.

The first matching row applies.
"""

QUERY_RIGHTS = {
    "edgeGateway": rights.VIEW_GATEWAY,
    **dict.fromkeys(("user", "strandedUser", "group", "role", "right"), rights.VIEW_ADMIN),
}
"""Right that each query type requires. Source: protocol/query.md §6."""


@cache
def required_right(method: str, path: str) -> str:
    """Return the right that a built-in route requires, or an empty string.

    ``path`` is the path template of the route.
    """
    path = path.removeprefix(COMPUTE)
    edge = _EDGE.match(path)
    if edge and edge.group(1) in _SECTIONS:
        section = _SECTIONS[edge.group(1)]
        return rights.view_section(section) if method == "GET" else rights.configure_section(section)
    for methods, pattern, right in _TABLE:
        if method in methods and pattern.fullmatch(path):
            return right
    return ""


def refuse(context: Any, right: str) -> Response:
    """Return the error that the requested API sends if the user lacks ``right``."""
    path = context.request.path
    org_id = context.world.orgs[context.user.org].org_id
    container = context.path_params.get("edge_id") or context.path_params.get("vdc_group_id")
    target = container or next(reversed(context.path_params.values()), org_id)
    if path.startswith(("/cloudapi/", "/oauth/")):
        message = _modern_message(context, right, target, "_NSX_T" if "/edgeGateways/" in path else "")
        return json_responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", message)
    is_hybridity = "/hybridity/" in path
    if is_hybridity or (
        path.removeprefix(COMPUTE).startswith("/network/") and context.simulator.config.nsx_forbidden == "nsx"
    ):
        details = f"The user does not have the right {right}."
        return responses.nsx_error(
            403, 403, details, as_json=is_hybridity or context.wants_json, module="core-services"
        )
    message = "Access is forbidden"
    if is_at_least(context.version, (33,)):
        message = _modern_message(context, right, target)
    return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", message, context.version)


def _modern_message(context: Any, right: str, target: str, suffix: str = "") -> str:
    operation = f"{right.removeprefix('ORG_VDC_')}{suffix}"
    return (
        f"[ {context.request_id} ] Either you need some or all of the following rights [{right}] to perform operations "
        f"[{operation}] for {target.rpartition(':')[2]} or the target entity is invalid."
    )
