"""Select the objects that the user of a request can see.

A tenant sees the objects of its org. A provider sees the objects of all orgs, unless its session acts in a tenant.
Users without the right to view an org as an administrator see only vApps that they own or that are shared with them.

Source: protocol/vm-writes.md §5, protocol/query.md §6, protocol/vcd-modern.md §1.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.simulator.access.rights import VIEW_ADMIN
from vcloudair_core.simulator.state.entities import PROVIDER_ORG, VApp, Vm


def is_provider(context: Any) -> bool:
    """Return True for the session of a provider that does not act in a tenant."""
    return bool(context.user.org == PROVIDER_ORG)


def is_provider_user(context: Any) -> bool:
    """Return True for the session of a provider, even if it acts in a tenant."""
    return is_provider(context) or bool(context.user.home_org == PROVIDER_ORG)


def can_see_org(context: Any, org: str) -> bool:
    """Return True if the user can see the objects of an org."""
    return is_provider(context) or bool(org == context.user.org)


def can_see(context: Any, item: Any) -> bool:
    """Return True if the user can see an object in a VDC."""
    world = context.world
    if not can_see_org(context, world.vdcs[item.vdc_id].org):
        return False
    if not isinstance(item, (VApp, Vm)) or context.may(VIEW_ADMIN):
        return True
    vapp = item if isinstance(item, VApp) else world.vapps.get(item.vapp_id)
    return vapp is None or _has_access(context, vapp)


def in_visible_vdcs(context: Any, objects: Mapping[str, Any]) -> list[Any]:
    """Return the ``objects`` in VDCs that the user can see."""
    world = context.world
    vdc_ids = {vdc.vdc_id for vdc in world.vdcs.values() if can_see_org(context, vdc.org)}
    items = [item for item in objects.values() if item.vdc_id in vdc_ids]
    if not items or not isinstance(items[0], (VApp, Vm)) or context.may(VIEW_ADMIN):
        return items
    hidden = {vapp.vapp_id for vapp in world.vapps.values() if not _has_access(context, vapp)}
    return [item for item in items if item.vapp_id not in hidden]


def view_of(context: Any) -> tuple[str, str]:
    """Return a cache key. Users who can see the same objects have the same key."""
    return context.user.org, "" if context.may(VIEW_ADMIN) else context.user.user


def _has_access(context: Any, vapp: VApp) -> bool:
    owner = context.world.owner_of(vapp, context.user.org)
    is_owner = owner is not None and owner.name == context.user.user
    return is_owner or vapp.is_shared or context.user.user in vapp.shared_with
