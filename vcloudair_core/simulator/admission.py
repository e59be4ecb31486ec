"""Check the API version, session and tenant before the route handler runs.

Source: protocol/sessions.md §4.2, §4.4, protocol/vcd-modern.md §1.2, §1.6.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.compiled_routes import CompiledRoute
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.config import COMPUTE
from vcloudair_core.simulator.json_documents.negotiation import lacks_format
from vcloudair_core.simulator.state.entities import PROVIDER_ORG
from vcloudair_core.transport.messages import Response

TENANT_CONTEXT = "X-VMWARE-VCLOUD-TENANT-CONTEXT"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_NOT_VCLOUD = ("/api/vchs", "/api/iam", "/api/sc", "/api/billing", "/hybridity/", "/network/")


def reject(context: Any, compiled: CompiledRoute, path: str) -> Response | None:
    """Return an error if the API version, session or tenant is wrong, or None.

    The three checks run in this order. Built-in routes also reject a request if the API version has none of the
    accepted formats.
    """
    if _is_cloudapi(path) or _is_vcloud(path):
        version = responses.requested_version(context.request) or _default_version(context)
        if version not in context.simulator.config.api_versions:
            return _not_acceptable(context, version, path)
        context.version = version
        if compiled.is_built_in and _is_vcloud(path) and lacks_format(context.request, version):
            return _not_acceptable(context, version, path)
    if not compiled.route.auth:
        return None
    context.user = context.simulator.sessions.vcd_user(context.request)
    return _not_signed_in(context, path) if context.user is None else _enter_tenant(context, path)


def _default_version(context: Any) -> str:
    """Return the API version for requests without an API version.

    Return an empty string if such requests are rejected.
    """
    config = context.simulator.config
    return str(config.api_versions[0]) if config.without_version == "oldest" else ""


def _is_cloudapi(path: str) -> bool:
    return path.startswith("/cloudapi/")


def _is_vcloud(path: str) -> bool:
    """Return True if the Accept header must contain an API version.

    Requests to the portals, to NSX and to ``/api/versions`` need no version. Source: protocol/sessions.md §4.2,
    protocol/ans.md §1.2.
    """
    own = path.removeprefix(COMPUTE).rstrip("/")
    return own.startswith("/api/") and own != "/api/versions" and not own.startswith(_NOT_VCLOUD)


def has_vcloud_documents(path: str) -> bool:
    """Return True if the responses to a path are vCloud documents.

    Newer API versions also have these documents as JSON.
    """
    return _is_vcloud(path) or path.removeprefix(COMPUTE).rstrip("/") == "/api/versions"


def _not_acceptable(context: Any, version: str, path: str) -> Response:
    known = context.simulator.config.api_versions
    why = f"Unknown API version: {version}" if version and version not in known else ""
    supported = f"Supported API versions are: [{', '.join(known)}]."
    message = f"The request has invalid accept header: {why}. {supported}"
    if _is_cloudapi(path):
        return json_responses.error(406, "NOT_ACCEPTABLE", message)
    return responses.error(406, "NOT_ACCEPTABLE", message, known[-1])


def _not_signed_in(context: Any, path: str) -> Response:
    kind, version = context.simulator.config.expired_answer, context.version
    if kind in ("401-empty", "403-empty"):
        return responses.empty(int(kind[:3]))
    status, code = {
        "401-error": (401, "UNAUTHORIZED"),
        "403-error": (403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN"),
    }[kind]
    if _is_cloudapi(path):
        return json_responses.error(status, code, "The session has expired.")
    return responses.error(status, code, "The session has expired.", version)


def _enter_tenant(context: Any, path: str) -> Response | None:
    """Make a provider's session act in the tenant that the request header names.

    Return an error for a wrong tenant context header, or None. A tenant's session can name only its own org. A URN
    instead of a bare UUID returns 401. Source: protocol/nsxt.md §1.1.
    """
    tenant = context.request.headers.get(TENANT_CONTEXT, "")
    if not tenant:
        return None
    if not _UUID.fullmatch(tenant):
        return responses.empty(401)
    org = next((org for org in context.world.orgs.values() if org.org_id == tenant.lower()), None)
    if org is None or (context.user.home_org != PROVIDER_ORG and org.name != context.user.org):
        if _is_cloudapi(path):
            return json_responses.no_access("org", tenant)
        return responses.no_access("org", tenant, context.version)
    context.user = replace(context.user, org=org.name)
    return None
