"""The two portals of vCloud Air: subscription (vchs) and On-Demand (iam, sc). Source: api/sessions.md §2, §3."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.http import Headers, Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRoute
from vcloudair_core.simulator import answers
from vcloudair_core.simulator.sessions import basic
from vcloudair_core.simulator.xmlbuild import VCHS, element, serialised

C = "application/xml;class=vnd.vmware.vchs."


def _xml(tag: str, attributes: dict[str, Any], *children: Any) -> Any:
    return element(tag, attributes, *children, namespace=VCHS)


def _answer(root: Any, what: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(status, Headers({"Content-Type": f"{C}{what}", **(headers or {})}), serialised(root))


def vchs_area() -> SimulatorArea:
    def guarded(handler: Any) -> Any:
        def run(context: Any) -> Response:
            user = context.simulator.sessions.portal_user(context.request)
            if user is None:
                return answers.empty(401 if "x-vchs-authorization" in context.request.headers else 403)
            context.user = user
            return handler(context)

        return run

    def login(context: Any) -> Response:
        given = basic(context.request)
        if given is None:
            return answers.empty(403)
        user = context.world.user(*given)
        if user is None:
            return answers.empty(401)
        base = context.base_url
        root = _xml(
            "Session",
            {"href": f"{base}/api/vchs/session", "type": f"{C}session"},
            _xml("Link", {"rel": "down", "type": f"{C}servicelist", "href": f"{base}/api/vchs/services"}),
            _xml("Link", {"rel": "remove", "href": f"{base}/api/vchs/session"}),
        )
        return _answer(
            root, "session", 201, {"x-vchs-authorization": context.simulator.sessions.open_portal(user.name, user.org)}
        )

    def logout(context: Any) -> Response:
        context.simulator.sessions.close_portal(context.request.headers.get("x-vchs-authorization", ""))
        return answers.empty(204)

    def compute_id(context: Any) -> str:
        return context.world.make_id("compute", context.user.org)

    def services(context: Any) -> Response:
        base = context.base_url
        root = _xml(
            "Services",
            {"href": f"{base}/api/vchs/services", "type": f"{C}servicelist"},
            _xml(
                "Service",
                {
                    "region": "US - West",
                    "serviceId": context.user.org,
                    "serviceType": "compute:vpc",
                    "type": f"{C}compute",
                    "href": f"{base}/api/vchs/compute/{compute_id(context)}",
                },
            ),
        )
        return _answer(root, "servicelist")

    def compute(context: Any) -> Response:
        if context.path_params["compute_id"] != compute_id(context):
            return answers.empty(403)
        base = f"{context.base_url}/api/vchs/compute/{compute_id(context)}"
        refs = [
            _xml(
                "VdcRef",
                {"status": "Active", "name": v.name, "type": f"{C}vdcref", "href": f"{base}/vdc/{v.vdc_id}"},
                _xml(
                    "Link",
                    {
                        "rel": "down",
                        "name": v.name,
                        "type": f"{C}vcloudsession",
                        "href": f"{base}/vdc/{v.vdc_id}/vcloudsession",
                    },
                ),
            )
            for v in context.world.vdcs_of(context.user.org)
        ]
        root = _xml(
            "Compute",
            {"serviceId": context.user.org, "serviceType": "compute:vpc", "type": f"{C}compute", "href": base},
            _xml(
                "Link",
                {
                    "rel": "up",
                    "name": "services",
                    "type": f"{C}servicelist",
                    "href": f"{context.base_url}/api/vchs/services",
                },
            ),
            *refs,
        )
        return _answer(root, "compute")

    def vcloudsession(context: Any) -> Response:
        vdc = context.world.vdcs.get(context.path_params["vdc_id"])
        if vdc is None or vdc.org != context.user.org:
            return answers.empty(403)
        base = f"{context.base_url}/api/vchs/compute/{compute_id(context)}/vdc/{vdc.vdc_id}"
        parts = urlsplit(context.base_url)
        host = context.simulator.config.vcd_host or parts.netloc
        with_port = host if ":" in host.rsplit("]", 1)[-1] else f"{host}:443"
        root = _xml(
            "VCloudSession",
            {"name": f"{vdc.name}-session", "type": f"{C}vcloudsession", "href": f"{base}/vcloudsession"},
            _xml("Link", {"rel": "up", "name": "vdc", "type": f"{C}vdcref", "href": base}),
            _xml(
                "VdcLink",
                {
                    "rel": "vcloudvdc",
                    "name": vdc.name,
                    "type": "application/vnd.vmware.vcloud.vdc+xml",
                    "authorizationHeader": "x-vcloud-authorization",
                    "authorizationToken": context.simulator.sessions.open_vcd(context.user.user, context.user.org),
                    "href": f"{parts.scheme}://{with_port}/api/vdc/{vdc.vdc_id}",
                },
            ),
        )
        return _answer(root, "vcloudsession", 201)

    return SimulatorArea(
        "vchs",
        "Subscription portal",
        (
            SimulatorRoute("POST", "/api/vchs/sessions", login, False),
            SimulatorRoute("DELETE", "/api/vchs/session", guarded(logout), False),
            SimulatorRoute("GET", "/api/vchs/services", guarded(services), False),
            SimulatorRoute("GET", "/api/vchs/compute/{compute_id}", guarded(compute), False),
            SimulatorRoute(
                "POST", "/api/vchs/compute/{compute_id}/vdc/{vdc_id}/vcloudsession", guarded(vcloudsession), False
            ),
        ),
    )


def iam_area() -> SimulatorArea:
    def login(context: Any) -> Response:
        given = basic(context.request)
        if given is None:
            return answers.empty(403)
        user = context.world.user(*given)
        if user is None:
            return answers.empty(context.simulator.config.probe_answer_iam if given == ("_", "_") else 401)
        token = context.simulator.sessions.open_iam(user.name, user.org)
        return answers.json_body(
            {"serviceGroupIds": [context.world.make_id("group", user.org)]},
            context.simulator.config.login_status_iam,
            "application/json; version=5.7",
            {"vchs-authorization": token},
        )

    def guarded(handler: Any) -> Any:
        def run(context: Any) -> Response:
            user = context.simulator.sessions.iam_user(context.request)
            if user is None:
                return answers.empty(401 if "Authorization" in context.request.headers else 403)
            context.user = user
            return handler(context)

        return run

    def plan_id(context: Any) -> str:
        region = urlsplit(context.base_url).hostname
        return f"region:{region}:planID:{context.world.make_id('plan', 'compute')}"

    def content_type(context: Any, what: str) -> str:
        if context.simulator.config.sc_content_type == "clean":
            return f"application/json;version=5.7;class=com.vmware.vchs.sc.restapi.model.{what}"
        return f'application/json; class="com".vmware.vchs.sc.restapi.model.{what}; version=5.7;charset=UTF-8'

    def plans(context: Any) -> Response:
        region = urlsplit(context.base_url).hostname
        body = {
            "plans": [
                {
                    "link": [],
                    "id": plan_id(context),
                    "name": "Virtual Private Cloud OnDemand",
                    "region": region,
                    "serviceName": "com.vmware.vchs.compute",
                    "description": "",
                    "planVersion": "1.0",
                    "instanceSpec": "",
                    "planAttributes": "attributes",
                },
                {
                    "link": [],
                    "id": f"region:PMP:planID:{context.world.make_id('plan', 'pmp')}",
                    "name": "My Subscriptions",
                    "region": "PMP",
                    "serviceName": "com.vmware.vchs.vcim",
                    "description": "",
                    "planVersion": "1.0",
                    "instanceSpec": "",
                    "planAttributes": "",
                },
            ]
        }
        return answers.json_body(body, 200, content_type(context, "planlisttype"))

    def instances(context: Any) -> Response:
        base, org = f"{context.base_url}/api/compute", context.world.orgs[context.user.org]
        region = urlsplit(context.base_url).hostname
        attributes = {
            "orgName": org.name,
            "sessionUri": f"{base}/api/sessions",
            "apiVersionUri": f"{base}/api/versions",
        }
        body = {
            "instances": [
                {
                    "link": [],
                    "id": org.org_id,
                    "name": "Virtual Private Cloud OnDemand",
                    "description": "",
                    "region": region,
                    "instanceVersion": "1.0",
                    "planId": plan_id(context),
                    "serviceGroupId": context.world.make_id("group", org.name),
                    "apiUrl": f"{base}/api/org/{org.org_id}",
                    "dashboardUrl": f"{base}/compute/ui/index.html",
                    "instanceAttributes": json.dumps(attributes),
                },
                {
                    "link": [],
                    "id": "0000000000001",
                    "name": "Object Storage",
                    "description": "",
                    "region": region,
                    "instanceVersion": "6",
                    "planId": "region:x:planID:none",
                    "apiUrl": "https://storage.example.test",
                    "dashboardUrl": f"{base}/os/",
                    "instanceAttributes": "random-words-hex",
                },
            ]
        }
        return answers.json_body(body, 200, content_type(context, "instancelisttype"))

    return SimulatorArea(
        "iam",
        "On-Demand portal",
        (
            SimulatorRoute("POST", "/api/iam/login", login, False),
            SimulatorRoute("GET", "/api/sc/plans", guarded(plans), False),
            SimulatorRoute("GET", "/api/sc/instances", guarded(instances), False),
        ),
    )
