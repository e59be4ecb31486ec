"""Replications of Disaster Recovery to Cloud 2.x, and what may be done with them. Source: api/dr.md §2, §3."""

from __future__ import annotations

import math
from typing import Any

from lxml import etree

from vcloudair_core.http import Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRoute
from vcloudair_core.simulator import answers
from vcloudair_core.simulator.area_vdc import own_vdc
from vcloudair_core.simulator.clock import stamp_of
from vcloudair_core.simulator.recovery import ACTIONS, offered, start
from vcloudair_core.simulator.world import Replication, Vdc
from vcloudair_core.simulator.xmlbuild import VCLOUD, VR, element, link

T = "application/vnd.vmware.vcloud."
HCS = "application/vnd.vmware.hcs."


def area(prefix: str = "") -> SimulatorArea:
    """Lists by org and VDC, groups, their points in time, and what a VDC is enabled for."""
    routes = [
        ("/api/org/{org_id}/replications", of_org),
        ("/api/org/{org_id}/enabledForReplicationVdcs", enabled_vdcs),
        ("/api/vdc/{vdc_id}/replications", of_vdc),
        ("/api/vdc/{vdc_id}/recoveryDetails", recovery_details),
        ("/api/vr/replications/{replication_id}", show),
        ("/api/vr/replications/{replication_id}/instances", instances),
    ]
    made = [SimulatorRoute("GET", prefix + path, handler) for path, handler in routes]
    made.append(SimulatorRoute("POST", f"{prefix}/api/vr/replications/{{replication_id}}/action/{{action}}", act))
    return SimulatorArea(f"replications{prefix}", "Replications: tests, clean-ups, failovers", tuple(made))


def _vr(tag: str, *children: Any) -> Any:
    return element(tag, None, *children, namespace=VR)


def _root(tag: str, attributes: dict[str, Any], *children: Any) -> Any:
    """vr is prefixed and vcloud the default, as on the wire. Source: api/dr.md §2.3."""
    return element(tag, attributes, *children, namespace=VR, prefixes={None: VCLOUD, "ns2": VR})


def of_org(context: Any) -> Response:
    """Every replication into an org."""
    org = context.world.orgs[context.user.org]
    if context.path_params["org_id"] != org.org_id:
        return answers.no_access("org", context.path_params["org_id"], context.version)
    vdcs = {vdc.vdc_id for vdc in context.world.vdcs_of(org.name)}
    found = [one for one in context.world.replications.values() if one.vdc_id in vdcs]
    return _listed(context, found, f"/api/org/{org.org_id}", f"{T}org+xml")


def of_vdc(context: Any) -> Response:
    """Every replication into a VDC."""
    vdc = own_vdc(context, context.path_params["vdc_id"])
    if vdc is None:
        return answers.no_access("vdc", context.path_params["vdc_id"], context.version)
    found = [one for one in context.world.replications.values() if one.vdc_id == vdc.vdc_id]
    return _listed(context, found, f"/api/vdc/{vdc.vdc_id}", f"{T}vdc+xml")


def _listed(context: Any, found: list[Replication], parent: str, parent_type: str) -> Response:
    """One page; behind the last one there is a Link and nothing else. Source: api/dr.md §2.2."""
    try:
        page, size = (
            int((context.query.get(name) or [default])[0]) for name, default in (("page", 1), ("pageSize", 25))
        )
    except ValueError:
        page = size = 0
    if page < 1 or size < 1:
        return answers.error(400, "BAD_REQUEST", "validation error on field 'page': not a positive number")
    size = min(size, 128)
    href, media = f"{context.root}{parent}/replications", f"{T}query.references+xml"
    links = [link("up", f"{context.root}{parent}", parent_type)]
    if page < math.ceil(len(found) / size):
        links.append(link("nextPage", f"{href}?page={page + 1}&pageSize={size}", media))
    attributes = {
        "name": "replicationGroup",
        "page": page,
        "pageSize": size,
        "total": len(found),
        "href": f"{href}?page={page}&pageSize={size}",
        "type": media,
    }
    references = [
        element("Reference", {"href": _href(context, one), "name": one.name, "type": f"{HCS}replicationGroup+xml"})
        for one in found[(page - 1) * size : page * size]
    ]
    return answers.entity(element("References", attributes, *links, *references), media, context.version)


def _href(context: Any, replication: Replication) -> str:
    return f"{context.root}/api/vr/replications/{replication.replication_id}"


def _own(context: Any) -> Replication | None:
    found: Replication | None = context.world.replications.get(context.path_params["replication_id"])
    return found if found is not None and own_vdc(context, found.vdc_id) else None


def show(context: Any) -> Response:
    """A replication group: one machine, its state and its points in time. Source: api/dr.md §2.3, §2.4."""
    found = _own(context)
    if found is None:
        return answers.no_access("replicationGroup", context.path_params["replication_id"], context.version)
    words = {
        "Rpo": found.rpo_minutes,
        "QuiesceGuestEnabled": False,
        "NetworkCompressionEnabled": False,
        "PlaceholderVappId": f"urn:vcloud:vapp:{found.placeholder_vapp_id}",
        "EventPartitionId": context.world.make_id("partition", "1"),
        "ReplicationState": None if found.recovered_at else "paused" if found.paused else "ok",
        "Paused": found.paused,
        "CurrentRpoViolation": max(0, _lag(found) - found.rpo_minutes),
        "TestRecoveryState": found.test_state,
        "RecoveryState": found.recovery_state,
        "RecoveryCompletionTime": stamp_of(found.recovered_at) if found.recovered_at else None,
    }
    document = _root(
        "ReplicationGroup",
        {
            "name": found.name,
            "id": f"urn:vcloud:replicationGroup:{found.replication_id[-36:]}",
            "href": _href(context, found),
            "type": f"{HCS}replicationGroup+xml",
        },
        *[_link(context, found, action) for action in offered(found)],
        *[_vr(name, value) for name, value in words.items() if value is not None],
        _vr("ReplicationGroupInstance", *_point_in_time(context, found)),
    )
    return answers.entity(document, f"{HCS}replicationGroup+xml", context.version)


