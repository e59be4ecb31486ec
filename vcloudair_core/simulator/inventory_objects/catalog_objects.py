"""Catalogs, vApp templates and media of an inventory file."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.state.catalog_entities import Catalog, CatalogItem, Media, Template
from vcloudair_core.simulator.state.entities import STORAGE_PROFILE, Vdc, Vm
from vcloudair_core.simulator.state.world import World

_FIELDS = ("created", "description", "metadata")
_VM_FIELDS = ("status", "guest_os", "cpus", "memory_mb", "storage_profile")


def add_catalog(world: World, org: str, tree: str | dict[str, Any]) -> Catalog:
    """Return a catalog of an org.

    ``tree`` is its name, or its description in the file.

    If the catalog does not exist, the catalog is created.
    """
    fields = {"name": tree} if isinstance(tree, str) else tree
    identifier = world.make_id("catalog", f"{org}/{fields['name']}")
    if identifier not in world.catalogs:
        world.catalogs[identifier] = Catalog(identifier, fields["name"], org, **_common(fields))
    return world.catalogs[identifier]


def add_template(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    """Add a vApp template with one VM and its catalog item."""
    name, path = tree["name"], f"{vdc.org}/{vdc.vdc_id}/{tree['name']}"
    catalog = add_catalog(world, vdc.org, tree.get("catalog", "templates"))
    identifier = world.new_id("template", path, world.templates)
    item_id = _add_item(world, vdc, catalog, "template", identifier, tree)
    template = Template(identifier, name, catalog.catalog_id, vdc.vdc_id, item_id, **_common(tree))
    world.templates[identifier] = template
    vm_id = world.make_id("template-vm", identifier)
    fields = tree.get("vm", {})
    vm = Vm(vm_id, fields.get("name", f"{name}-vm"), identifier, vdc.vdc_id, "POWERED_OFF", is_template=True)
    vm.network, vm.storage_profile = "", _default_profile(world, vdc)
    for field in (*_VM_FIELDS, *_FIELDS):
        if field in fields:
            setattr(vm, field, fields[field])
    world.template_vms[vm_id] = vm


def add_media(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    """Add media with its catalog item."""
    catalog = add_catalog(world, vdc.org, tree.get("catalog", "media"))
    identifier = world.new_id("media", f"{vdc.org}/{vdc.vdc_id}/{tree['name']}", world.media)
    item_id = _add_item(world, vdc, catalog, "media", identifier, tree)
    media = Media(identifier, tree["name"], catalog.catalog_id, vdc.vdc_id, item_id, **_common(tree))
    media.storage_profile = _default_profile(world, vdc)
    for field in ("size_bytes", "image_type", "storage_profile"):
        if field in tree:
            setattr(media, field, tree[field])
    world.media[identifier] = media


def _add_item(world: World, vdc: Vdc, catalog: Catalog, kind: str, entity_id: str, tree: dict[str, Any]) -> str:
    """Add the catalog item of an entity, and return the ID of the item.

    By default, the item has the creation time and the description of the entity.
    """
    item_id = world.make_id("item", entity_id)
    fields = {**_common(tree), "metadata": {}, **_common(tree.get("item", {}))}
    world.catalog_items[item_id] = CatalogItem(
        item_id, tree["name"], catalog.catalog_id, vdc.vdc_id, kind, entity_id, **fields
    )
    return item_id


def _common(tree: dict[str, Any]) -> dict[str, Any]:
    return {field: tree[field] for field in _FIELDS if field in tree}


def _default_profile(world: World, vdc: Vdc) -> str:
    """Return the name of the default storage profile of a VDC."""
    profiles = world.in_vdc(vdc.vdc_id, world.storage_profiles)
    return next((profile.name for profile in profiles if profile.is_default), STORAGE_PROFILE)
