"""Routes of the On-Demand portal of vCloud Air: sign-in, plans and instances.

Sign-in is the service ``iam``. Plans and instances are the service ``sc``. Source: protocol/sessions.md §3.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api import portal_account_routes
from vcloudair_core.simulator.api.vcd_routes import session_document
from vcloudair_core.simulator.config import COMPUTE
from vcloudair_core.simulator.state.logins import basic
from vcloudair_core.transport.messages import Response

MODEL = "com.vmware.vchs.sc.restapi.model."


def routes() -> list[SimulatorRoutes]:
    """Return the routes of the On-Demand portal.

    A portal token is valid for 15 minutes. The portal has no request to revoke a token.
    """
    calls = [
        ("POST", "/api/iam/login", login),
        ("POST", "/api/sessions/vcloud/{org_name}", _signed_in(single_sign_on)),
        ("GET", "/api/sc/plans", _signed_in(plans)),
        ("GET", "/api/sc/instances", _signed_in(instances)),
        ("GET", "/api/sc/instances/{instance_id}", _signed_in(instance)),
    ]
    made = tuple(SimulatorRoute(verb, path, handler, auth=False) for verb, path, handler in calls)
    portal = SimulatorRoutes(
        "iam",
        "On-Demand portal",
        made,
        versions="vCloud Air 5.7",
        simplifications="The portal always has the same two plans.",
    )
    return [portal, portal_account_routes.routes(_signed_in)]


def login(context: Any) -> Response:
    """Return 201 with a bearer token in a header.

    Clients send the credentials ``_:_`` to find out whether the host is an On-Demand host.

    Source: protocol/sessions.md §1.1.
    """
    credentials = basic(context.request)
    if credentials is None:
        return responses.empty(403)
    config = context.simulator.config
    user = context.world.user(*credentials)
    if user is None:
        # A status outside of 401 to 499 tells clients that the host has no subscription portal.
        probe = config.probe_answer_iam or (400 if config.profile == "vca" else 401)
        return responses.empty(probe if credentials == ("_", "_") else 401)
    token = context.simulator.sessions.open_iam(user.name, user.org)
    body = {"serviceGroupIds": [context.world.make_id("group", user.org)]}
    headers = {"vchs-authorization": token}
    return responses.json_body(body, config.login_status_iam, "application/json; version=5.7", headers)


def _signed_in(handler: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """Wrap a handler to require a portal token.

    The wrapper returns 403 without an Authorization header, and 401 for an invalid token. Source: protocol/sessions.md
    §3.3.
    """

    def run(context: Any) -> Response:
        context.user = context.simulator.sessions.iam_user(context.request)
        if context.user is None:
            return responses.empty(401 if "Authorization" in context.request.headers else 403)
        return handler(context)

    return run


def single_sign_on(context: Any) -> Response:
    """Exchange a portal token for a vCloud Director session.

    Source: protocol/sessions.md §3.1.
    """
    if context.path_params["org_name"].lower() != context.user.org.lower():
        return responses.empty(403)
    user, org = context.user.user, context.user.org
    context.version = responses.requested_version(context.request) or "5.7"
    token = context.simulator.sessions.open_vcd(user, org)
    return session_document(context, context.base_url + COMPUTE, user, org, {"x-vcloud-authorization": token})


def _region(context: Any) -> str:
    return urlsplit(context.base_url).hostname or ""


def _plan_id(context: Any) -> str:
    return f"region:{_region(context)}:planID:{context.world.make_id('plan', 'compute')}"


def _content_type(context: Any, model: str) -> str:
    """Return the Content-Type of a portal response.

    By default, the Content-Type is malformed, as in recorded responses. Source: protocol/sessions.md §3.2.
    """
    if context.simulator.config.sc_content_type == "clean":
        return f"application/json;version=5.7;class={MODEL}{model}"
    return f'application/json; class="com".{MODEL.removeprefix("com.")}{model}; version=5.7;charset=UTF-8'


def plans(context: Any) -> Response:
    """Return two plans, one of which has no compute service.

    Clients must therefore choose a plan.
    """
    common = {"link": [], "description": "", "planVersion": "1.0", "instanceSpec": ""}
    compute = {
        **common,
        "id": _plan_id(context),
        "name": "Virtual Private Cloud OnDemand",
        "region": _region(context),
        "serviceName": "com.vmware.vchs.compute",
        "planAttributes": "attributes",
    }
    subscriptions = {
        **common,
        "id": f"region:PMP:planID:{context.world.make_id('plan', 'pmp')}",
        "name": "My Subscriptions",
        "region": "PMP",
        "serviceName": "com.vmware.vchs.vcim",
        "planAttributes": "",
    }
    return responses.json_body({"plans": [compute, subscriptions]}, 200, _content_type(context, "planlisttype"))


def instances(context: Any) -> Response:
    """Return a compute instance, and an instance that cannot open sessions.

    Clients must therefore choose an instance.
    """
    return responses.json_body({"instances": _instances(context)}, 200, _content_type(context, "instancelisttype"))


def instance(context: Any) -> Response:
    """Return an instance by ID, or 404 for an unknown ID (inferred)."""
    identifier = context.path_params["instance_id"]
    for shown in _instances(context):
        if shown["id"] == identifier:
            return responses.json_body(shown, 200, _content_type(context, "instancetype"))
    return responses.json_body({"code": "404", "message": f"Instance {identifier} was not found."}, 404)


def _instances(context: Any) -> list[dict[str, Any]]:
    """Return the fields of both instances, for JSON.

    The compute instance has the same ID as the org. Source: protocol/sessions.md §3.2.
    """
    base, org = f"{context.base_url}{COMPUTE}", context.world.orgs[context.user.org]
    common = {"link": [], "description": "", "region": _region(context)}
    # The portal sends the attributes as a string that contains JSON.
    attributes = {
        "orgName": org.name,
        "sessionUri": f"{base}/api/sessions",
        "apiVersionUri": f"{base}/api/versions",
    }
    compute = {
        **common,
        "id": org.org_id,
        "name": "Virtual Private Cloud OnDemand",
        "instanceVersion": "1.0",
        "planId": _plan_id(context),
        "serviceGroupId": context.world.make_id("group", org.name),
        "apiUrl": f"{base}/api/org/{org.org_id}",
        "dashboardUrl": f"{base}/compute/ui/index.html",
        "instanceAttributes": json.dumps(attributes),
    }
    storage = {
        **common,
        "id": "0000000000001",
        "name": "Object Storage",
        "instanceVersion": "6",
        "planId": "region:x:planID:none",
        "serviceGroupId": context.world.make_id("group", org.name),
        "apiUrl": "https://storage.example.test",
        "dashboardUrl": f"{base}/os/",
        "instanceAttributes": "random-words-hex",
    }
    return [compute, storage]
