"""A data class for VDC groups, and the search by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError
from vcloudair_core.services.ans.edge.backend import NSXT, NSXV
from vcloudair_core.services.ans.edge.model import VDC_GROUP
from vcloudair_core.services.ans.section.json_values import text_of

NSX_T = "NSX_T"
"""Value of ``networkProviderType`` of groups with an NSX-T distributed firewall."""

_BACKENDS = {NSX_T: NSXT, "NSX_V": NSXV}
"""Backend by value of ``networkProviderType``. Source: protocol/nsxt.md §2."""

_SHOWN = 10


@dataclass(frozen=True)
class OrgVdcGroup:
    """A VDC group. Empty strings mean unknown.

    ``group_id`` and ``org_id`` are UUIDs. ``provider_type`` is ``NSX_T`` or ``NSX_V``. Source: protocol/nsxt.md §2.
    """

    group_id: str
    name: str = ""
    org_id: str = ""
    provider_type: str = ""

    @property
    def urn(self) -> str:
        """The URN of the group."""
        return f"{VDC_GROUP}{self.group_id}"

    @property
    def backend(self) -> str:
        """The backend of the networks of the group, or an empty string if it is unknown."""
        return _BACKENDS.get(self.provider_type, "")

    def as_row(self) -> dict[str, str]:
        """Return the table row of a VDC group. ``id`` is the URN."""
        return {"name": self.name, "id": self.urn, "org_id": self.org_id, "backend": self.backend}

    @property
    def title(self) -> str:
        """The display name of the group: ``VDC group dc-group``."""
        return f"VDC group {self.name or self.group_id}"


def group_of(value: Mapping[str, Any]) -> OrgVdcGroup:
    """Return the VDC group in a JSON object. Source: protocol/nsxt.md §2."""
    return OrgVdcGroup(
        _last(value.get("id")),
        text_of(value.get("name")) or "",
        _last(value.get("orgId")),
        text_of(value.get("networkProviderType")) or "",
    )


def pick_group(groups: Sequence[OrgVdcGroup], name: str) -> OrgVdcGroup:
    """Find a VDC group by name.

    An exact match takes precedence over a match that ignores case.

    Raises: NotFoundError with similar names; AmbiguousMatchError with the candidates.
    """
    for matches in (
        [group for group in groups if group.name == name],
        [group for group in groups if group.name.casefold() == name.strip().casefold()],
    ):
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{len(matches)} VDC groups are named {name!r}.",
                candidates=[{"id": group.urn, "name": group.name, "org_id": group.org_id} for group in matches],
                hint="Use the URN of the VDC group.",
            )
        if matches:
            return matches[0]
    raise NotFoundError(f"VDC group not found: {name!r}.", hint=_hint(name, groups))


def _hint(name: str, groups: Sequence[OrgVdcGroup]) -> str:
    names = sorted({group.name for group in groups if group.name})
    nearest = near(name, names)
    if nearest:
        return nearest[:1].upper() + nearest[1:]
    if not names:
        return "Check the organization. This user can see no VDC groups."
    return f"Use one of these VDC groups: {', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}."


def _last(urn: Any) -> str:
    return str(urn or "").rpartition(":")[2].lower()
