"""A data class for edge gateways, and the search by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, NotFoundError
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT

_UUID = re.compile(r"(?:urn:vcloud:[a-z]+:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z", re.IGNORECASE)


DISTRIBUTED_ONLY = "DISTRIBUTED_ONLY"
"""Deployment mode of NSX-T edges without edge services.

Source: protocol/nsxt.md §2.
"""

VDC, VDC_GROUP = "urn:vcloud:vdc:", "urn:vcloud:vdcGroup:"
"""Prefixes of the URNs of VDCs and VDC groups."""


@dataclass(frozen=True)
class Edge:
    """An edge gateway. Empty strings and None mean unknown.

    ``backend`` is the API of the edge: ``nsxv``, ``nsxt`` or ``vcloudair``. ``owner_id`` is the URN of the VDC or VDC
    group that owns the edge. ``deployment_mode`` is set for NSX-T edges since API version 39, for example to
    ``ACTIVE_STANDBY`` or ``DISTRIBUTED_ONLY``. ``owner_name`` is the name of the owner.

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
    owner_name: str = ""

    @property
    def is_owned_by_group(self) -> bool:
        """True if the owner is a VDC group."""
        return self.owner_id.startswith(VDC_GROUP)

    @property
    def owner_type(self) -> str:
        """The type of the owner: ``vdc`` or ``vdc_group``. Empty if it is unknown."""
        if self.is_owned_by_group:
            return "vdc_group"
        return "vdc" if self.owner_id.startswith(VDC) else ""

    def as_row(self) -> dict[str, Any]:
        """Return the table row of an edge gateway.

        The keys ``id``, ``name`` and ``vdc`` are the same in all list commands.
        """
        fields = self.as_dict()
        return {"name": fields.pop("name"), "id": fields.pop("edge_id"), "vdc": fields.pop("vdc_name"), **fields}

    def as_dict(self) -> dict[str, Any]:
        """Return all fields except ``href``."""
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
            "owner_name": self.owner_name or self.vdc_name,
            "owner_type": self.owner_type,
            "deployment_mode": self.deployment_mode,
        }


def uuid_in(text: str) -> str:
    """Return the UUID from a UUID or URN, or an empty string for other strings.

    Source: protocol/ans.md §1.3.
    """
    match = _UUID.match(text.strip())
    return match.group(1).lower() if match else ""


def last_part(href: str) -> str:
    """Return the last segment of a link, which is the ID of the linked object."""
    return href.split("?", 1)[0].rstrip("/").rpartition("/")[2]


def is_in_vdc(edge: Edge, vdc: str) -> bool:
    """Return True if the edge is in the VDC with this name, UUID, URN or link.

    The comparison of names ignores case.
    """
    by_id = uuid_in(vdc) or (uuid_in(last_part(vdc)) if "/" in vdc else "")
    return edge.vdc_id == by_id if by_id else edge.vdc_name.casefold() == vdc.strip().casefold()


def may_be_in_vdc(edge: Edge, vdc: str) -> bool:
    """Return True if the edge is in the VDC, or is owned by a VDC group.

    The record of an edge that a VDC group owns does not name the VDCs of the group. ``vdc`` can also be the name or URN
    of the group. Source: protocol/nsxt.md §2.
    """
    if edge.is_owned_by_group and not edge.vdc_id:
        is_other_group = uuid_in(vdc) and vdc.startswith(VDC_GROUP) and uuid_in(vdc) != uuid_in(edge.owner_id)
        return not is_other_group
    return is_in_vdc(edge, vdc)


def pick(edges: Sequence[Edge], name: str, vdc: str = "") -> Edge:
    """Find an edge by name or ID. If ``vdc`` is set, search only in that VDC.

    If the VDC has no such edge, edges that VDC groups own are searched as well.

    An exact match takes precedence over a match that ignores case.

    Raises: NotFoundError with similar names; AmbiguousMatchError with the VDC of each candidate.
    """
    pool = [edge for edge in edges if not vdc or is_in_vdc(edge, vdc)]
    of_groups = [edge for edge in edges if vdc and edge not in pool and may_be_in_vdc(edge, vdc)]
    for matches in (
        [edge for edge in pool if edge.name == name or edge.edge_id == name],
        [edge for edge in pool if edge.name.casefold() == name.strip().casefold()],
        [edge for edge in of_groups if edge.name == name or edge.edge_id == name],
    ):
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{len(matches)} edge gateways are named {name!r}.",
                candidates=[
                    {"edge_id": edge.edge_id, "name": edge.name, "vdc": edge.vdc_name or edge.vdc_id}
                    for edge in matches
                ],
                hint="Set vdc as well, or use the UUID of the edge gateway.",
            )
        if matches:
            return matches[0]
    raise _not_found(edges, pool, name, vdc)


