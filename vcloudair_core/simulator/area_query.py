"""The query service over what the simulator has: records, paging, filters, sort, fields. Source: api/query.md."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import unquote, unquote_plus

from vcloudair_core.http import Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRoute
from vcloudair_core.simulator import answers
from vcloudair_core.simulator.xmlbuild import element, text_of

MEDIA = "application/vnd.vmware.vcloud.query."
TYPES = {
    "edgeGateway": "EdgeGatewayRecord",
    "orgVdc": "OrgVdcRecord",
    "vm": "VMRecord",
    "vApp": "VAppRecord",
    "organization": "OrgRecord",
}
REFERENCES = {name: record.replace("Record", "References") for name, record in TYPES.items()}
PACKAGED = {"vms": "vm", "vApps": "vApp", "vdcs": "orgVdc"}
_KNOWN = {
    "type",
    "format",
    "page",
    "pageSize",
    "offset",
    "sortAsc",
    "sortDesc",
    "fields",
    "filter",
    "filterEncoded",
    "links",
}
_COMPARISON = re.compile(r"(?P<name>[\w:@.-]+?)(?P<op>==|!=|=lt=|=le=|=gt=|=ge=)(?P<value>.*)\Z", re.S)


def area(prefix: str = "") -> SimulatorArea:
    def query(context: Any) -> Response:
        kind = (context.query.get("type") or [""])[0]
        if not kind:
            return query_list(context, prefix)
        return answer(context, prefix, kind, "/api/query")

    routes = [SimulatorRoute("GET", f"{prefix}/api/query", query)]
    for name, kind in PACKAGED.items():
        routes.append(
            SimulatorRoute(
                "GET",
                f"{prefix}/api/{name}/query",
                lambda context, kind=kind, name=name: answer(context, prefix, kind, f"/api/{name}/query"),
            )
        )
    routes.append(
        SimulatorRoute(
            "GET",
            f"{prefix}/api/admin/vdc/{{vdc_id}}/edgeGateways",
            lambda context: answer(
                context, prefix, "edgeGateway", f"/api/admin/vdc/{context.path_params['vdc_id']}/edgeGateways"
            ),
        )
    )
    return SimulatorArea(f"query{prefix}", "Query service", tuple(routes))


def query_list(context: Any, prefix: str) -> Response:
    base = f"{context.base_url}{prefix}/api/query"
    links = [
        element(
            "Link",
            {"rel": "down", "name": kind, "type": f"{MEDIA}{form}+xml", "href": f"{base}?type={kind}&format={form}"},
        )
        for kind in TYPES
        for form in ("references", "records", "idrecords")
    ]
    return answers.entity(
        element("QueryList", {"type": f"{MEDIA}queryList+xml", "href": base}, *links),
        f"{MEDIA}queryList+xml",
        context.version,
    )


def answer(context: Any, prefix: str, kind: str, path: str) -> Response:
    if kind.startswith("admin"):
        return answers.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden", context.version)
    if kind not in TYPES:
        return answers.error(400, "BAD_REQUEST", f"Unknown query type: {kind}", context.version)
    given = {name: values[0] for name, values in context.query.items()}
    try:
        page, size = int(given.get("page", 1)), min(int(given.get("pageSize", 25)), 128)
    except ValueError:
        return answers.error(400, "BAD_REQUEST", "validation error on field 'page': not a number", context.version)
    if page < 1 or size < 1:
        return answers.error(400, "BAD_REQUEST", "validation error on field 'page': must be positive", context.version)
    form = given.get("format", "records")
    base = f"{context.base_url}{prefix}"
    records = _records(context, base, kind)
    expression = _raw(context.raw_query, "filter")
    if expression:
        if given.get("filterEncoded") == "true":
            expression = unquote(expression)
        try:
            test = _compile(expression)
        except ValueError as exc:
            return answers.error(400, "BAD_REQUEST", f"Invalid filter: {exc}", context.version)
        records = [record for record in records if test(record)]
    for order in ("sortAsc", "sortDesc"):
        if given.get(order):
            records.sort(key=lambda record: text_of(record.get(given[order], "")), reverse=order == "sortDesc")
    total, pages = len(records), max(1, math.ceil(len(records) / size))
    shown = records[(page - 1) * size : page * size]
    if given.get("fields"):
        wanted = {name.strip() for name in unquote_plus(given["fields"]).split(",")} | {"href"}
        shown = [{name: value for name, value in record.items() if name in wanted} for record in shown]
    kept = [
        part
        for part in context.raw_query.split("&")
        if part and part.split("=", 1)[0] not in ("page", "pageSize", "format", "type")
    ]

    def href(number: int, how: str) -> str:
        typed = [f"type={kind}"] if path.endswith("/api/query") else []
        return f"{base}{path}?" + "&".join([*typed, f"page={number}", f"pageSize={size}", f"format={how}", *kept])

    links = []
    if page > 1:
        links += [("firstPage", 1), ("previousPage", page - 1)]
    if page < pages:
        links += [("nextPage", page + 1), ("lastPage", pages)]
    made = [
        element("Link", {"rel": rel, "href": href(number, form), "type": f"{MEDIA}{form}+xml"}) for rel, number in links
    ]
    made += [
        element("Link", {"rel": "alternate", "href": href(page, other), "type": f"{MEDIA}{other}+xml"})
        for other in ("references", "records", "idrecords")
        if other != form
    ]
    envelope = {
        "name": kind,
        "page": page,
        "pageSize": size,
        "total": total,
        "href": href(page, form),
        "type": f"{MEDIA}{form}+xml",
    }
    if form == "references":
        children = [
            element(
                TYPES[kind].replace("Record", "Reference"),
                {"type": _media(kind), "name": r.get("name"), "id": _urn(r["href"]), "href": r["href"]},
            )
            for r in shown
        ]
        return answers.entity(
            element(REFERENCES[kind], envelope, *made, *children), f"{MEDIA}references+xml", context.version
        )
    if form == "idrecords":
        shown = [
            {
                ("id" if name == "href" else name): (
                    _urn(value) if isinstance(value, str) and value.startswith("http") else value
                )
                for name, value in record.items()
            }
            for record in shown
        ]
    children = [element(TYPES[kind], record) for record in shown]
    return answers.entity(
        element("QueryResultRecords", envelope, *made, *children), f"{MEDIA}{form}+xml", context.version
    )


def _media(kind: str) -> str:
    return (
        "application/vnd.vmware.admin.edgeGateway+xml"
        if kind == "edgeGateway"
        else f"application/vnd.vmware.vcloud.{kind}+xml"
    )


def _urn(href: str) -> str:
    tail = href.rsplit("/", 1)[-1]
    kind = {"edgeGateway": "gateway", "vApp": "vm" if tail.startswith("vm-") else "vapp"}.get(
        href.rsplit("/", 2)[-2], href.rsplit("/", 2)[-2]
    )
    return f"urn:vcloud:{kind}:{tail[-36:]}"


def _records(context: Any, base: str, kind: str) -> list[dict[str, Any]]:
    world, org = context.world, context.user.org
    vdcs = {vdc.vdc_id: vdc for vdc in world.vdcs_of(org)}
    if kind == "edgeGateway":
        return [
            {
                "gatewayStatus": "READY",
                "haStatus": "DISABLED",
                "href": f"{base}/api/admin/edgeGateway/{e.edge_id}",
                "isBusy": False,
                "name": e.name,
                "numberOfExtNetworks": 1,
                "numberOfOrgNetworks": 1,
                "vdc": f"{base}/api/vdc/{e.vdc_id}",
                "isSyslogServerSettingInSync": True,
                **({"advancedNetworkingEnabled": e.is_advanced} if _number(context.version) >= (7, 0) else {}),
                **({"orgVdcName": vdcs[e.vdc_id].name} if _number(context.version) >= (29, 0) else {}),
            }
            for e in world.edges.values()
            if e.vdc_id in vdcs
        ]
    if kind == "orgVdc":
        return [
            {
                "name": v.name,
                "href": f"{base}/api/vdc/{v.vdc_id}",
                "isEnabled": True,
                "orgName": v.org,
                "status": "READY",
                "isBusy": False,
                "numberOfVApps": 1,
                "numberOfMedia": 0,
                "numberOfDisks": 0,
                "numberOfVAppTemplates": 0,
            }
            for v in vdcs.values()
        ]
    if kind == "organization":
        return [
            {
                "name": o.name,
                "displayName": o.full_name,
                "isEnabled": True,
                "isReadOnly": False,
                "href": f"{base}/api/org/{o.org_id}",
            }
            for o in world.orgs.values()
            if o.name == org
        ]
    machines = [m for m in world.vms.values() if m.vdc_id in vdcs]
    if kind == "vApp":
        return [
            {
                "name": m.vapp_name,
                "href": f"{base}/api/vApp/vapp-{m.vapp_id}",
                "vdc": f"{base}/api/vdc/{m.vdc_id}",
                "vdcName": vdcs[m.vdc_id].name,
                "isBusy": False,
                "isDeployed": True,
                "isEnabled": True,
                "isPublic": False,
                "status": "POWERED_ON",
                "ownerName": "demo",
            }
            for m in {m.vapp_id: m for m in machines}.values()
        ]
    return [
        {
            "name": m.name,
            "href": f"{base}/api/vApp/vm-{m.vm_id}",
            "containerName": m.vapp_name,
            "container": f"{base}/api/vApp/vapp-{m.vapp_id}",
            "vdc": f"{base}/api/vdc/{m.vdc_id}",
            "isVAppTemplate": False,
            "isDeleted": False,
            "guestOs": "Ubuntu Linux (64-bit)",
            "numberOfCpus": 2,
            "memoryMB": 4096,
            "status": m.status,
            "networkName": "lan",
            "isBusy": False,
            "isDeployed": True,
            "isPublished": False,
            "isVdcEnabled": True,
            "isInMaintenanceMode": False,
            "hardwareVersion": 10,
            "pvdcHighestSupportedHardwareVersion": 10,
            "vmToolsVersion": "2147483647",
            "storageProfileName": "SSD-Accelerated",
        }
        for m in machines
    ]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split("."))


def _raw(raw_query: str, name: str) -> str:
    return next((part.split("=", 1)[1] for part in raw_query.split("&") if part.startswith(f"{name}=")), "")


def _compile(text: str) -> Any:
    """FIQL: ``;`` binds tighter than ``,``. Structure is read before values are decoded. Raises ValueError."""
    for encoded, plain in (
        ("%3D", "="),
        ("%3d", "="),
        ("%3B", ";"),
        ("%3b", ";"),
        ("%28", "("),
        ("%29", ")"),
        ("%2C", ","),
        ("%2c", ","),
    ):
        if "==" not in text and "=lt=" not in text:
            text = text.replace(encoded, plain)
    tests = [_compile_and(part) for part in _split(text, ",")]
    return lambda record: any(test(record) for test in tests)


def _compile_and(text: str) -> Any:
    tests = []
    for part in _split(text, ";"):
        if part.startswith("(") and part.endswith(")"):
            tests.append(_compile(part[1:-1]))
        else:
            tests.append(_comparison(part))
    return lambda record: all(test(record) for test in tests)


def _split(text: str, at: str) -> list[str]:
    parts, depth, current = [], 0, ""
    skip = False
    for character in text:
        if skip:
            current, skip = current + character, False
            continue
        if character == "\\":
            skip = True
            current += character
            continue
        depth += (character == "(") - (character == ")")
        if character == at and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    if depth:
        raise ValueError("unbalanced parentheses")
    return [*parts, current]


def _comparison(text: str) -> Any:
    found = _COMPARISON.match(text)
    if not found:
        raise ValueError(f"not a comparison: {text}")
    name, op = found["name"], found["op"]
    value = re.sub(r"\\(.)", r"\1", unquote_plus(found["value"]))
    if op == "==" and "*" in value:
        pattern = re.compile(".*".join(re.escape(part) for part in value.split("*")) + r"\Z", re.I | re.S)
        return lambda record: bool(pattern.match(text_of(record.get(name, ""))))
    if op == "==":
        return lambda record: _same(text_of(record.get(name, "")), value)
    if op == "!=":
        return lambda record: not _same(text_of(record.get(name, "")), value)
    compare = {
        "=lt=": lambda a, b: a < b,
        "=le=": lambda a, b: a <= b,
        "=gt=": lambda a, b: a > b,
        "=ge=": lambda a, b: a >= b,
    }[op]
    return lambda record: compare(float(text_of(record.get(name, 0)) or 0), float(value))


def _same(actual: str, wanted: str) -> bool:
    return actual == wanted or (wanted.startswith("urn:vcloud:") and actual.endswith(wanted.rsplit(":", 1)[-1]))
