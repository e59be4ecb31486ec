"""Owners of groups and profiles: an edge gateway, a VDC group, or a VDC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT, NSXT_SINCE
from vcloudair_core.services.ans.edge.directory import EdgeDirectory, target_edge
from vcloudair_core.services.ans.edge.model import VDC, VDC_GROUP, Edge, has_edge_services, uuid_in
from vcloudair_core.services.ans.vdc_group.directory import target_group
from vcloudair_core.services.ans.vdc_group.model import NSX_T, OrgVdcGroup
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.services.ans.groups.descriptor import GroupType
    from vcloudair_core.session.session import Session


@dataclass(frozen=True)
class GroupOwner:
    """The edge gateway, VDC or VDC group that owns groups and profiles.

    Attributes:
        backend: The API of the objects: ``nsxt`` or ``nsxv``.
        title: The display name: ``edge gateway web-edge``.
        path: The path of the owner in lock keys: ``edge/<uuid>``.
        vdc_id: The UUID of the VDC that owns the objects. Empty if a VDC group owns them.
        edge: The edge gateway of the target, or None.
        vdc_group: The VDC group that owns the objects, or None.
    """

    backend: str
    title: str
    path: str
    vdc_id: str = ""
    edge: Edge | None = None
    vdc_group: OrgVdcGroup | None = None

    @property
    def group_owner_id(self) -> str:
        """The URN of the owner of firewall groups. Source: protocol/nsxt.md §3."""
        if self.vdc_group is not None:
            return self.vdc_group.urn
        return f"urn:vcloud:gateway:{self.edge.edge_id}" if self.edge is not None else ""

    @property
    def profile_owner_id(self) -> str:
        """The URN of the owner of application port profiles.

        Source: protocol/nsxt.md §4.
        """
        return self.vdc_group.urn if self.vdc_group is not None else f"{VDC}{self.vdc_id}"


def target_owner(session: Session, target: Mapping[str, Any], group_type: GroupType) -> GroupOwner:
    """Return the owner that a target or the settings select.

    An edge gateway of a VDC group shares the objects of the group. Source: protocol/nsxt.md §3.

    Shape of ``target``: ``{"edge": str, "vdc": str, "vdc_group": str}``.

    Raises: ConfigurationError if the backend of the edge gateway does not have the type of objects; the errors of
    :func:`target_edge` and :func:`target_group`.
    """
    is_edge = bool(target.get("edge"))
    if target.get("vdc_group") or (not is_edge and not session.settings.edge and session.settings.vdc_group):
        if is_edge and target.get("vdc_group"):
            raise ConfigurationError("Both edge and vdc_group are set.", hint="Set only one of them.")
        return _of_vdc_group(target_group(session, target))
    edge = target_edge(session, target)
    if edge.backend not in group_type.sections:
        titles = " and ".join(BACKENDS[backend].title for backend in group_type.sections)
        raise ConfigurationError(
            f"Managing {group_type.plural} of edge gateway {edge.name or edge.edge_id!r} failed. The backend of the "
            f"edge gateway is {BACKENDS[edge.backend].title}, but this version supports them only on {titles}.",
            hint=group_type.way_out.get(
                edge.backend,
                "Use an edge gateway with another backend. Run `vca edge list -o wide` to see the backends.",
            ),
        )
    return _of_edge(session, _complete(session, edge))


def _complete(session: Session, edge: Edge) -> Edge:
    """Return an edge gateway with its owner, reading the edge list if necessary."""
    if edge.owner_id or edge.vdc_id:
        return edge
    records = [record for record in EdgeDirectory(session).list_edges() if record.edge_id == edge.edge_id]
    return replace(records[0], backend=edge.backend) if records else edge


def _of_vdc_group(group: OrgVdcGroup) -> GroupOwner:
    if group.provider_type not in ("", NSX_T):
        raise ConfigurationError(
            f"Opening {group.title} failed. The networks of the group are not NSX-T networks.",
            hint="Use a VDC group with NSX-T networks.",
        )
    return GroupOwner(NSXT, group.title, f"vdcGroup/{group.group_id}", vdc_group=group)


def _of_edge(session: Session, edge: Edge) -> GroupOwner:
    title = f"edge gateway {edge.name or edge.edge_id}"
    if edge.backend != NSXT:
        vdc_id = edge.vdc_id or uuid_in(edge.owner_id)
        return GroupOwner(edge.backend, f"VDC {edge.vdc_name or vdc_id}", f"vdc/{vdc_id}", vdc_id, edge)
    version = session.identity.api_version
    if not is_at_least(version, NSXT_SINCE):
        raise ConfigurationError(
            f"Opening {title} failed. API version {version} is too old for an NSX-T edge gateway.",
            hint="Set api_version to {}.{} or newer.".format(*NSXT_SINCE),
        )
    if edge.is_owned_by_group:
        group = OrgVdcGroup(edge.owner_id.removeprefix(VDC_GROUP), edge.owner_name, "", NSX_T)
        return replace(_of_vdc_group(group), edge=edge)
    return GroupOwner(NSXT, title, f"edge/{edge.edge_id}", uuid_in(edge.owner_id) or edge.vdc_id, edge)


def edges_of(session: Session, owner: GroupOwner, *, of_profiles: bool) -> list[Edge]:
    """Return the edge gateways whose rules can use the objects of an owner.

    On NSX-V, all edge gateways of a VDC share its objects. On NSX-T, the edge gateways of a VDC share application
    profiles (``of_profiles``), but no other objects.

    Source: protocol/nsxt.md §3, §4; protocol/ans.md §1.1.
    """
    edges = [edge for edge in EdgeDirectory(session).list_edges() if has_edge_services(edge)]
    if owner.backend != NSXT:
        own = [edge for edge in edges if (edge.vdc_id or uuid_in(edge.owner_id)) == owner.vdc_id]
        return [replace(edge, backend=owner.backend) for edge in own if edge.backend != NSXT]
    edges = [edge for edge in edges if edge.backend == NSXT]
    if owner.vdc_group is not None:
        return [edge for edge in edges if edge.owner_id == owner.vdc_group.urn]
    if of_profiles:
        return [edge for edge in edges if not edge.is_owned_by_group and edge.vdc_id == owner.vdc_id]
    return [owner.edge] if owner.edge is not None else []
