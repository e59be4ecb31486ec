"""Edge gateways as values, and which of them a name means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, NotFoundError
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT

_UUID = re.compile(r"(?:urn:vcloud:[a-z]+:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z", re.IGNORECASE)


VDC, VDC_GROUP = "urn:vcloud:vdc:", "urn:vcloud:vdcGroup:"
"""Prefixes of the URNs of VDCs and VDC groups."""


@dataclass(frozen=True)
class Edge:
    """One edge gateway. Empty and None mean unknown.

    ``backend`` is the API that the edge speaks: ``nsxv``, ``nsxt`` or ``vcloudair``. ``owner_id`` is the URN of its VDC
    or VDC group. ``deployment_mode`` is set for NSX-T edges from API 39 on: ``ACTIVE_STANDBY``, ``DISTRIBUTED_ONLY``.

    Source: protocol/ans.md §1.4, protocol/recorded-responses.md §3, protocol/nsxt.md §2.
    """

    edge_id: str
    name: str = ""
    href: str = ""
    vdc_id: str = ""
    vdc_name: str = ""
    status: str = ""
    ha_status: str = ""
    is_busy: bool | None = None
    is_advanced: bool | None = None
    task_status: str = ""
    backend: str = ""
    owner_id: str = ""
    deployment_mode: str = ""

    @property
    def is_owned_by_group(self) -> bool:
        """True when the owner is a VDC group."""
        return self.owner_id.startswith(VDC_GROUP)

    def as_dict(self) -> dict[str, Any]:
        """Shape: the fields but ``href``."""
        return {
            "edge_id": self.edge_id,
            "name": self.name,
            "vdc_id": self.vdc_id,
            "vdc_name": self.vdc_name,
            "status": self.status,
            "ha_status": self.ha_status,
            "is_busy": self.is_busy,
            "is_advanced": self.is_advanced,
            "task_status": self.task_status,
            "backend": self.backend,
            "owner_id": self.owner_id,
            "deployment_mode": self.deployment_mode,
        }


def uuid_in(text: str) -> str:
    """The UUID that ``text`` is, alone or as the end of a URN; an empty string when it is neither.

    Source: protocol/ans.md §1.3.
    """
    match = _UUID.match(text.strip())
    return match.group(1).lower() if match else ""


def last_part(href: str) -> str:
    """The last segment of a link: the id of what it leads to."""
    return href.split("?", 1)[0].rstrip("/").rpartition("/")[2]


def same_vdc(edge: Edge, vdc: str) -> bool:
    """Return True when the edge is in the VDC of a name, UUID, URN or link. Names are compared without case."""
    by_id = uuid_in(vdc) or (uuid_in(last_part(vdc)) if "/" in vdc else "")
    return edge.vdc_id == by_id if by_id else edge.vdc_name.casefold() == vdc.strip().casefold()


def pick(edges: Sequence[Edge], name: str, vdc: str = "") -> Edge:
    """The edge of that name (exactly, else without case) or id, in ``vdc`` if given.

    Raises: NotFoundError with the nearest names, AmbiguousMatchError with the VDC of each candidate.
    """
    pool = [edge for edge in edges if not vdc or same_vdc(edge, vdc)]
    for matches in (
        [edge for edge in pool if edge.name == name or edge.edge_id == name],
        [edge for edge in pool if edge.name.casefold() == name.strip().casefold()],
    ):
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{len(matches)} edge gateways are named {name!r}.",
                candidates=[
                    {"edge_id": edge.edge_id, "name": edge.name, "vdc": edge.vdc_name or edge.vdc_id}
                    for edge in matches
                ],
                hint="Name the VDC as well (vdc), or give the UUID of the edge gateway.",
            )
        if matches:
            return matches[0]
    raise _not_found(edges, pool, name, vdc)


def _not_found(edges: Sequence[Edge], pool: Sequence[Edge], name: str, vdc: str) -> NotFoundError:
    where = f" in VDC {vdc!r}" if vdc else ""
    elsewhere = [edge for edge in edges if edge.name.casefold() == name.casefold()]
    if elsewhere and vdc:
        vdcs = ", ".join(sorted({edge.vdc_name or edge.vdc_id for edge in elsewhere}))
        hint = f"There is one in VDC {vdcs}."
    else:
        nearest = near(name, [edge.name for edge in pool])
        hint = nearest[:1].upper() + nearest[1:] if nearest else _known(pool)
    return NotFoundError(f"There is no edge gateway {name!r}{where}.", hint=hint)


def no_such_vdc(vdc: str, names: Iterable[str]) -> NotFoundError:
    """Return the error for a VDC that is not there, with the nearest name, else all."""
    known = sorted({name for name in names if name})
    nearest = near(vdc, known)
    listed = f"The VDCs are: {', '.join(known[:10])}{' …' if len(known) > 10 else ''}." if known else ""
    hint = f"{nearest[:1].upper()}{nearest[1:]} {listed}" if nearest else listed
    return NotFoundError(f"There is no VDC {vdc!r}.", hint=hint.strip() or "Check vdc (VCA_VDC).")


def _known(edges: Iterable[Edge]) -> str:
    names = sorted({edge.name for edge in edges})
    if not names:
        return "This session sees no edge gateways at all: is it the right organization and VDC?"
    return f"There are: {', '.join(names[:10])}{' …' if len(names) > 10 else ''}."


def lock_path(edge: Edge) -> str:
    """Return what the server changes one at a time, as a path: ``edge/<uuid>`` or ``vdcGroup/<uuid>``.

    Source: protocol/nsxt.md §2.
    """
    backend = BACKENDS.get(edge.backend)
    if backend is not None and backend.is_changed_by_group and edge.is_owned_by_group:
        return f"vdcGroup/{edge.owner_id.removeprefix(VDC_GROUP)}"
    return f"edge/{edge.edge_id}"


def refuse_backend(edge: Edge, section: str, supported: Iterable[str]) -> None:
    """Raise ConfigurationError for an edge whose backend is not one of those that a section supports."""
    backends = set(supported)
    if edge.backend in backends:
        return
    titles = " and ".join(sorted(BACKENDS[backend].title for backend in backends))
    raise ConfigurationError(
        f"The {section} section of edge gateway {edge.name or edge.edge_id!r} cannot be opened. It is an "
        f"{BACKENDS[edge.backend].title} edge gateway, and this version supports {titles} only.",
        hint="Name an edge gateway with another backend. `vca edge list -o wide` shows the backend of each one.",
    )


def refuse_plain_edge(edge: Edge) -> None:
    """Raises ConfigurationError for an NSX-V edge that has no advanced services.

    Source: protocol/ans.md §1.3, protocol/nsxt.md §2.
    """
    if edge.is_advanced is False and edge.backend != NSXT:
        raise ConfigurationError(
            f"Edge gateway {edge.name!r} has no advanced networking, so none of its services is here.",
            hint="Convert it to an advanced gateway first (the provider's portal has the action), or name another one.",
        )
