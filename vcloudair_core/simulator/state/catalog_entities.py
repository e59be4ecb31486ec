"""Catalogs of a simulated cloud with their items, templates and media."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator.state.entities import CREATED, STORAGE_PROFILE
from vcloudair_core.simulator.state.registry import Tracked

MEDIA_SIZE = 700 * 1024 * 1024
"""Default size of media in bytes."""


@dataclass
class Catalog(Tracked):
    """A catalog of one org."""

    catalog_id: str
    name: str
    org: str
    created: str = CREATED
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class CatalogItem(Tracked):
    """An entry of a catalog, which refers to a vApp template or to media.

    ``kind`` is ``template`` or ``media``. The metadata of an item and of the entity are separate.
    """

    item_id: str
    name: str
    catalog_id: str
    vdc_id: str
    kind: str
    entity_id: str
    created: str = CREATED
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class Template(Tracked):
    """A vApp template in a catalog."""

    template_id: str
    name: str
    catalog_id: str
    vdc_id: str
    item_id: str
    """ID of the catalog item of the template."""
    created: str = CREATED
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class Media(Tracked):
    """An image of a disc (``iso``) or of a floppy disk (``floppy``) in a catalog.

    Source: protocol/query.md §7.
    """

    media_id: str
    name: str
    catalog_id: str
    vdc_id: str
    item_id: str
    """ID of the catalog item of the media."""
    size_bytes: int = MEDIA_SIZE
    image_type: str = "iso"
    storage_profile: str = STORAGE_PROFILE
    created: str = CREATED
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
