"""Find objects that the user of a request can read. See ``access.visibility``.

A request for any other object returns 403, even if the object does not exist. Source: protocol/recorded-responses.md
§7.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import can_see, can_see_org, is_provider
from vcloudair_core.simulator.state.catalog_entities import Catalog
from vcloudair_core.simulator.state.entities import Org, SimulatedEdge, Vdc
from vcloudair_core.transport.messages import Response

_IN_VDC = {
    "vapp": "vapps",
    "vm": "vms",
    "template": "templates",
    "template-vm": "template_vms",
    "catalog-item": "catalog_items",
    "media": "media",
    "network": "networks",
    "storage-profile": "storage_profiles",
    "edge": "edges",
}
"""World attribute that contains the objects in VDCs, by kind of object."""


def own_vdc(context: Any, vdc_id: str) -> Vdc | None:
    """Return a VDC that the user can see, or None."""
    vdc: Vdc | None = context.world.vdcs.get(vdc_id)
    return vdc if vdc is not None and can_see_org(context, vdc.org) else None


def own_edge(context: Any, edge_id: str) -> SimulatedEdge | None:
    """Return an edge gateway that the user can see, or None."""
    edge: SimulatedEdge | None = own_in_vdc(context, "edge", edge_id)
    return edge


def own_in_vdc(context: Any, kind: str, identifier: str) -> Any:
    """Return an object of ``kind`` in a VDC that the user can see, or None."""
    item = getattr(context.world, _IN_VDC[kind]).get(identifier)
    return item if item is not None and can_see(context, item) else None


def own_catalog(context: Any, catalog_id: str) -> Catalog | None:
    """Return a catalog that the user can see, or None."""
    catalog: Catalog | None = context.world.catalogs.get(catalog_id)
    return catalog if catalog is not None and can_see_org(context, catalog.org) else None


def own_org(context: Any, org_id: str) -> Org | None:
    """Return the org ``org_id`` if the session can read the org, or None."""
    return next((org for org in visible_orgs(context) if org.org_id == org_id), None)


def visible_orgs(context: Any) -> list[Org]:
    """Return the orgs that the session can read.

    A provider's session can read all orgs. A tenant's session can read only its own org.
    """
    if is_provider(context):
        return list(context.world.orgs.values())
    return [context.world.orgs[context.user.org]]


def refuse(context: Any, kind: str, parameter: str) -> Response:
    """Return the error for an object that the user cannot read.

    ``parameter`` is the name of the path parameter that contains the ID of the object.
    """
    return responses.no_access(kind, context.path_params[parameter], context.version)
