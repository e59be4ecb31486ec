"""Generate documentation of options that a backend does not support."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from vcloudair_core.engine.fields import SpecKey
from vcloudair_core.services.ans.edge.backend import BACKENDS
from vcloudair_core.services.ans.edge.limits import EDGE_GATEWAYS, Limit
from vcloudair_core.services.ans.groups.descriptor import TYPES
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.sections import GROUP_SECTIONS, SECTIONS, load_section

_THIS_OPTION = "this option"


@cache
def _limited_specs() -> dict[type, dict[tuple[str, str], Sequence[Limit]]]:
    """Return the limits of each spec type, keyed by (place, backend).

    A place is the type of the objects that have the options, such as edge gateways.
    """
    limits: dict[type, dict[tuple[str, str], Sequence[Limit]]] = {}
    for section in map(load_section, (*SECTIONS, *GROUP_SECTIONS)):
        rules = [(one_list.rule_type, one_list.rule_limits) for one_list in section.lists]
        for spec, declared in ((section.spec_type, section.setting_limits), *rules):
            limits.setdefault(spec, {}).update(
                {(section.owner_noun, backend): declared[backend] for backend in declared}
            )
    for group_type in TYPES.values():
        declared = group_type.limits
        limits[group_type.spec_type] = {(EDGE_GATEWAYS, backend): declared[backend] for backend in declared}
    return limits


def limits_of(spec: type, option: str, backend: str, place: str = EDGE_GATEWAYS) -> tuple[Limit, ...]:
    """Return the limits of an option on a backend."""
    limits = _limited_specs().get(spec, {}).get((place, backend), ())
    return tuple(limit for limit in limits if limit.option == option)


def support(section: Section[Any, Any], spec: type, key: SpecKey, backend: str) -> str:
    """Return a table cell that states whether a backend supports an option."""
    if section.owner_noun == EDGE_GATEWAYS and not section.is_on(backend):
        return "no section"
    return limit_cell(spec, key, backend, section.owner_noun)


def limit_cell(spec: type, key: SpecKey, backend: str, place: str = EDGE_GATEWAYS) -> str:
    """Return a table cell with the limits of an option on a backend."""
    return "<br>".join(map(_cell, limits_of(spec, key.name, backend, place))) or "works"


def _cell(limit: Limit) -> str:
    hint = f" {limit.hint}" if limit.hint else ""
    if limit.depends_on_edge:
        return f"only the current value: {limit.reason}.{hint}"
    if limit.since is not None:
        start = f"{limit.values} " if limit.values else ""
        return f"{start}from API version {_version(limit)}. Before: {limit.reason}.{hint}"
    values = f" for {limit.values}" if limit.values else ""
    return f"refused{values}: {limit.reason}.{hint}"


def limit_notes(spec: type, option: str, place: str = EDGE_GATEWAYS) -> Iterator[str]:
    """Yield a sentence for each limit of an option, for the documentation of modules.

    Backends with equal limits share a sentence.
    """
    titles: dict[str, list[str]] = {}
    for backend in BACKENDS.values():
        for limit in limits_of(spec, option, backend.name, place):
            titles.setdefault(_predicate(limit), []).append(backend.title)
    for predicate, names in titles.items():
        yield f"{' and '.join(names)} {place} {predicate}"


def _predicate(limit: Limit) -> str:
    values = limit.values or _THIS_OPTION
    if limit.depends_on_edge:
        return f"accept only the current value, because {limit.reason}."
    if limit.since is not None:
        return f"support {values} only from API version {_version(limit)}."
    return f"do not support {values}, because {limit.reason}."


def _version(limit: Limit) -> str:
    assert limit.since is not None
    return "{}.{}".format(*limit.since)
