"""Find the objects that a session can read: those of its org.

A request for any other object returns 403, even if the object does not exist. Source: protocol/recorded-responses.md
§7.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.state.entities import PROVIDER_ORG, Catalog, Org, SimulatedEdge, Vdc
from vcloudair_core.transport.messages import Response

_IN_VDC = {
    "vapp": "vapps",
    "vm": "vms",
    "template": "templates",
    "template-vm": "template_vms",
    "network": "networks",
    "storage-profile": "storage_profiles",
    "edge": "edges",
}
"""World attribute that contains the objects in VDCs, by kind of object."""


def own_vdc(context: Any, vdc_id: str) -> Vdc | None:
    """Return the VDC ``vdc_id`` if it belongs to the user's org, or None."""
    vdc: Vdc | None = context.world.vdcs.get(vdc_id)
    return vdc if vdc is not None and vdc.org == context.user.org else None


def own_edge(context: Any, edge_id: str) -> SimulatedEdge | None:
    """Return the edge ``edge_id`` if it belongs to the user's org, or None."""
    edge: SimulatedEdge | None = own_in_vdc(context, "edge", edge_id)
    return edge


def own_in_vdc(context: Any, kind: str, identifier: str) -> Any:
    """Return the object of ``kind`` with the ID ``identifier``, or None.

    The object must be in a VDC of the user's org.
    """
    item = getattr(context.world, _IN_VDC[kind]).get(identifier)
    return item if item is not None and own_vdc(context, item.vdc_id) else None


def own_catalog(context: Any, catalog_id: str) -> Catalog | None:
    """Return the catalog ``catalog_id`` if it belongs to the user's org, or None."""
    catalog: Catalog | None = context.world.catalogs.get(catalog_id)
    return catalog if catalog is not None and catalog.org == context.user.org else None


def own_org(context: Any, org_id: str) -> Org | None:
    """Return the org ``org_id`` if the session can read the org, or None."""
    return next((org for org in visible_orgs(context) if org.org_id == org_id), None)


def visible_orgs(context: Any) -> list[Org]:
    """Return the orgs that the session can read.

    A provider's session can read all orgs. A tenant's session can read only its own org.
    """
    if context.user.org == PROVIDER_ORG:
        return list(context.world.orgs.values())
    return [context.world.orgs[context.user.org]]


def refuse(context: Any, kind: str, parameter: str) -> Response:
    """Return the error for an object that the user cannot read.

    ``parameter`` is the name of the path parameter that contains the ID of the object.
    """
    return responses.no_access(kind, context.path_params[parameter], context.version)
