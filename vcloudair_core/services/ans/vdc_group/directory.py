"""Find VDC groups, and cache their list in the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.edge.backend import NSXT_SINCE
from vcloudair_core.services.ans.edge.model import VDC_GROUP, uuid_in
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.services.ans.vdc_group.model import OrgVdcGroup, group_of, pick_group
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

GROUPS = "/1.0.0/vdcGroups"


@dataclass
class _KnownGroups:
    """The cache of VDC groups in a session."""

    listed: list[OrgVdcGroup] | None = None
    by_id: dict[str, OrgVdcGroup] = field(default_factory=dict)


class VdcGroupDirectory:
    """The VDC groups that the user can see. The list is read once and cached."""

    def __init__(self, session: Session) -> None:
        self._api = CloudApi(session)
        self._known = session.state_of(_KnownGroups)

    def find(self, name: str) -> OrgVdcGroup:
        """Find a VDC group by name, UUID or URN.

        Makes one call, or none if the group is in the cache.

        Raises: ConfigurationError if the API version has no VDC groups; NotFoundError; AmbiguousMatchError.
        """
        self._refuse_version()
        group_id = uuid_in(name)
        if group_id:
            return self._by_id(group_id)
        is_cached = self._known.listed is not None
        try:
            return pick_group(self.list_groups(), name)
        except NotFoundError:
            if not is_cached:
                raise
        self._known.listed = None  # the group may have been created since the last read
        return pick_group(self.list_groups(), name)

    def list_groups(self) -> list[OrgVdcGroup]:
        """Return all visible VDC groups."""
        if self._known.listed is None:
            self._known.listed = [group_of(mapping_of(value)) for value in self._api.pages(GROUPS)]
        return self._known.listed

    def _by_id(self, group_id: str) -> OrgVdcGroup:
        for group in self._known.listed or ():
            if group.group_id == group_id:
                return group
        if group_id not in self._known.by_id:
            try:
                self._known.by_id[group_id] = group_of(mapping_of(self._api.get(f"{GROUPS}/{VDC_GROUP}{group_id}")))
            except (NotFoundError, PermissionDeniedError) as exc:
                # The server returns 403 for an unknown id. Source: protocol/nsxt.md §1.3.
                raise NotFoundError(
                    f"VDC group not found: {group_id!r}. {exc.message}",
                    status=exc.status,
                    code=exc.code,
                    request_id=exc.request_id,
                    method=exc.method,
                    path=exc.path,
                    hint="Check the UUID, and check that your role can view VDC groups.",
                ) from exc
        return self._known.by_id[group_id]

    def _refuse_version(self) -> None:
        if not is_at_least(self._api.version, NSXT_SINCE):
            raise ConfigurationError(
                f"Looking up VDC groups failed. The API version is {self._api.version}.",
                hint="Set api_version to {}.{} or newer.".format(*NSXT_SINCE),
            )


def target_group(session: Session, target: Mapping[str, Any]) -> OrgVdcGroup:
    """Return the VDC group that a target or the settings name.

    Shape of ``target``: ``{"vdc_group": str}``. The target of a staged change has ``{"vdc_group": UUID,
    "vdc_group_name": str, "vdc_group_org": UUID, "vdc_group_provider": str}``, so that the VDC group need not be read.

    Raises: ConfigurationError if no VDC group is named; the errors of :meth:`VdcGroupDirectory.find`.
    """
    name = str(target.get("vdc_group") or session.settings.vdc_group or "").strip()
    if not name:
        raise ConfigurationError(
            "No VDC group is selected.", hint="Set vdc_group to a name or URN, or set VCA_VDC_GROUP."
        )
    if "vdc_group_provider" in target:
        known = (str(target.get(f"vdc_group_{key}") or "") for key in ("name", "org", "provider"))
        return OrgVdcGroup(uuid_in(name), *known)
    return VdcGroupDirectory(session).find(name)
