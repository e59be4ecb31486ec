"""Routes for the IP sets, applications and groups of NSX-V.

Source: protocol/ans.md §1.1, §5. The paths of security groups are inferred from the other kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from lxml import etree

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.own_objects import own_vdc
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import xml_answer
from vcloudair_core.simulator.edge.section_xml import _root, to_xml
from vcloudair_core.simulator.edge_services.entities import GroupingObject
from vcloudair_core.simulator.edge_services.grouping_objects import KINDS, missing, parsed, refuse_used, shown
from vcloudair_core.transport.messages import Response

Handler = Callable[[Any, str], Response]


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes of all kinds of grouping objects. The format is XML."""
    made: list[SimulatorRoute] = []
    for kind in KINDS:
        base = f"{prefix}/network/services/{kind}"
        calls: list[tuple[str, str, Handler]] = [
            ("GET", f"{base}/scope/{{vdc_id}}", list_objects),
            ("POST", f"{base}/{{object_id}}", add),
            ("GET", f"{base}/{{object_id}}", show),
            ("PUT", f"{base}/{{object_id}}", put),
            ("DELETE", f"{base}/{{object_id}}", delete),
        ]
        made += [SimulatorRoute(method, path, partial(_guarded, call, kind)) for method, path, call in calls]
    return SimulatorRoutes(
        f"grouping-objects{prefix}",
        "IP sets, applications and security groups of NSX-V",
        tuple(made),
        versions=section_versions("network"),
        simplifications="Documents are always XML. Criteria of security groups are not kept.",
    )


def _guarded(handler: Handler, kind: str, context: Any) -> Response:
    """Call a handler, and turn exceptions into errors."""
    try:
        return handler(context, kind)
    except RefusedError as exc:
        return responses.nsx_error(exc.status, exc.code, exc.details, as_json=context.wants_json, module=exc.module)
    except (etree.XMLSyntaxError, ValueError) as exc:
        return responses.nsx_error(400, 100, f"The input request in invalid. - {exc}", as_json=context.wants_json)


def list_objects(context: Any, kind: str) -> Response:
    """Return the objects of a VDC."""
    vdc_id = context.path_params["vdc_id"]
    if own_vdc(context, vdc_id.rsplit(":", 1)[-1]) is None:
        return responses.forbidden("vdc", vdc_id, context.version)
    own = [item for item in context.world.grouping_objects.values() if (item.kind, item.vdc_id) == (kind, vdc_id)]
    return xml_answer(to_xml("list", {kind: [shown(context.world, item) for item in own]}))


def _find(context: Any, kind: str) -> GroupingObject:
    identifier = context.path_params["object_id"]
    vdc_id, _, object_id = identifier.rpartition(":")
    item = context.world.grouping_objects.get(object_id)
    if item is None or item.kind != kind or item.vdc_id != vdc_id or own_vdc(context, vdc_id) is None:
        raise missing(identifier)
    grouping_object: GroupingObject = item
    return grouping_object


def show(context: Any, kind: str) -> Response:
    """Return one object."""
    return xml_answer(to_xml(kind, shown(context.world, _find(context, kind))))


def add(context: Any, kind: str) -> Response:
    """Create an object. The response has no ID, so clients list the objects.

    Source: protocol/ans.md §5.
    """
    vdc_id = context.path_params["object_id"]
    if own_vdc(context, vdc_id) is None:
        return responses.forbidden("vdc", vdc_id, context.version)
    objects = context.world.grouping_objects
    number = 1 + max((int(known.rpartition("-")[2]) for known in objects), default=0)
    new = GroupingObject(f"{kind}-{number}", kind, vdc_id, "")
    objects[new.object_id] = parsed(context.world, _root(context.request.body, kind), new, is_new=True)
    return responses.empty(201)


def put(context: Any, kind: str) -> Response:
    """Replace an object. The body must have the current revision."""
    item = _find(context, kind)
    changed = parsed(context.world, _root(context.request.body, kind), item, is_new=False)
    context.world.grouping_objects[item.object_id] = changed
    return xml_answer(to_xml(kind, shown(context.world, changed)))


def delete(context: Any, kind: str) -> Response:
    """Delete an object. If a section or a group refers to it, the response is 400."""
    item = _find(context, kind)
    refuse_used(context.world, item)
    del context.world.grouping_objects[item.object_id]
    return responses.empty(200)
