"""Generate tables of edge gateway options and the backends that support them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vcloudair_core.engine.fields import SpecKey, fields_of, keys_of
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT
from vcloudair_core.services.ans.groups.descriptor import TYPES, GroupType
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.sections import GROUP_SECTIONS, SECTIONS, load_section

from .option_limits import limit_cell, support
from .tables import cell


def tables() -> str:
    """Return a table of all sections, and tables of settings and of rule options."""
    sections = [load_section(name) for name in SECTIONS]
    lines = ["## Sections", "", *_header("section")]
    for section in sections:
        cells = ("works" if section.is_on(backend) else "no section" for backend in BACKENDS)
        lines.append(f"| {section.title} | {' | '.join(cells)} |")
    for section in sections:
        lines += ["", f"## {section.title}: settings", "", *_header("option"), *_rows(section, section.spec_type)]
        for one_list in section.lists:
            noun = f"{one_list.noun[0].upper()}{one_list.noun[1:]}"
            lines += ["", f"## {noun}: options", "", *_header("option"), *_rows(one_list, one_list.rule_type)]
    for section in map(load_section, GROUP_SECTIONS):
        lines += ["", f"## {section.title}: settings", "", *_header("option", NSXT)]
        lines += [*_rows(section, section.spec_type, NSXT)]
        lines += ["", f"## {section.title} rule: options", "", *_header("option", NSXT)]
        lines += [*_rows(section, section.rule_type, NSXT)]
    for group_type in TYPES.values():
        title = f"{group_type.noun[0].upper()}{group_type.noun[1:]}"
        lines += ["", f"## {title}: options", "", *_header("option"), *_group_rows(group_type)]
    return "\n".join(lines)


def _group_rows(group_type: GroupType) -> Iterator[str]:
    for key in _fields(group_type.spec_type):
        cells = (
            cell(limit_cell(group_type.spec_type, key, backend)) if backend in group_type.sections else "not managed"
            for backend in BACKENDS
        )
        yield f"| `{key.name}` | {' | '.join(cells)} |"


def _header(first: str, *backends: str) -> tuple[str, str]:
    titles = [BACKENDS[backend].title for backend in backends or BACKENDS]
    return f"| {first} | {' | '.join(titles)} |", f"|{'---|' * (len(titles) + 1)}"


def _rows(section: Section[Any, Any], spec: type, *backends: str) -> Iterator[str]:
    for key in _fields(spec):
        cells = (cell(support(section, spec, key, backend)) for backend in backends or BACKENDS)
        yield f"| `{key.name}` | {' | '.join(cells)} |"


def _fields(spec: type) -> Iterable[SpecKey]:
    """Return the fields of a spec, without aliases.

    An alias has the same backend restrictions as its field.
    """
    names = fields_of(spec)
    return [key for key in keys_of(spec) if key.name in names]
