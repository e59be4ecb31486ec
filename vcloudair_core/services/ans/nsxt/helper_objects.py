"""Read, reuse, create and delete managed firewall groups and port profiles.

The name of a managed object is derived from its content, and the object never changes. Therefore, rules with equal
content share an object, and an object that no rule uses can be deleted. Source: protocol/nsxt.md §13.4.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.errors import (
    AmbiguousMatchError,
    BusyError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    TaskFailedError,
    VcloudAirError,
)
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.services.ans.nsxt.port_profiles import SYSTEM, has_content, new_profile, services_of
from vcloudair_core.services.ans.nsxt.references import (
    ADDRESSES,
    CONTENT,
    GROUP_KEYS,
    NAMED_PROFILE,
    NETWORK_KEY,
    NETWORKS,
    PROFILE_KEYS,
    SERVICE,
    is_managed,
    managed_ids,
    references_of,
    replace_references,
)

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.owner import ObjectOwner
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.task_codec import Task

_log = logging.getLogger(__name__)
_GROUPS, _PROFILES = "/1.0.0/firewallGroups", "/1.0.0/applicationPortProfiles"
_NETWORKS = "/1.0.0/orgVdcNetworks"
_RANKS = {"TENANT": 0, "PROVIDER": 1, SYSTEM: 2}
"""Rank of each scope. Among profiles with equal names, the lowest rank is used.

