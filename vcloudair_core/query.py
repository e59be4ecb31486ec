"""Query classes with the API of vcloudair 0.5, and their base class."""

from __future__ import annotations

from vcloudair_core.compat.query import (
    EdgeGatewayQuery,
    OrgVdcQuery,
    QueryBase,
    VAppQuery,
    VAppTemplateQuery,
    VMQuery,
    query_record_types,
)

__all__ = [
    "EdgeGatewayQuery",
    "OrgVdcQuery",
    "QueryBase",
    "VAppQuery",
    "VAppTemplateQuery",
    "VMQuery",
    "query_record_types",
]
