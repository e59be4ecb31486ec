"""Look up the source of records for a query type.

Source: protocol/query.md §6, §7.
"""

from __future__ import annotations

from functools import cache

from vcloudair_core.simulator.query import catalog_records, compute_records, network_records, org_records
from vcloudair_core.simulator.query.admin_records import ADMIN_SOURCES
from vcloudair_core.simulator.query.query_columns import Source, constant
from vcloudair_core.simulator.query.query_types import ADMIN_TYPES, TYPES

_NOTHING = Source(lambda context: (), {"name": constant(""), "href": constant("")})

_SOURCES = {
    "vm": compute_records.VMS,
    "vApp": compute_records.VAPPS,
    "vAppTemplate": catalog_records.TEMPLATES,
    "edgeGateway": network_records.EDGES,
    "orgVdc": compute_records.ORG_VDCS,
    "organization": org_records.ORGS,
    "orgVdcNetwork": network_records.NETWORKS,
    "orgVdcStorageProfile": compute_records.PROFILES,
    "catalog": catalog_records.CATALOGS,
    "catalogItem": catalog_records.ITEMS,
    "media": catalog_records.MEDIA,
    "user": org_records.USERS,
    "role": org_records.ROLES,
    "right": org_records.RIGHTS,
    "task": org_records.TASKS,
    **ADMIN_SOURCES,
}


@cache
def source_of(kind: str) -> Source:
    """Return the objects and attributes of a built-in query type.

    The result is empty if the simulator has no records of the type.
    """
    assert kind in TYPES or kind in ADMIN_TYPES
    return _SOURCES.get(kind, _NOTHING)


def has_records(kind: str) -> bool:
    """Return True if the simulator can have records of a query type."""
    return kind in _SOURCES
