"""The query service of one session."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import SpecError
from vcloudair_core.plugin.records import RecordType
from vcloudair_core.services.query.filters import Raw, both, parse_where
from vcloudair_core.services.query.query import Progress, Query, Warn
from vcloudair_core.services.query.record_types import built_in_types
from vcloudair_core.services.query.store import read_types

if TYPE_CHECKING:
    from vcloudair_core.services.query.vms import Machines
    from vcloudair_core.session.session import Session

FORMATS = ("records", "idrecords", "references")
MOST_METADATA = 8
"""Metadata terms in one query. Source: protocol/query.md §4.3."""

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class QueryService:
    """Queries for VMs, networks, catalogs, tasks and all other objects."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._offered: list[str] | None = None
        self._machines: Machines | None = None

    def types(self) -> Mapping[str, RecordType]:
        """Every type that is known here, by name: the built-in ones and those of plugins."""
        return {**built_in_types(), **self.session.record_types()}

    def offered_types(self) -> list[str]:
        """Names of the types that this server offers this user. One call. Raises: ApiError, TransportError."""
        if self._offered is None:
            self._offered = read_types(self.session)
        return self._offered

    @property
    def machines(self) -> Machines:
        """Return the VMs of this session, as plain facts."""
        if self._machines is None:
            from vcloudair_core.services.query.vms import Machines

            self._machines = Machines(self.session, self.query)
        return self._machines

    def query(
        self,
        type_name: str,
        where: Mapping[str, Any] | None = None,
        *,
        filter: str = "",  # noqa: A002 - the API's own word
        fields: Sequence[str] = (),
        metadata: Sequence[str] = (),
        sort: str = "",
        descending: bool = False,
        limit: int | None = None,
        format: str = "records",  # noqa: A002 - the API's own word
        progress: Progress | None = None,
        warn: Warn | None = None,
    ) -> Query:
        """A query for records of a type.

        ``where``: conditions, see :func:`~vcloudair_core.services.query.filters.parse_where`; no value can break out of
        its place, and records are compared again here. ``filter``: FIQL as the API has it; both must be met.
        ``fields``: attributes to fetch, by default all; ``name`` always comes. ``metadata``: keys to fetch, 8 at most.
        ``sort``: an attribute; by default the server's ids, so that pages do not move. ``limit``: how many at most.
        ``warn`` is told of objects that came or went while the pages were read, by default the log.

        Raises: SpecError, before anything is sent; for a type that is not known here, after a look at what is offered.
        """
        record_type = self._type(type_name)
        problems = Problems()
        for name, names in (("fields", fields), ("metadata", metadata)):
            if isinstance(names, str):
                problems.add(name, f"a list was expected, not {names!r}")
        for name in [sort] if sort else []:
            _check_attribute(name, "sort", record_type, problems)
        for position, name in enumerate(() if isinstance(fields, str) else fields):
            _check_attribute(name, f"fields[{position}]", record_type, problems)
        if len(metadata) > MOST_METADATA:
            problems.add("metadata", f"{len(metadata)} keys were given, {MOST_METADATA} is the most")
        if limit is not None and limit < 0:
            problems.add("limit", f"{limit} is less than nothing")
        if format not in FORMATS:
            problems.add("format", f"{format!r} is not one of {', '.join(FORMATS)}")
        if format == "references" and not record_type.references_element:
            problems.add("format", f"{type_name} has no references")
        if format == "references" and where:
            problems.add("format", "references have no attributes that conditions could be compared with")
        if any(ord(letter) < 32 for letter in filter):
            problems.add("filter", "has a control character in it")
        problems.raise_if_any()
        condition = parse_where(where or {}, record_type)
        if filter:
            condition = both(condition, Raw(filter))
        return Query(
            self.session,
            record_type,
            condition,
            fields=tuple(fields),
            metadata=tuple(metadata),
            sort=sort,
            is_descending=descending,
            limit=limit,
            form=format,
            parallel=max(1, int(self.session.settings.parallel_calls)),
            progress=progress,
            warn=warn,
        )

    def _type(self, name: str) -> RecordType:
        known = self.types()
        record_type = known.get(name)
        if record_type is None:
            if name not in self.offered_types():
                hint = near(name, [*known, *self.offered_types()])
                raise SpecError("type", f"there is no type {name!r}{'; ' + hint if hint else ''}")
            return RecordType(name, f"{name[:1].upper()}{name[1:]}Record", "References")
        is_admin = self.session.identity.org_name.casefold() == "system" if record_type.admin_name else False
        # The provider's administrator sees VMs and all else under other names. Source: protocol/query.md §6.
        return known.get(record_type.admin_name, record_type) if is_admin else record_type


def _check_attribute(name: str, path: str, record_type: RecordType, problems: Problems) -> None:
    """Servers know more attributes than is listed; what cannot be one is refused, the rest is theirs to judge."""
    if isinstance(name, str) and _ATTRIBUTE.match(name):
        return
    hint = near(str(name), record_type.attributes)
    problems.add(path, f"{name!r} is not an attribute{'; ' + hint if hint else ''}")