Source: protocol/nsxt.md §13.1.
"""

_DESCRIPTION = "Managed by vcloudair.cloud"
_BUSY_WAITS_S = (0.5, 1.0, 2.0, 4.0)
_REFUSED = (InvalidRequestError, NotFoundError, TaskFailedError)
"""Errors of a deletion that mean that the object is in use or does not exist."""


@dataclass
class _KnownContent:
    """The session cache of managed groups, port profiles and networks.

    ``groups`` maps the URN of each group to its content, and ``profiles`` maps each owner to its profiles.
    """

    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    profiles: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    networks: list[Mapping[str, Any]] | None = None
    missing: set[str] = field(default_factory=set)
    """URNs of profiles that rules refer to and that the list lacks."""


class HelperObjects:
    """The firewall groups and port profiles that rules can use."""

    def __init__(self, session: Session, api: CloudApi, owner: ObjectOwner) -> None:
        self._session = session
        self._api = api
        self._owner = owner
        self._known = session.state_of(_KnownContent)
        self._summaries: list[Mapping[str, Any]] | None = None
        self._are_profiles_fresh = False
        self.created: list[str] = []
        """Paths of the groups and profiles that the current commit has created."""

    # -- reading -------------------------------------------------------------------------------------------------

    def describe(self, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add the content of managed groups and port profiles to rules.

        Makes calls only if a rule refers to a managed group or to a profile.
        """
        return [self._described(record) for record in records]

    def _described(self, record: dict[str, Any]) -> dict[str, Any]:
        replaced: dict[int, Mapping[str, Any]] = {}
        for reference in references_of(record, GROUP_KEYS):
            urn = str(reference.get("id"))
            if is_managed(reference):
                replaced[id(reference)] = {**reference, CONTENT: self._group_content(urn)}
        for reference in references_of(record, PROFILE_KEYS):
            services = self._profile_services(str(reference.get("id")))
            if services:
                replaced[id(reference)] = {**reference, CONTENT: {SERVICE: services}}
        return replace_references(record, replaced) if replaced else record

    def _group_content(self, urn: str) -> dict[str, Any]:
        """Return the content of a managed group, or an empty mapping if it does not exist.

        If the group does not exist, rules show the group itself, because a rule without members would match all
        traffic.
        """
        if urn not in self._known.groups:
            path = f"{_GROUPS}/{quote(urn, safe=':')}"
            try:
                group = self._api.get(path)
            except NotFoundError:
                return {}
            if not isinstance(group, dict) or not {"members", "ipAddresses"} & set(group):
                raise DecodeError(f"Reading the response of {path} failed. A firewall group was expected.")
            members = group.get("members")
            networks = [str(member.get("id")) for member in members or () if isinstance(member, dict)]
            addresses = [str(address) for address in group.get("ipAddresses") or ()]
            self._known.groups[urn] = {NETWORKS: networks} if networks else {ADDRESSES: addresses}
        return self._known.groups[urn]

    def _profile_services(self, urn: str) -> list[dict[str, Any]] | None:
        """Return the services of a system profile or managed profile.

        Return None for other profiles. Their content can change, so rules show their names.
        """
        profile = self._profiles().get(urn)
        if profile is None and urn not in self._known.missing:
            profile = self._profiles(is_stale=True).get(urn)
            self._known.missing |= {urn} if profile is None else set()
        if profile is None or not (profile.get("scope") == SYSTEM or is_managed(profile)):
            return None
        return services_of(profile)

    def _profiles(self, *, is_stale: bool = False) -> dict[str, dict[str, Any]]:
        """Return the owner's port profiles, by URN.

        The filter contains the owner, because each NSX manager has its own copy of every system profile. Source:
        protocol/nsxt.md §4.
        """
        owner = self._owner.owner_id
        if is_stale or owner not in self._known.profiles:
            values = self._api.pages(_PROFILES, filter_text=f"_context=={owner}")
            self._known.profiles[owner] = {str(value.get("id")): value for value in values}
        return self._known.profiles[owner]

    def group_summaries(self, *, is_stale: bool = False) -> list[Mapping[str, Any]]:
        """Return the summaries of all groups of the owner.

        The list is read once for each store. If ``is_stale`` is true, the list is read again.
        """
        if self._summaries is None or is_stale:
            self._summaries = self._api.pages(
                f"{_GROUPS}/summaries", filter_text=f"_context=={self._owner.group_owner_id}"
            )
        return self._summaries

    def group_names(self, *, is_stale: bool = False) -> dict[str, str]:
        """Return the names of the owner's firewall groups, by URN."""
        summaries = self.group_summaries(is_stale=is_stale)
        return {str(summary.get("id")): str(summary.get("name") or "") for summary in summaries}

    def group_ids(self, name: str) -> list[str]:
        """Return the URNs of all groups with this name."""
        return [urn for urn, known in self.group_names().items() if known == name]

    def profile_ids(self, name: str) -> list[str]:
        """Return the URNs of all profiles with this name.

        Profiles of the org come first, then profiles of the provider, then system profiles.
        """
        ranked = sorted(self._profiles().values(), key=lambda profile: _RANKS.get(str(profile.get("scope")), 9))
        return [str(profile.get("id")) for profile in ranked if profile.get("name") == name]

    def profile(self, urn: str) -> Mapping[str, Any] | None:
        """Return a port profile, or None if it does not exist."""
        return self._profiles().get(urn)

    def find_profile(self, name_or_urn: str) -> Mapping[str, Any] | None:
        """Return the port profile with this name or URN, or None if there is none.

        If the cache lacks the profile, the list is read again, because another client may have created the profile. It
        is read again at most once for each store.
        """
        for is_stale in (False, True):
            profiles = self._profiles(is_stale=is_stale and not self._are_profiles_fresh)
            self._are_profiles_fresh |= is_stale
            for urn in (name_or_urn, *self.profile_ids(name_or_urn)):
                if urn in profiles:
                    return profiles[urn]
        return None

    def profiles(self) -> list[Mapping[str, Any]]:
        """Return all port profiles to which rules can refer by name."""
        return list(self._profiles().values())

    def networks(self, *, is_stale: bool = False) -> list[Mapping[str, Any]]:
        """Return all networks that the user can see, including those of VDC groups.

        The list is read once in a session. If ``is_stale`` is true, it is read again.
        """
        if self._known.networks is None or is_stale:
            self._known.networks = self._api.pages(_NETWORKS, filter_text="_context==includeAccessible")
        return self._known.networks

    def network_id(self, name: str) -> str:
        """Return the URN of a network of the org.

        Raises: NotFoundError, AmbiguousMatchError.
        """
        for is_stale in (False, True):
            networks = self.networks(is_stale=is_stale)
            ids = [str(network.get("id")) for network in networks if network.get("name") == name]
            if ids:
                break
        if len(ids) > 1:
            raise AmbiguousMatchError(
                f"{len(ids)} networks are named {name!r}.",
                candidates=[{"id": urn, "name": name} for urn in ids],
                hint="Use the URN of the network.",
            )
        if not ids:
            raise NotFoundError(f"Network not found: {name!r}.", hint="Check the name, or use the URN of the network.")
        return ids[0]

    def network_name(self, urn: str) -> str:
        """Return the name of a network of the org.

        Raises: NotFoundError, AmbiguousMatchError.
        """
        for is_stale in (False, True):
            names = [str(item.get("name") or "") for item in self.networks(is_stale=is_stale) if item.get("id") == urn]
            if names:
                self.network_id(names[0])
                return names[0]
        raise NotFoundError(f"Network not found: {urn!r}.", hint="Check the URN, or use the name of the network.")

    # -- writing -------------------------------------------------------------------------------------------------

    def realize(self, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return rules in which every reference has an id.

        For references without an id, managed objects are reused or created.

        Raises: NotFoundError for the name of an object that does not exist; the errors of :meth:`CloudApi.write`.
        """
        self.created = []
        made: dict[str, dict[str, Any]] = {}
        realized: list[dict[str, Any]] = []
        for record in records:
            replaced: dict[int, Mapping[str, Any]] = {}
            for key in (*GROUP_KEYS, *PROFILE_KEYS, NETWORK_KEY):
                for reference in references_of(record, (key,)):
                    if not reference.get("id"):
                        name = f"{key in PROFILE_KEYS} {reference['name']}"
                        made[name] = made.get(name) or self._realized(key, reference)
                        replaced[id(reference)] = made[name]
            realized.append(replace_references(record, replaced) if replaced else record)
        return realized

    def _realized(self, key: str, reference: Mapping[str, Any]) -> dict[str, Any]:
        name = str(reference["name"])
        content = reference.get(CONTENT)
        if key == NETWORK_KEY:
            return {"name": name, "id": self.network_id(name)}
        if content is None or NAMED_PROFILE in content:
            names = self.profile_ids if key in PROFILE_KEYS else self.group_ids
            ids = names(name)
            if not ids:
                raise NotFoundError(f"Writing the rule failed. {name!r} no longer exists.", hint="Check the name.")
            return {**reference, "id": ids[0]}
        if SERVICE in content:
            return {**self._profile_for(name, content[SERVICE][0]), CONTENT: dict(content)}
        return {"name": name, "id": self._group_for(name, content), CONTENT: dict(content)}

    def _group_for(self, name: str, content: Mapping[str, Any]) -> str:
        existing = self.group_ids(name)
        if existing:
            return existing[0]
        body: dict[str, Any] = {
            "name": name,
            "description": _DESCRIPTION,
            "ownerRef": {"id": self._owner.group_owner_id},
        }
        if NETWORKS in content:
            body |= {"typeValue": "SECURITY_GROUP", "members": [{"id": urn} for urn in content[NETWORKS]]}
        else:
            body |= {"typeValue": "IP_SET", "ipAddresses": list(content[ADDRESSES])}
        urn = self._create(_GROUPS, body, lambda: _id_of_name(self.group_names(is_stale=True), name))
        self._known.groups[urn] = dict(content)
        return urn

    def _profile_for(self, name: str, service: Mapping[str, Any]) -> dict[str, Any]:
        """Return a reference to a profile with the content of a service.

        If no system profile has this content, the managed profile is used, and created if necessary.
        """
        profiles = list(self._profiles(is_stale=True).values())
        for scope in (SYSTEM, ""):
            for profile in profiles:
                is_candidate = profile.get("scope") == SYSTEM if scope else profile.get("name") == name
                if is_candidate and has_content(profile, service):
                    return {"name": profile.get("name"), "id": profile.get("id")}
        body = new_profile(name, service, f"urn:vcloud:org:{self._org_id}", self._owner.owner_id)
        urn = self._create(_PROFILES, body, lambda: _id_of_name(_names(self._profiles(is_stale=True)), name))
        return {"name": name, "id": urn}

    @property
    def _org_id(self) -> str:
        return self._api.org_id or self._session.identity.org_id.rpartition(":")[2]

    def _create(self, path: str, body: Mapping[str, Any], look_up: Callable[[], str]) -> str:
        """Create an object and return its URN.

        The owner of the finished task is the new object. If another client has created the same object in the meantime,
        return the URN of that object. Source: protocol/nsxt.md §1.2, §13.4.
        """
        try:
            task = self._write_when_idle("POST", path, body)
        except (InvalidRequestError, TaskFailedError):
            urn = look_up()
            if not urn:
                raise
            return urn
        urn = (task.owner_id if task is not None else "") or look_up()
        if not urn:
            raise DecodeError(f"Creating {body['name']} failed. The server did not return its ID.")
        self.created.append(f"{path}/{quote(urn, safe=':')}")
        return urn

    def _write_when_idle(self, method: str, path: str, body: Any = None) -> Task | None:
        """Send a write. If another operation holds the edge gateway, send the write again."""
        for wait_s in _BUSY_WAITS_S:
            try:
                return self._api.write(method, path, body)
            except BusyError as exc:
                _log.debug("%s %s is repeated: %s", method, path, exc)
                self._session.clock.sleep(wait_s)
        return self._api.write(method, path, body)

    # -- deleting ------------------------------------------------------------------------------------------------

    def discard_created(self) -> None:
        """Delete the groups and profiles that a failed commit created.

        The server refuses to delete groups and profiles that rules use.
        """
        created, self.created = self.created, []
        for path in created:
            self._delete(path)

    def collect(self, before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> None:
        """Delete the managed objects that rules no longer use.

        Makes calls only if the write has removed a reference to a managed object.

        The server refuses to delete an object that a rule of another section or edge gateway uses. Errors are only
        logged, because the write is complete.
        """
        used = managed_ids(after)
        removed = managed_ids(before) - used
        if not removed:
            return
        try:
            names = {**self.group_names(is_stale=True), **_names(self._profiles(is_stale=True))}
        except VcloudAirError as exc:
            _log.warning("Listing the firewall groups and port profiles of %s failed: %s", self._owner.name, exc)
            return
        for urn, name in names.items():
            if urn not in used and is_managed({"name": name}):
                path = _PROFILES if ":applicationPortProfile:" in urn else _GROUPS
                self._delete(f"{path}/{quote(urn, safe=':')}")

    def _delete(self, path: str) -> None:
        try:
            self._write_when_idle("DELETE", path)
        except _REFUSED as exc:
            _log.debug("%s was not deleted: %s", path, exc)
        except VcloudAirError as exc:
            _log.warning("Deleting the unused firewall group or port profile %s failed: %s", path, exc)


def _names(profiles: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {urn: str(profile.get("name") or "") for urn, profile in profiles.items()}


def _id_of_name(names: Mapping[str, str], name: str) -> str:
    return next((urn for urn, known in names.items() if known == name), "")


def _escaped(text: str) -> str:
    """Return a value of a FIQL filter, with its reserved characters encoded."""
    return quote(text, safe="")
