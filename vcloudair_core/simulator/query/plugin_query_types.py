"""Look up query types, including the types that plugins add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.plugin.records import SimulatorRecords
from vcloudair_core.simulator.query.query_columns import Column, Source
from vcloudair_core.simulator.query.query_records import source_of
from vcloudair_core.simulator.query.query_types import ADMIN_TYPES, TYPES, QueryType

TENANT_ONLY = ("vm",)
"""Types that the provider cannot query. It queries ``adminVM`` instead.

Source: protocol/query.md §6.
"""


def known_types(simulator: Any) -> dict[str, QueryType]:
    """Return all query types of tenants and of the provider by name."""
    return {**{records.type.name: _type(records) for _, records in _added(simulator)}, **TYPES, **ADMIN_TYPES}


def find_type(simulator: Any, kind: str) -> QueryType | None:
    """Return a query type by name, or None."""
    built_in = TYPES.get(kind) or ADMIN_TYPES.get(kind)
    return built_in or next((_type(added) for _, added in _added(simulator) if added.type.name == kind), None)


def find_source(simulator: Any, kind: str) -> Source:
    """Return the source of records for a known query type."""
    if kind in TYPES or kind in ADMIN_TYPES:
        return source_of(kind)
    group, records = next(added for added in _added(simulator) if added[1].type.name == kind)
    columns = {name: _attribute(name) for name in _attributes(records)}
    return Source(
        lambda context: list(records.list(replace(context, state=simulator.state[group]))), columns, is_steady=False
    )


def _added(simulator: Any) -> Iterator[tuple[str, SimulatorRecords]]:
    return ((group.name, records) for group in simulator.route_groups for records in group.records)


def _attributes(records: SimulatorRecords) -> frozenset[str]:
    return frozenset({"name", "href", *records.type.attributes})


def _type(records: SimulatorRecords) -> QueryType:
    added = records.type
    return QueryType(added.name, added.record_element, added.references_element, _attributes(records) | {"id", "type"})


def _attribute(name: str) -> Column:
    get: Callable[[Any, Mapping[str, Any]], Any] = lambda context, record: record.get(name)  # noqa: E731 - one line
    return get