def _lag(replication: Replication) -> int:
    return replication.rpo_minutes // 2 if replication.lag_minutes is None else replication.lag_minutes


def _link(context: Any, replication: Replication, action: str) -> Any:
    media = None if action == "testCleanup" else f"{HCS}{action}Params+xml"
    return link(f"operation:{action}", f"{_href(context, replication)}/action/{action}", media)


def _point_in_time(context: Any, replication: Replication) -> list[Any]:
    newest = replication.recovered_at or context.simulator.clock.now()
    started = stamp_of(newest - 60 * _lag(replication))
    return [
        _vr("Id", f"replica-{replication.replication_id[-8:]}"),
        _vr("TransferStartTime", started),
        _vr("TransferSeconds", 14),
        _vr("TransferBytes", 1048576),
    ]


def act(context: Any) -> Response:
    """Start a test, its clean-up or a failover. Wrong states end in a failed task, not in an HTTP error."""
    found = _own(context)
    action = context.path_params["action"]
    if found is None or action not in ACTIONS:
        return answers.no_access("replicationGroup", context.path_params["replication_id"], context.version)
    problem = _problem(context, action)
    if problem is not None:
        return problem
    is_on, _ = _params(context.request.body)
    task = start(context.simulator, found, action, power_on=is_on)
    document = context.simulator.tasks.document(task, context.root)
    return answers.entity(document, f"{T}task+xml", context.version, status=context.simulator.config.dr_status)


def _problem(context: Any, action: str) -> Response | None:
    """Why a request is refused as it stands. Source: api/dr.md §2.1, §3.4, addendum §1.1."""
    if action == "testCleanup":
        return None  # a body is ignored
    given = context.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    refusal = context.simulator.config.failover_content_type
    if action == "failover" and refusal and given != f"{HCS}failoverParams+xml".lower():
        return answers.error(refusal, "UNSUPPORTED_MEDIA_TYPE", f"Unsupported media type: {given}", context.version)
    try:
        _, has_synchronize = _params(context.request.body)
    except (ValueError, etree.XMLSyntaxError) as exc:
        return answers.error(400, "BAD_REQUEST", f"Bad request: {exc}", context.version)
    if action == "testFailover" and not has_synchronize:
        return answers.error(400, "BAD_REQUEST", "Bad request: Synchronize is missing", context.version)
    return None


def _params(body: bytes) -> tuple[bool, bool]:
    """PowerOn, which is on unless it is said, and whether Synchronize is there. Source: api/dr.md §3.1."""
    if not body.strip():
        return True, False
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if etree.QName(root).localname not in ("FailoverParams", "TestFailoverParams"):
        message = f"unexpected {etree.QName(root).localname}"
        raise ValueError(message)
    words = {etree.QName(child).localname: (child.text or "").strip().lower() for child in root}
    return words.get("PowerOn", "true") in ("true", "1"), "Synchronize" in words


def instances(context: Any) -> Response:
    """The points in time that a failover may go back to. Source: api/dr.md §2."""
    found = _own(context)
    if found is None:
        return answers.no_access("replicationGroup", context.path_params["replication_id"], context.version)
    media = f"{HCS}replicationGroupInstanceList+xml"
    attributes = {"href": f"{_href(context, found)}/instances", "type": media}
    point = _vr("Instance", *_point_in_time(context, found))
    return answers.entity(_root("ReplicationGroupInstanceList", attributes, point), media, context.version)


def enabled_vdcs(context: Any) -> Response:
    """The VDCs that take replications: all of them."""
    org = context.world.orgs[context.user.org]
    if context.path_params["org_id"] != org.org_id:
        return answers.no_access("org", context.path_params["org_id"], context.version)
    vdcs: list[Vdc] = context.world.vdcs_of(org.name)
    media = f"{T}query.references+xml"
    document = element(
        "References",
        {"href": f"{context.root}/api/org/{org.org_id}/enabledForReplicationVdcs", "type": media},
        *[
            element("Reference", {"href": f"{context.root}/api/vdc/{v.vdc_id}", "name": v.name, "type": f"{T}vdc+xml"})
            for v in vdcs
        ],
    )
    return answers.entity(document, media, context.version)


def recovery_details(context: Any) -> Response:
    """What a VDC is enabled for. Source: api/dr.md §2.5."""
    vdc = own_vdc(context, context.path_params["vdc_id"])
    if vdc is None:
        return answers.no_access("vdc", context.path_params["vdc_id"], context.version)
    media = f"{HCS}vrRecoveryDetails+xml"
    words = ("IsPlannedMigrationEnabled", "IsFailoverEnabled", "IsTestFailoverEnabled")
    attributes = {"href": f"{context.root}/api/vdc/{vdc.vdc_id}/recoveryDetails", "type": media}
    return answers.entity(
        _root("VrRecoveryDetails", attributes, *[_vr(word, True) for word in words]), media, context.version
    )
