"""Routes for the metadata of VMs, vApps and other objects.

Source: protocol/vm-writes.md §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import can_see_org
from vcloudair_core.simulator.api.own_objects import own_in_vdc, own_org
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.simulator.writes.entity_tasks import (
    BadBodyError,
    bad_body,
    find_target,
    read_body,
    start_task,
    start_write,
)
from vcloudair_core.simulator.writes.metadata_document import (
    MEDIA,
    VALUE_MEDIA,
    check_key,
    metadata_document,
    parse_entries,
    parse_value,
    value_document,
)
from vcloudair_core.transport.messages import Response

T, ADMIN = "application/vnd.vmware.vcloud.", "application/vnd.vmware.admin."


@dataclass(frozen=True)
class MetadataKind:
    """A kind of object with metadata.

    ``shelf`` is the name of the registry in the world. ``is_editable`` is true if tenants can change the metadata at
    this path.
    """

    path: str
    shelf: str
    media_type: str
    entity: str
    is_editable: bool = True
    id_prefix: str = ""


KINDS = (
    MetadataKind("/api/vApp", "vapps", f"{T}vApp+xml", "vapp", id_prefix="vapp-"),
    MetadataKind("/api/vAppTemplate", "templates", f"{T}vAppTemplate+xml", "vappTemplate", id_prefix="vappTemplate-"),
    MetadataKind("/api/catalogItem", "catalog_items", f"{T}catalogItem+xml", "catalogItem"),
    MetadataKind("/api/media", "media", f"{T}media+xml", "media"),
    MetadataKind("/api/vdc", "vdcs", f"{T}vdc+xml", "vdc", is_editable=False),
    MetadataKind("/api/admin/vdc", "vdcs", f"{ADMIN}vdc+xml", "vdc"),
    MetadataKind("/api/org", "orgs", f"{T}org+xml", "org", is_editable=False),
    MetadataKind("/api/admin/org", "orgs", f"{ADMIN}organization+xml", "org"),
    MetadataKind("/api/catalog", "catalogs", f"{T}catalog+xml", "catalog", is_editable=False),
    MetadataKind("/api/admin/catalog", "catalogs", f"{ADMIN}catalog+xml", "catalog"),
    MetadataKind("/api/network", "networks", f"{T}orgVdcNetwork+xml", "network", is_editable=False),
    MetadataKind("/api/admin/network", "networks", f"{T}orgVdcNetwork+xml", "network"),
    MetadataKind("/api/vdcStorageProfile", "storage_profiles", f"{T}vdcStorageProfile+xml", "vdcstorageProfile", False),
)

Handler = Callable[[Any, MetadataKind], Response]


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the metadata routes of all kinds of objects."""
    made = [
        SimulatorRoute(method, f"{prefix}{kind.path}/{{entity_id}}/metadata{path}", _bound(handler, kind))
        for kind in KINDS
        for method, path, handler in _calls(kind)
    ]
    return SimulatorRoutes(
        f"metadata{prefix}",
        "Metadata",
        tuple(made),
        versions="all",
        simplifications="The only metadata domain is GENERAL.",
    )


def _calls(kind: MetadataKind) -> Iterator[tuple[str, str, Handler]]:
    yield from (("GET", "", show), ("GET", "/{key}", show_value))
    if kind.is_editable:
        yield from (("POST", "", merge), ("PUT", "/{key}", put_value), ("DELETE", "/{key}", delete_value))


def _bound(handler: Handler, kind: MetadataKind) -> Callable[[Any], Response]:
    return lambda context: handler(context, kind)


def show(context: Any, kind: MetadataKind) -> Response:
    """Return all metadata of an object."""
    entity = _find(context, kind)
    if entity is None:
        return _absent(context, kind)
    href = _href(context)
    document = metadata_document(
        href, _media(context, kind), entity.metadata, context.version, is_editable=kind.is_editable
    )
    return responses.entity(document, MEDIA, context.version)


def show_value(context: Any, kind: MetadataKind) -> Response:
    """Return one metadata value.

    An unknown key returns 403, like an unknown object (inferred).
    """
    entity, key = _find(context, kind), unquote(context.path_params["key"])
    if entity is None:
        return _absent(context, kind)
    if key not in entity.metadata:
        return _no_key(context, key)
    document = value_document(_href(context), key, entity.metadata[key], context.version)
    return responses.entity(document, VALUE_MEDIA, context.version)


