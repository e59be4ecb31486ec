"""The module ``query`` of vcloudair 0.5: queries by type, and the base of queries of one's own."""

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
