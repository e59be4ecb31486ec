"""Routes of users, roles and service groups of the On-Demand portal.

The XML contains the names that clients read. The JSON format is inferred. Source: protocol/sessions.md §3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.state.entities import CREATED, User
from vcloudair_core.simulator.xml_builder import element, serialize
from vcloudair_core.transport.messages import Headers, Response

Guard = Callable[[Callable[[Any], Response]], Callable[[Any], Response]]
IAM_CLASS = "com.vmware.vchs.iam.api.schema.v2.classes.user."
_MONTHS = 3
"""Number of monthly bills that each service group has."""


def routes(signed_in: Guard) -> SimulatorRoutes:
    """Return the routes of users, roles and service groups.

    ``signed_in`` wraps each handler to require a portal token.
    """
    calls = [
        ("/api/iam/Users", users),
        ("/api/iam/Roles", roles),
        ("/api/billing/service-groups", service_groups),
        ("/api/billing/service-group", service_groups),
        ("/api/billing/service-group/{group_id}", service_group),
    ]
    made = tuple(SimulatorRoute("GET", path, signed_in(handler), auth=False) for path, handler in calls)
    about = "Some field names are inferred. Users are read-only."
    return SimulatorRoutes(
        "portal accounts", "On-Demand portal: users and billing", made, versions="vCloud Air 5.7", simplifications=about
    )


def users(context: Any) -> Response:
    """Return the users of the org. With ``self=1``, return only the current user."""
    own = [user for user in context.world.users if user.org == context.user.org]
    if (context.query.get("self") or [""])[0] == "1":
        own = [user for user in own if user.name == context.user.user]
    return _respond(context, "Users", "users", [("User", _user(context, user)) for user in own])


def _user(context: Any, user: User) -> dict[str, Any]:
    return {
        "id": user.user_id,
        "userName": user.name,
        "email": user.name if "@" in user.name else f"{user.name}@{user.org}.example.test",
        "givenName": user.name,
        "familyName": user.org,
        "state": "Active",
        "companyId": context.world.make_id("company", user.org),
        "meta": {"created": CREATED, "modified": CREATED},
        "roles": {"roles": [_role(context, user.role)]},
    }


def roles(context: Any) -> Response:
    """Return the roles that the users of the org have."""
    names = dict.fromkeys(user.role for user in context.world.users if user.org == context.user.org)
    return _respond(context, "Roles", "roles", [("Role", _role(context, name)) for name in names])


def _role(context: Any, name: str) -> dict[str, Any]:
    return {"id": context.world.make_id("portal-role", name), "name": name, "description": name}


def service_groups(context: Any) -> Response:
    """Return the service group of the org, with the bills of the last months."""
    body = {"serviceGroupList": {"serviceGroup": [_service_group(context)]}}
    return responses.json_body(body, 200, "application/json;version=5.7;class=com.vmware.vchs.billing.serviceGroups")


def service_group(context: Any) -> Response:
    """Return the service group of the user's org, or 403 for any other group."""
    group = _service_group(context)
    if group["id"] != context.path_params["group_id"]:
        return responses.empty(403)
    return responses.json_body(group, 200, "application/json;version=5.7;class=com.vmware.vchs.billing.serviceGroup")


def _service_group(context: Any) -> dict[str, Any]:
    org = context.world.orgs[context.user.org]
    return {
        "id": context.world.make_id("group", org.name),
        "displayName": org.full_name,
        "billingCurrency": "USD",
        "availableBills": {"bill": list(_bills(context.simulator.clock.now()))},
    }


def _bills(now: float) -> Iterable[dict[str, Any]]:
    """Yield the billing periods of the last months, newest first."""
    end = datetime.fromtimestamp(now, timezone.utc).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(_MONTHS):
        start = end.replace(year=end.year - (end.month == 1), month=(end.month - 2) % 12 + 1)
        period = {"month": start.month, "year": start.year, "startDate": _date(start), "endDate": _date(end)}
        yield {"billingPeriod": period}
        end = start


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _respond(context: Any, root: str, key: str, items: list[tuple[str, dict[str, Any]]]) -> Response:
    """Return ``items`` as JSON, or as XML if the Accept header asks for XML.

    ``key`` is the name of the list in JSON. ``root`` is the root element in XML, and the class in the Content-Type.
    """
    if "xml" not in context.request.headers.get("Accept", ""):
        value = {key: [fields for _, fields in items]}
        return responses.json_body(value, 200, f"application/json;version=5.7;class={IAM_CLASS}{root}")
    document = element(root, None, *[_xml(tag, fields) for tag, fields in items], namespace="")
    content_type = f"application/xml;version=5.7;class={IAM_CLASS}{root}"
    return Response(200, Headers({"Content-Type": content_type}), serialize(document))


def _xml(tag: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return element(tag, None, value, namespace="")
    children = [
        _xml(name.removesuffix("s") if isinstance(field, list) else name, item)
        for name, field in value.items()
        for item in (field if isinstance(field, list) else [field])
    ]
    return element(tag, None, *children, namespace="")
