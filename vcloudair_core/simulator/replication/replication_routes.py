"""Routes of Disaster Recovery to Cloud 2.x.

Source: protocol/dr.md §2, §3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.own_objects import own_vdc
from vcloudair_core.simulator.replication.group_document import (
    HCS,
    MEDIA,
    group_document,
    href_of,
    point_in_time,
    vr,
    vr_root,
)
from vcloudair_core.simulator.replication.replication_actions import act, delete, not_found, own_replication
from vcloudair_core.simulator.state.entities import SimulatedReplication, Vdc
from vcloudair_core.simulator.state.simulated_tasks import T
from vcloudair_core.simulator.state.task_forms import with_port
from vcloudair_core.simulator.xml_builder import element, link
from vcloudair_core.transport.messages import Headers, Response

Handler = Callable[[Any], Response]


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes of replications, DR actions and recovery settings."""
    reads = [
        ("/api/org/{org_id}/replications", of_org),
        ("/api/org/{org_id}/failbackreplications", empty_list_of_org),
        ("/api/org/{org_id}/enabledForReplicationVdcs", enabled_vdcs),
        ("/api/vdc/{vdc_id}/replications", of_vdc),
        ("/api/vdc/{vdc_id}/failbackreplications", empty_list_of_vdc),
        ("/api/vdc/{vdc_id}/peers", empty_list_of_vdc),
        ("/api/vdc/{vdc_id}/recoveryDetails", recovery_details),
        ("/api/vr/replications/{replication_id}", show),
        ("/api/vr/replications/{replication_id}/instances", instances),
    ]
    calls = [("GET", path, handler) for path, handler in reads]
    calls.append(("POST", "/api/vr/replications/{replication_id}/action/{action}", act))
    calls.append(("DELETE", "/api/vr/replications/{replication_id}", delete))
    made = tuple(SimulatorRoute(method, prefix + path, _if_installed(handler)) for method, path, handler in calls)
    return SimulatorRoutes(
        f"replications{prefix}",
        "Replications: test, cleanup, failover",
        made,
        versions="5.6 and newer",
        simplifications="No data is replicated.",
    )


def _if_installed(handler: Handler) -> Handler:
    """Wrap a handler to return 404 if disaster recovery is not installed.

    Source: protocol/dr.md §1, §3.4.
    """
    absent = Response(
        404, Headers({"Content-Type": "text/html; charset=utf-8"}), b"<html><body>Not found</body></html>"
    )
    return lambda context: handler(context) if context.simulator.config.dr_installed else absent


def of_org(context: Any) -> Response:
    """Return a page of the incoming replications of the org in the path."""
    org = context.world.orgs[context.user.org]
    if context.path_params["org_id"] != org.org_id:
        return responses.no_access("org", context.path_params["org_id"], context.version)
    vdcs = {vdc.vdc_id for vdc in context.world.vdcs_of(org.name)}
    replications = [replication for replication in context.world.replications.values() if replication.vdc_id in vdcs]
    return _list_page(context, replications, f"/api/org/{org.org_id}", f"{T}org+xml")


def of_vdc(context: Any) -> Response:
    """Return a page of the incoming replications of the VDC in the path."""
    vdc = own_vdc(context, context.path_params["vdc_id"])
    if vdc is None:
        return responses.no_access("vdc", context.path_params["vdc_id"], context.version)
    replications = [
        replication for replication in context.world.replications.values() if replication.vdc_id == vdc.vdc_id
    ]
    return _list_page(context, replications, f"/api/vdc/{vdc.vdc_id}", f"{T}vdc+xml")


def _list_page(context: Any, replications: list[SimulatedReplication], parent: str, parent_type: str) -> Response:
    """Return one page of ``replications``.

    A page after the last page has a Link and no references. Source: protocol/dr.md §2.2.
    """
    try:
        page, size = (
            int((context.query.get(name) or [default])[0])
            for name, default in (("page", 1), ("pageSize", context.simulator.config.list_page_size))
        )
    except ValueError:
        page = size = 0
    if page < 1 or size < 1:
        return responses.error(400, "BAD_REQUEST", "validation error on field 'page': not a positive number")
    if "pageSize" in context.query:
        size = min(size, 128)
    root = with_port(context.root, context.simulator.config.href_port_443)
    href, media = f"{root}{parent}/replications", f"{T}query.references+xml"
    links = [link("up", f"{root}{parent}", parent_type)]
    if page < math.ceil(len(replications) / size):
        links.append(link("nextPage", f"{href}?page={page + 1}&pageSize={size}", media))
    attributes = {
        "name": "replicationGroup",
        "page": page,
        "pageSize": size,
        "total": len(replications),
        "href": f"{href}?page={page}&pageSize={size}",
        "type": media,
    }
    has_names = context.simulator.config.list_reference_name == "present"
    references = [
        element(
            "Reference",
            {"href": href_of(context, replication), "name": replication.name if has_names else None, "type": MEDIA},
        )
        for replication in replications[(page - 1) * size : page * size]
    ]
    return responses.entity(element("References", attributes, *links, *references), media, context.version)


