"""The APIs that edge gateways speak, and which of them an edge speaks where nothing but the session tells. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

NSXV, NSXT, VCLOUDAIR = "nsxv", "nsxt", "vcloudair"
JSON, XML = "application/json", "application/xml"

BACKENDS_DIFFER_SINCE = (32, 0)
"""First API version whose edge records name the backend; edges of older ones are NSX-V. Source: protocol/nsxt.md §2."""


@dataclass(frozen=True)
class Backend:
    """One API of edge gateways.

    ``title`` is its name for people. ``edge_path`` is the path of an edge below the API's base; empty where
    sections have paths of their own. ``is_changed_by_group``: the edges of a VDC group are changed one at a time.
    """

    name: str
    title: str
    edge_path: str = ""
    is_changed_by_group: bool = False


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend(NSXV, "NSX-V", "/network/edges/{edge}"),
        Backend(NSXT, "NSX-T", is_changed_by_group=True),
        Backend(VCLOUDAIR, "vCloud Air", "/hybridity/api/gateways/{edge}"),
    )
}
"""Source: protocol/ans.md §1.1, protocol/nsxt.md §2."""

EDGE_APIS = {"hybridity": (VCLOUDAIR, JSON), "network_xml": (NSXV, XML), "network_json": (NSXV, JSON)}
"""Backend and media type by value of the setting ``edge_api``."""


def overriding_backend(settings: Settings) -> str:
    """Return the backend that the setting ``edge_api`` sets for every edge; an empty string when it sets none."""
    backend, _ = EDGE_APIS.get(str(settings.edge_api), ("", ""))
    return backend


def default_backend(settings: Settings) -> str:
    """Return the backend of an edge whose record does not tell."""
    return NSXV if settings.service_type == "vcd" else VCLOUDAIR


def media_type_of(backend: str, settings: Settings) -> str:
    """Return the wire form of a backend's sections: JSON, but for NSX-V XML unless ``edge_api`` asks for JSON."""
    if backend != NSXV:
        return JSON
    _, media_type = EDGE_APIS.get(str(settings.edge_api), (NSXV, XML))
    return media_type
