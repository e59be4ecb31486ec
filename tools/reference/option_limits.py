"""Text about options that a backend does not support."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from vcloudair_core.engine.fields import SpecKey
from vcloudair_core.services.ans.edge.backend import BACKENDS
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.sections import SECTIONS, load_section

_THIS_OPTION = "this option"


@cache
def _limited_specs() -> dict[type, dict[str, Sequence[Limit]]]:
    """Return the limits of each spec type for each backend."""
    limits: dict[type, dict[str, Sequence[Limit]]] = {}
    for section in map(load_section, SECTIONS):
        limits[section.spec_type] = dict(section.setting_limits)
        limits[section.rule_type] = dict(section.rule_limits)
    return limits


def limits_of(spec: type, option: str, backend: str) -> tuple[Limit, ...]:
    """Return the limits of an option on a backend."""
    limits = _limited_specs().get(spec, {}).get(backend, ())
    return tuple(limit for limit in limits if limit.option == option)


def support(section: Section[Any, Any], spec: type, key: SpecKey, backend: str) -> str:
    """Return the support of an option as the text of a table cell."""
    if not section.is_on(backend):
        return "no section"
    return "<br>".join(map(_cell, limits_of(spec, key.name, backend))) or "works"


def _cell(limit: Limit) -> str:
    hint = f" {limit.hint}" if limit.hint else ""
    if limit.depends_on_edge:
        return f"only the current value: {limit.reason}.{hint}"
    if limit.since is not None:
        start = f"{limit.values} " if limit.values else ""
        return f"{start}from API version {_version(limit)}. Before: {limit.reason}.{hint}"
    values = f" for {limit.values}" if limit.values else ""
    return f"refused{values}: {limit.reason}.{hint}"


def limit_notes(spec: type, option: str) -> Iterator[str]:
    """Yield a sentence for each limit of an option, for the documentation of modules.

    Backends with equal limits share a sentence.
    """
    titles: dict[str, list[str]] = {}
    for backend in BACKENDS.values():
        for limit in limits_of(spec, option, backend.name):
            titles.setdefault(_predicate(limit), []).append(backend.title)
    for predicate, names in titles.items():
        yield f"{' and '.join(names)} edge gateways {predicate}"


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
