"""The APIs that edge gateways speak, and which of them an edge speaks where nothing but the session tells. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

NSXV, NSXT, VCLOUDAIR = "nsxv", "nsxt", "vcloudair"
JSON, XML = "application/json", "application/xml"

BACKEND_IS_TOLD_SINCE = (32, 0)
"""API version from which on edge records tell their backend. Edges of older ones are NSX-V. Source: protocol/nsxt.md §2."""


@dataclass(frozen=True)
class Backend:
    """One API of edge gateways.

    ``title`` is its name for people. ``section_path`` is the path of a section below the API's base; empty where
    sections have paths of their own. ``is_changed_by_group``: the edges of a VDC group are changed one at a time.
    """

    name: str
    title: str
    section_path: str = ""
    is_changed_by_group: bool = False


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend(NSXV, "NSX-V", "/network/edges/{edge}/{section}/config"),
        Backend(NSXT, "NSX-T", is_changed_by_group=True),
        Backend(VCLOUDAIR, "vCloud Air", "/hybridity/api/gateways/{edge}/{section}/config"),
    )
}
"""Source: protocol/ans.md §1.1, protocol/nsxt.md §2."""

_BY_EDGE_API = {"hybridity": (VCLOUDAIR, JSON), "network_xml": (NSXV, XML), "network_json": (NSXV, JSON)}


def overriding_backend(settings: Settings) -> str:
    """Return the backend that the setting ``edge_api`` sets for every edge; an empty string when it sets none."""
    backend, _ = _BY_EDGE_API.get(str(settings.edge_api), ("", ""))
    return backend


def default_backend(settings: Settings) -> str:
    """Return the backend of an edge whose record does not tell."""
    return NSXV if settings.service_type == "vcd" else VCLOUDAIR


def can_have_nsxt(settings: Settings, api_version: str) -> bool:
    """Return whether a cloud can have NSX-T edges, as far as its kind and API version tell."""
    return settings.service_type == "vcd" and is_at_least(api_version, BACKEND_IS_TOLD_SINCE)


def media_type_of(backend: str, settings: Settings) -> str:
    """Return the wire form of a backend's sections: XML or JSON for NSX-V, as ``edge_api`` says; JSON for the others."""
    if backend != NSXV:
        return JSON
    _, media_type = _BY_EDGE_API.get(str(settings.edge_api), (NSXV, XML))
    return media_type