def show(context: Any) -> Response:
    """Return a replication: one VM with its states and its newest point in time.

    Source: protocol/dr.md §2.3, §2.4.
    """
    replication = own_replication(context)
    if replication is None:
        return not_found(context)
    return responses.entity(group_document(context, replication), MEDIA, context.version)


def instances(context: Any) -> Response:
    """Return the points in time to which a failover can recover the VM.

    Source: protocol/dr.md §2.
    """
    replication = own_replication(context)
    if replication is None:
        return not_found(context)
    media = f"{HCS}replicationGroupInstanceList+xml"
    attributes = {"href": f"{href_of(context, replication)}/instances", "type": media}
    point = vr("Instance", *point_in_time(context, replication))
    return responses.entity(vr_root(context, "ReplicationGroupInstanceList", attributes, point), media, context.version)


def enabled_vdcs(context: Any) -> Response:
    """Return the VDCs that accept replications."""
    org = context.world.orgs[context.user.org]
    if context.path_params["org_id"] != org.org_id:
        return responses.no_access("org", context.path_params["org_id"], context.version)
    vdcs: list[Vdc] = [vdc for vdc in context.world.vdcs_of(org.name) if vdc.is_recovery_enabled]
    media = f"{T}query.references+xml"
    document = element(
        "References",
        {"href": f"{context.root}/api/org/{org.org_id}/enabledForReplicationVdcs", "type": media},
        *[
            element("Reference", {"href": f"{context.root}/api/vdc/{v.vdc_id}", "name": v.name, "type": f"{T}vdc+xml"})
            for v in vdcs
        ],
    )
    return responses.entity(document, media, context.version)


def recovery_details(context: Any) -> Response:
    """Return the recovery settings of a VDC, or 404.

    The status is 404 if the VDC does not accept replications. The document of the VDC links to the settings in both
    cases.

    Source: protocol/dr.md §2.5.
    """
    vdc = own_vdc(context, context.path_params["vdc_id"])
    if vdc is None:
        return responses.no_access("vdc", context.path_params["vdc_id"], context.version)
    if not vdc.is_recovery_enabled:
        return responses.error(404, "RESOURCE_NOT_FOUND", "The VDC is not enabled for recovery.", context.version)
    media = f"{HCS}vrRecoveryDetails+xml"
    flags = {
        "IsPlannedMigrationEnabled": vdc.is_planned_migration_enabled,
        "IsFailoverEnabled": vdc.is_failover_enabled,
        "IsTestFailoverEnabled": vdc.is_test_failover_enabled,
    }
    attributes = {"href": f"{context.root}/api/vdc/{vdc.vdc_id}/recoveryDetails", "type": media}
    document = vr_root(context, "VrRecoveryDetails", attributes, *[vr(name, value) for name, value in flags.items()])
    return responses.entity(document, media, context.version)


def empty_list_of_org(context: Any) -> Response:
    """Return the failback replications of an org: from the cloud to the source site.

    The list is always empty. Source: protocol/dr.md §5.
    """
    org = context.world.orgs[context.user.org]
    if context.path_params["org_id"] != org.org_id:
        return responses.no_access("org", context.path_params["org_id"], context.version)
    return _empty_list(context, f"{T}org+xml")


def empty_list_of_vdc(context: Any) -> Response:
    """Return an empty list for a VDC.

    Two routes call this function: one lists the peers of the VDC, and one lists its failback replications.
    """
    vdc = own_vdc(context, context.path_params["vdc_id"])
    return (
        _empty_list(context, f"{T}vdc+xml")
        if vdc
        else responses.no_access("vdc", context.path_params["vdc_id"], context.version)
    )


def _empty_list(context: Any, parent_type: str) -> Response:
    media, href = f"{T}query.references+xml", f"{context.base_url}{context.request.path}"
    attributes = {"page": 1, "pageSize": context.simulator.config.list_page_size, "total": 0}
    parent, _, _ = href.rpartition("/")
    document = element("References", {**attributes, "href": href, "type": media}, link("up", parent, parent_type))
    return responses.entity(document, media, context.version)
