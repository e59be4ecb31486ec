"""The backends (APIs) of edge gateways, and the default backend of a session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

NSXV, NSXT, VCLOUDAIR = "nsxv", "nsxt", "vcloudair"
JSON, XML = "application/json", "application/xml"

BACKENDS_DIFFER_SINCE = (32, 0)
"""First API version whose edge records name the backend.

Edges of older versions are NSX-V. Source: protocol/nsxt.md §2.
"""


@dataclass(frozen=True)
class Backend:
    """An API of edge gateways.

    ``title`` is the display name. ``edge_path`` is the path of an edge below the base URL of the API, or an empty
    string if the sections of an edge have no common path. ``is_changed_by_group`` is true if the server changes the
    edges of a VDC group one at a time.
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
"""All backends by name. Source: protocol/ans.md §1.1, protocol/nsxt.md §2."""

NSXT_SINCE = (37, 0)
"""First API version for NSX-T edges: VMware Cloud Director 10.4.

Source: protocol/nsxt.md §0.2.
"""


def backend_in_version(backend: str, api_version: str) -> str:
    """Return the name of a backend. For NSX-T, add the API version: ``nsxt 38.1``.

    The options that NSX-T supports differ between versions.
    """
    return f"{backend} {api_version}" if backend == NSXT else backend


@lru_cache(maxsize=64)
def split_backend(name: str) -> tuple[str, tuple[int, int]]:
    """Split a name from ``backend_in_version`` into the backend and the API version.

    The version is ``(0, 0)`` for a name without a version.
    """
    backend, _, version = name.partition(" ")
    major, _, minor = version.partition(".")
    minor = minor.partition(".")[0]
    return backend, (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)


EDGE_APIS = {"hybridity": (VCLOUDAIR, JSON), "network_xml": (NSXV, XML), "network_json": (NSXV, JSON)}
"""Backend and media type for each value of the setting ``edge_api``."""


def overriding_backend(settings: Settings) -> str:
    """Return the backend that the setting ``edge_api`` forces for every edge.

    Return an empty string if the setting does not force a backend.
    """
    backend, _ = EDGE_APIS.get(str(settings.edge_api), ("", ""))
    return backend


def default_backend(settings: Settings) -> str:
    """Return the backend of an edge whose record does not name a backend."""
    return NSXV if settings.service_type == "vcd" else VCLOUDAIR


def media_type_of(backend: str, settings: Settings) -> str:
    """Return the media type of the sections of a backend.

    NSX-V uses XML, unless ``edge_api`` selects JSON. All other backends use JSON.
    """
    if backend != NSXV:
        return JSON
    _, media_type = EDGE_APIS.get(str(settings.edge_api), (NSXV, XML))
    return media_type