def merge(context: Any, kind: MetadataKind) -> Response:
    """Add metadata entries. An entry with an existing key replaces the value."""
    entity = _find(context, kind)
    if entity is None:
        return _absent(context, kind)
    try:
        entries = dict(parse_entries(read_body(context, "Metadata", MEDIA)))
    except BadBodyError as exc:
        return bad_body(context, exc)
    except ValueError as exc:
        return bad_body(context, BadBodyError(f"Bad request: {exc}"))
    return _start(context, kind, entity, "metadataUpdate", lambda metadata: {**metadata, **entries})


def put_value(context: Any, kind: MetadataKind) -> Response:
    """Set one metadata value."""
    entity, key = _find(context, kind), unquote(context.path_params["key"])
    if entity is None:
        return _absent(context, kind)
    try:
        value = parse_value(read_body(context, "MetadataValue", VALUE_MEDIA))
        check_key(key)
    except BadBodyError as exc:
        return bad_body(context, exc)
    except ValueError as exc:
        return bad_body(context, BadBodyError(f"Bad request: {exc}"))
    return _start(context, kind, entity, "metadataSet", lambda metadata: {**metadata, key: value})


def delete_value(context: Any, kind: MetadataKind) -> Response:
    """Delete one metadata value."""
    entity, key = _find(context, kind), unquote(context.path_params["key"])
    if entity is None:
        return _absent(context, kind)
    if key not in entity.metadata:
        return _no_key(context, key)

    def without(metadata: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in metadata.items() if name != key}

    return _start(context, kind, entity, "metadataDelete", without)


Change = Callable[[dict[str, Any]], dict[str, Any]]


def _start(context: Any, kind: MetadataKind, entity: Any, operation_name: str, change: Change) -> Response:
    """Start the task that changes the metadata of an object.

    ``change`` returns the new metadata. The assignment of the new metadata counts as a change of the inventory, so it
    invalidates the query cache.
    """

    def apply() -> None:
        entity.metadata = change(entity.metadata)

    verb = "Deleting metadata of" if operation_name == "metadataDelete" else "Updating metadata of"
    if kind.shelf == "vapps":
        target = find_target(context)
        assert target is not None
        return start_write(context, target, verb, operation_name, apply)
    identifier = context.path_params["entity_id"]
    owner = Owner(f"{kind.path}/{identifier}", entity.name, kind.media_type)
    return start_task(context, owner, f"{verb} {kind.entity} {entity.name}({identifier})", operation_name, apply)


def _href(context: Any) -> str:
    path, _, _ = context.request.url.partition("?")[0].partition("/metadata")
    return str(path)


def _media(context: Any, kind: MetadataKind) -> str:
    is_vm = kind.shelf in ("vapps", "templates") and context.path_params["entity_id"].startswith("vm-")
    return f"{T}vm+xml" if is_vm else kind.media_type


def _find(context: Any, kind: MetadataKind) -> Any:
    """Return the entity if the user can see it, or None."""
    if kind.shelf == "vapps":
        target = find_target(context)
        return target.entity if target else None
    identifier, world = context.path_params["entity_id"].removeprefix(kind.id_prefix), context.world
    if kind.shelf == "orgs":
        return own_org(context, identifier)
    if kind.shelf == "templates" and identifier.startswith("vm-"):
        return own_in_vdc(context, "template-vm", identifier.removeprefix("vm-"))
    entity = getattr(world, kind.shelf).get(identifier)
    if entity is None:
        return None
    owner = entity.org if hasattr(entity, "org") else world.vdcs[entity.vdc_id].org
    return entity if can_see_org(context, owner) else None


def _absent(context: Any, kind: MetadataKind) -> Response:
    entity_id = context.path_params["entity_id"]
    name = "vm" if entity_id.startswith("vm-") else kind.entity
    return responses.no_access(name, entity_id.rpartition("vm-")[2].removeprefix(kind.id_prefix), context.version)


def _no_key(context: Any, key: str) -> Response:
    message = f'No access to entity "metadata key {key}".'
    return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", message, context.version)
