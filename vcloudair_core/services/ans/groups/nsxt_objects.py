"""Firewall groups and application port profiles of NSX-T.

Source: protocol/nsxt.md §3, §4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.errors import NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.groups.descriptor import APPLICATION_PROFILE, IP_SET, GroupType
from vcloudair_core.services.ans.groups.model import OTHER, USER, GroupObject
from vcloudair_core.services.ans.groups.nsxt_codec import (
    changed_group,
    changed_profile,
    ip_set_of,
    members_of,
    new_group,
    new_profile,
    profile_of,
    security_group_of,
)
from vcloudair_core.services.ans.groups.objects import GroupObjects
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.services.ans.nsxt.port_profiles import TENANT
from vcloudair_core.services.ans.nsxt.references import is_managed
from vcloudair_core.services.ans.nsxt.store import PROVIDER_ORG, tenant_context
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.services.ans.groups.owner import GroupOwner
    from vcloudair_core.session.session import Session

_GROUPS, _PROFILES = "/1.0.0/firewallGroups", "/1.0.0/applicationPortProfiles"
_NETWORKS = "/1.0.0/orgVdcNetworks"
_OPEN_TASKS = "type=task&format=records&filter=status==running,status==queued"
_OPERATIONS = ("firewallgroup", "appportprofile")
_IDLE_TIMEOUT_S = 600.0
_IDLE_POLL_S = 1.0


class NsxtObjects(GroupObjects):
    """The firewall groups or application port profiles of an owner.

    The list of groups does not include their content, so each group takes one more call.
    """

    def __init__(self, session: Session, owner: GroupOwner, group_type: GroupType) -> None:
        self._session = session
        self._owner = owner
        self._is_profile = group_type.name == APPLICATION_PROFILE
        self._is_ip_set = group_type.name == IP_SET
        self._api = CloudApi(session, _context(session, owner))

    # -- reading --------------------------------------------------------------------------------------------------

    def read(self, names: Collection[str] | None) -> list[GroupObject]:
        """Return the objects with these names, or all objects.

        Objects of the system, and objects that this project creates for rules, have the type ``other``.
        """
        return self._read_profiles(names) if self._is_profile else self._read_groups(names)

    def _read_profiles(self, names: Collection[str] | None) -> list[GroupObject]:
        values = self._api.pages(_PROFILES, filter_text=f"_context=={self._owner.profile_owner_id}")
        return [
            GroupObject(str(value.get("id")), profile_of(value), value, _type_of(value, value.get("scope") == TENANT))
            for value in map(mapping_of, values)
            if names is None or value.get("name") in names
        ]

    def _read_groups(self, names: Collection[str] | None) -> list[GroupObject]:
        summaries = self._api.pages(f"{_GROUPS}/summaries", filter_text=f"_context=={self._owner.group_owner_id}")
        objects: list[GroupObject] = []
        for summary in map(mapping_of, summaries):
            is_ip_set = (summary.get("typeValue") or summary.get("type") or "IP_SET") == "IP_SET"
            if is_ip_set != self._is_ip_set or not (names is None or summary.get("name") in names):
                continue
            is_own = _type_of(summary) == USER
            if names is None and not is_own:
                continue
            urn = str(summary.get("id"))
            try:
                value = mapping_of(self._api.get(_path(_GROUPS, urn)))
            except (NotFoundError, PermissionDeniedError):
                continue  # another client has deleted the group since the list was read
            decode = ip_set_of if is_ip_set else security_group_of
            objects.append(GroupObject(urn, decode(value), value, _type_of(value)))
        return objects

    def network_names(self, objects: Sequence[GroupObject], *, is_complete: bool) -> Mapping[str, str]:
        """Return the names of member networks by URN.

        If ``is_complete`` is True, the result has all networks that can be members.
        """
        names = {
            urn: name for item in objects if not self._is_profile for urn, name in members_of(mapping_of(item.raw))
        }
        if is_complete:
            networks = map(mapping_of, self._api.pages(_NETWORKS, filter_text="_context==includeAccessible"))
            owner_id = self._owner.group_owner_id
            names |= {
                str(network.get("id")): str(network.get("name") or "")
                for network in networks
                if _is_network_of(network, owner_id)
            }
        return names

    def wait_until_idle(self) -> None:
        """Wait until no server task is changing groups or profiles.

        Source: protocol/query.md §4.1 (records of tasks), protocol/nsxt.md §0.2 (names of operations).
        """
        deadline = self._session.clock.now() + _IDLE_TIMEOUT_S
        while self._session.clock.now() < deadline:
            response = self._session.call("GET", "/api/query", query=_OPEN_TASKS)
            records = xml.parse(response.body, what="the list of tasks")
            names = [str(record.get("name") or "").casefold() for record in records]
            if not any(operation in name for name in names for operation in _OPERATIONS):
                return
            self._session.clock.sleep(_IDLE_POLL_S)

    # -- writing --------------------------------------------------------------------------------------------------

    def create(self, spec: Any) -> None:
        """Create a group or a profile."""
        if self._is_profile:
            org_id = self._api.org_id or self._session.identity.org_id.rpartition(":")[2]
            body = new_profile(spec, f"urn:vcloud:org:{org_id}", self._owner.profile_owner_id)
            self._api.write("POST", _PROFILES, body)
        else:
            self._api.write("POST", _GROUPS, new_group(spec, self._owner.group_owner_id))

    def update(self, item: GroupObject, spec: Any, changed: Sequence[str]) -> None:
        """Change the fields ``changed``. All other values are sent as they were read."""
        if self._is_profile:
            self._api.write("PUT", _path(_PROFILES, item.object_id), changed_profile(item.raw, spec, changed))
        else:
            self._api.write("PUT", _path(_GROUPS, item.object_id), changed_group(item.raw, spec, changed))

    def delete(self, item: GroupObject) -> None:
        """Delete a group or a profile. The server refuses to delete one that a rule uses."""
        path = _path(_PROFILES if self._is_profile else _GROUPS, item.object_id)
        try:
            self._api.write("DELETE", path)
        except (NotFoundError, PermissionDeniedError):
            # The server returns 403 for an unknown ID, and also without the right. Source: protocol/nsxt.md §1.3.
            if any(current.object_id == item.object_id for current in self.read({str(item.spec.name)})):
                raise


def _is_network_of(network: Mapping[str, Any], owner_id: str) -> bool:
    """Return True if groups of an owner can have a network as a member.

    The owner is the edge gateway that routes the network, or the VDC group that owns the network.

    Source: protocol/nsxt.md §2.
    """
    router = mapping_of(mapping_of(network.get("connection")).get("routerRef")).get("id")
    return owner_id in (router, mapping_of(network.get("ownerRef")).get("id"))


def _type_of(value: Mapping[str, Any], is_own: bool = True) -> str:
    return USER if is_own and not is_managed(value) else OTHER


def _path(collection: str, urn: str) -> str:
    return f"{collection}/{quote(urn, safe=':')}"


def _context(session: Session, owner: GroupOwner) -> str:
    """Return the UUID of the org that a provider session acts for, or an empty string."""
    if session.identity.org_name.casefold() != PROVIDER_ORG:
        return ""
    if owner.edge is not None:
        return tenant_context(session, owner.edge)
    return owner.vdc_group.org_id if owner.vdc_group is not None else ""
