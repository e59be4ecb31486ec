"""Routes that read VDC groups under ``/cloudapi``.

Source: protocol/nsxt.md §2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.visibility import can_see_org
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.cloudapi.network_json import group_urn, reference
from vcloudair_core.simulator.documents.addresses import urn
from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.transport.messages import Response

GROUPS = "/cloudapi/1.0.0/vdcGroups"
_SEARCHABLE = ("name", "orgId", "participatingOrgVdcs.vdcRef.id", "type", "networkProviderType", "status")


def routes() -> SimulatorRoutes:
    """Return the routes of VDC groups."""
    made = (
        SimulatorRoute("GET", GROUPS, list_groups),
        SimulatorRoute("GET", f"{GROUPS}/{{group_id}}", show_group),
    )
    about = "VDC groups cover VDCs of one site, and exist only if an inventory file defines them."
    return SimulatorRoutes(
        "cloudapi vdc groups",
        "VDC groups of API 33 and newer",
        made,
        versions="33.0 and newer",
        simplifications=about,
    )


def _own_groups(context: Any) -> list[VdcGroup]:
    return [group for group in context.world.vdc_groups.values() if can_see_org(context, group.org)]


def list_groups(context: Any) -> Response:
    """Return the VDC groups of the org."""
    values = [group_json(context, group) for group in _own_groups(context)]
    return json_responses.page(context, values, "VdcGroups", searchable=_SEARCHABLE, views=_views)


def show_group(context: Any) -> Response:
    """Return one VDC group."""
    identifier = json_responses.uuid_of(context.path_params["group_id"])
    group = next((group for group in _own_groups(context) if group.group_id == identifier), None)
    if group is None:
        return json_responses.no_access("vdcGroup", identifier)
    return json_responses.item(context, group_json(context, group))


def group_json(context: Any, group: VdcGroup) -> dict[str, Any]:
    """Return a VDC group with its VDCs."""
    world = context.world
    org = world.orgs[group.org]
    site = {"name": urlsplit(context.base_url).netloc, "id": f"urn:vcloud:site:{world.make_id('site', 'local')}"}
    participants = [
        {
            "vdcRef": reference("vdc", vdc_id, world.vdcs[vdc_id].name),
            "siteRef": site,
            "orgRef": reference("org", org.org_id, org.name),
            "networkProviderScope": world.vdcs[vdc_id].network_provider or None,
            "faultDomainTag": None,
            "status": "REALIZED",
            "remoteOrg": False,
        }
        for vdc_id in group.vdc_ids
    ]
    return {
        "id": group_urn(group),
        "orgId": urn("org", org.org_id),
        "name": group.name,
        "description": group.description,
        "localEgress": False,
        "participatingOrgVdcs": participants,
        "universalNetworkingEnabled": False,
        "networkPoolUniversalId": None,
        "networkPoolId": None,
        "status": "REALIZED",
        "type": "LOCAL",
        "networkProviderType": "NSX_T" if world.vdcs[group.vdc_ids[0]].network_provider else "NSX_V",
        "dfwEnabled": bool(group.distributed_firewall.get("enabled")),
        "errorMessage": None,
    }


def _views(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a VDC group once per VDC, so that a filter can match any of the VDCs."""
    for participant in value["participatingOrgVdcs"]:
        yield {**value, "participatingOrgVdcs": participant}
