"""Query types that plugins add, together with the built-in types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.plugin.records import SimulatorRecords
from vcloudair_core.simulator.query.query_records import Column, Source, source_of
from vcloudair_core.simulator.query.query_types import TYPES, QueryType


def known_types(simulator: Any) -> dict[str, QueryType]:
    """Return all query types by name."""
    return {**{records.type.name: _type(records) for _, records in _added(simulator)}, **TYPES}


def find_type(simulator: Any, kind: str) -> QueryType | None:
    """Return the query type with a name, or None."""
    return TYPES.get(kind) or next((_type(added) for _, added in _added(simulator) if added.type.name == kind), None)


def find_source(simulator: Any, kind: str) -> Source:
    """Return the objects and attributes of a query type."""
    if kind in TYPES:
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