def _not_found(edges: Sequence[Edge], pool: Sequence[Edge], name: str, vdc: str) -> NotFoundError:
    where = f" in VDC {vdc!r}" if vdc else ""
    elsewhere = [edge for edge in edges if edge.name.casefold() == name.casefold()]
    if elsewhere and vdc:
        vdcs = ", ".join(sorted({edge.vdc_name or edge.vdc_id for edge in elsewhere}))
        hint = f"Check vdc. An edge gateway with this name is in VDC {vdcs}."
    else:
        nearest = near(name, [edge.name for edge in pool])
        hint = nearest[:1].upper() + nearest[1:] if nearest else _known(pool)
    return NotFoundError(f"Edge gateway not found: {name!r}{where}.", hint=hint)


def no_such_vdc(vdc: str, names: Iterable[str]) -> NotFoundError:
    """Return the error for an unknown VDC, with a similar name or a list of names."""
    known = sorted({name for name in names if name})
    nearest = near(vdc, known)
    listed = f"Use one of these VDCs: {', '.join(known[:10])}{' …' if len(known) > 10 else ''}." if known else ""
    hint = f"{nearest[:1].upper()}{nearest[1:]} {listed}" if nearest else listed
    return NotFoundError(f"VDC not found: {vdc!r}.", hint=hint.strip() or "Check vdc (VCA_VDC).")


def _known(edges: Iterable[Edge]) -> str:
    names = sorted({edge.name for edge in edges})
    if not names:
        return "Check the organization and VDC. This user can see no edge gateways."
    return f"Use one of these edge gateways: {', '.join(names[:10])}{' …' if len(names) > 10 else ''}."


def lock_path(edge: Edge) -> str:
    """Return the path of the object that the server locks for a change.

    The path is ``edge/<uuid>`` or ``vdcGroup/<uuid>``. Source: protocol/nsxt.md §2.
    """
    backend = BACKENDS.get(edge.backend)
    if backend is not None and backend.is_changed_by_group and edge.is_owned_by_group:
        return f"vdcGroup/{edge.owner_id.removeprefix(VDC_GROUP)}"
    return f"edge/{edge.edge_id}"


def refuse_backend(
    edge: Edge, section: str, supported: Iterable[str], alternative: str = "", *, reason: str = ""
) -> None:
    """Raise ConfigurationError if a section does not support the backend of the edge.

    ``alternative`` is a sentence that tells the user what to do instead. ``reason`` is a sentence that tells the user
    why the section is not supported.
    """
    backends = set(supported)
    if edge.backend in backends:
        return
    titles = " and ".join(sorted(BACKENDS[backend].title for backend in backends))
    raise ConfigurationError(
        f"Opening the {section} section of edge gateway {edge.name or edge.edge_id!r} failed. The backend "
        f"of the edge gateway is {BACKENDS[edge.backend].title}, but this version supports the "
        f"section only on {titles}.{reason and f' {reason}'}",
        hint=alternative
        or "Use an edge gateway with another backend. Run `vca edge list -o wide` to see the backends.",
    )


def has_edge_services(edge: Edge) -> bool:
    """Return False if the edge is known to have no edge services."""
    if edge.backend == NSXT:
        return edge.deployment_mode != DISTRIBUTED_ONLY
    return edge.is_advanced is not False


def refuse_plain_edge(edge: Edge) -> None:
    """Raise ConfigurationError for an NSX-V edge without advanced networking.

    Source: protocol/ans.md §1.3, protocol/nsxt.md §2.
    """
    if edge.is_advanced is False and edge.backend != NSXT:
        raise ConfigurationError(
            f"Opening edge gateway {edge.name!r} failed. The edge gateway has no advanced networking.",
            hint="Ask the provider to enable advanced networking for this NSX-V edge gateway, or use another edge "
            "gateway. To read the services of this edge gateway in Python, use `client.edges.read_classic`.",
        )
