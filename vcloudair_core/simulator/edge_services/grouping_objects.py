"""NSX-V grouping objects: XML format, validation and use by other objects.

Source: protocol/ans.md §5, §6, §10. The error codes other than 202 and 210 are placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge_services.entities import GroupingObject
from vcloudair_core.simulator.state.world import World

KINDS = {
    "ipset": ("IPSet", ("value",)),
    "application": ("Application", ("applicationProtocol", "value", "sourcePort")),
    "applicationgroup": ("ApplicationGroup", ()),
    "securitygroup": ("SecurityGroup", ()),
}
"""Type name of each kind, and the elements with its content.

The content of an application is in ``<element>``.
"""

PROTOCOLS = ("TCP", "UDP", "ICMP", "IPV6ICMP", "FTP", "ORACLE_TNS", "MS_RPC_TCP", "SUN_RPC_TCP")
_MODULE = "core-services"
_NOT_FOUND, _DUPLICATE, _INVALID, _STALE, _IN_USE = 202, 210, 260, 203, 206


def missing(object_id: str) -> RefusedError:
    """Return the error for an object that does not exist."""
    details = f"The requested object : {object_id} could not be found. Object identifiers are case sensitive."
    return RefusedError(details, status=404, code=_NOT_FOUND, module=_MODULE)


def shown(world: World, item: GroupingObject) -> dict[str, Any]:
    """Return an object in the format of its XML document.

    The ID has the VDC as prefix. The order of the values of an IP set differs from the order in the request. Source:
    protocol/ans.md §5, §10.
    """
    type_name, _ = KINDS[item.kind]
    document: dict[str, Any] = {
        "objectId": f"{item.vdc_id}:{item.object_id}",
        "objectTypeName": type_name,
        "revision": item.revision,
        "type": {"typeName": type_name},
        "name": item.name,
        "description": item.description,
        "scope": {"id": item.vdc_id, "objectTypeName": "VDC", "name": world.vdcs[item.vdc_id].name},
        "inheritanceAllowed": item.is_inherited,
    }
    if item.kind == "application":
        document["element"] = dict(item.values)
    elif item.kind == "ipset":
        document["value"] = ",".join(sorted(item.values["value"].split(","), reverse=True))
    else:
        document["member"] = [{"objectId": member_id} for member_id in item.member_ids]
    return document


def parsed(world: World, root: Any, item: GroupingObject, *, is_new: bool) -> GroupingObject:
    """Return a copy of ``item`` with the values from a request body.

    Raises RefusedError for an invalid body, a name that is already in use, and an old revision.
    """
    if not is_new and (root.findtext("revision") or "").strip() != str(item.revision):
        raise RefusedError(
            f"The object {item.object_id} used in this operation has an older version "
            f"{root.findtext('revision')} than the current system version {item.revision}. Refresh UI or fetch the "
            "latest copy of the object and retry operation.",
            code=_STALE,
            module=_MODULE,
        )
    name = (root.findtext("name") or "").strip()
    if not name:
        raise RefusedError("The name of the object is missing.", code=_INVALID, module=_MODULE)
    for existing in world.grouping_objects.values():
        key = existing.kind, existing.vdc_id, existing.name
        if key == (item.kind, item.vdc_id, name) and existing.object_id != item.object_id:
            message = f"Another object with same name : {name} already exists in the current scope."
            raise RefusedError(message, code=_DUPLICATE, module=_MODULE)
    return replace(
        item,
        name=name,
        description=root.findtext("description") or "",
        is_inherited=root.findtext("inheritanceAllowed") == "true",
        values=_values(item.kind, root),
        member_ids=[(node.text or "").strip() for node in root.findall("member/objectId")],
        revision=item.revision + (not is_new),
    )


def _values(kind: str, root: Any) -> dict[str, str]:
    _, names = KINDS[kind]
    content = root.find("element") if kind == "application" else root
    texts = {} if content is None else {name: (content.findtext(name) or "").strip() for name in names}
    if kind == "application" and texts.get("applicationProtocol") not in PROTOCOLS:
        message = f"Invalid protocol {texts.get('applicationProtocol')} in application."
        raise RefusedError(message, code=_INVALID, module=_MODULE)
    if kind == "ipset" and not texts["value"]:
        raise RefusedError("The value of the IP set is missing.", code=_INVALID, module=_MODULE)
    for text in texts["value"].split(",") if kind == "ipset" else ():
        if not _is_address(text):
            raise RefusedError(f"Invalid value {text} in IP set.", code=_INVALID, module=_MODULE)
    return {name: text for name, text in texts.items() if text}


def _is_address(text: str) -> bool:
    try:
        if "-" in text:
            first, last = map(ip_address, text.split("-"))
            return first.version == last.version and int(first) <= int(last)
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def refuse_used(world: World, item: GroupingObject) -> None:
    """Raise RefusedError if a section of an edge or a group refers to an object."""
    edges = [edge.name for edge in world.edges.values() if item.object_id in _tails([edge.firewall, edge.sections])]
    groups = [
        group.name for group in world.grouping_objects.values() if item.object_id in set(_tails(group.member_ids))
    ]
    if edges or groups:
        details = f"The object {item.object_id} is in use by {', '.join([*edges, *groups])} and cannot be deleted."
        raise RefusedError(details, code=_IN_USE, module=_MODULE)


def _tails(value: Any) -> Iterator[str]:
    """Yield each string in nested data, without the VDC prefix that IDs can have."""
    if isinstance(value, str):
        yield value.rpartition(":")[2]
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tails(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tails(item)
