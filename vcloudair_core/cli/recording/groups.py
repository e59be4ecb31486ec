"""Read the VDC groups of a tenant. Source: protocol/nsxt.md §2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.recording.reader import TenantReader
from vcloudair_core.errors import ApiError
from vcloudair_core.session.versions import is_at_least
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge

GROUPS = "/cloudapi/1.0.0/vdcGroups"
SINCE = (33, 0)
_PAGE_SIZE = 128


def read_groups(reader: TenantReader) -> list[dict[str, Any]]:
    """Return the VDC groups as the API returns them, sorted by name.

    The result is empty for servers without VDC groups.
    """
    session = reader.client.session
    if not is_at_least(session.identity.api_version, SINCE):
        return []
    groups: list[dict[str, Any]] = []
    total, accept = 1, f"application/json;version={session.identity.api_version}"
    while len(groups) < total:
        query = f"page={1 + len(groups) // _PAGE_SIZE}&pageSize={_PAGE_SIZE}"
        try:
            body = session.call("GET", GROUPS, query=query, accept=accept).body
        except ApiError as exc:
            reader.warn(f"VDC groups are left out. {exc}")
            break
        page = xml.parse_json(body, what="the VDC groups")
        values = page.get("values") or []
        groups += values
        total = int(page.get("resultTotal") or 0) if values else 0
    return sorted(groups, key=lambda group: str(group["name"]))


def group_tree(group: Mapping[str, Any], vdc_names: Mapping[str, str], edges: Sequence[Edge]) -> dict[str, Any]:
    """Return the description of a VDC group for the inventory file."""
    owned = [edge.name for edge in edges if edge.owner_id == group["id"]]
    tree = {
        "name": group["name"],
        "description": group.get("description") or "",
        "vdcs": [vdc_names[vdc_id] for vdc_id in vdc_ids(group) if vdc_id in vdc_names],
        "edges": sorted(owned),
    }
    return {name: value for name, value in tree.items() if value}


def vdc_ids(group: Mapping[str, Any]) -> list[str]:
    """Return the UUIDs of the VDCs of a group."""
    return [str(item["vdcRef"]["id"])[-36:].lower() for item in group.get("participatingOrgVdcs") or ()]


def network_providers(group: Mapping[str, Any]) -> dict[str, str]:
    """Return the NSX-T managers of a group as ``{VDC UUID: name of the manager}``."""
    if group.get("networkProviderType") != "NSX_T":
        return {}
    return {
        str(item["vdcRef"]["id"])[-36:].lower(): str(item["networkProviderScope"])
        for item in group.get("participatingOrgVdcs") or ()
        if item.get("networkProviderScope")
    }
