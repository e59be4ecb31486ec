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
    from vcloudair_core.services.query.vdcs import VdcReader
    from vcloudair_core.services.query.vms import VmReader
    from vcloudair_core.session.session import Session

FORMATS = ("records", "idrecords", "references")
MAX_METADATA = 8
"""The maximum number of metadata keys in one query.

Source: protocol/query.md §4.3.
"""

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class QueryService:
    """Service that queries VMs, networks, catalogs, tasks and all other objects."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._offered: list[str] | None = None
        self._vms: VmReader | None = None

    def types(self) -> Mapping[str, RecordType]:
        """Return the known record types by name, including the types of plugins."""
        return {**built_in_types(), **self.session.record_types()}

    def offered_types(self) -> list[str]:
        """Return the names of the record types that the server offers to this user.

        Raises: ApiError, TransportError.
        """
        if self._offered is None:
            self._offered = read_types(self.session)
        return self._offered

    @property
    def vms(self) -> VmReader:
        """Reader that returns VMs as mappings of facts."""
        if self._vms is None:
            from vcloudair_core.services.query.vms import VmReader

            self._vms = VmReader(self.session, self.query)
        return self._vms

    @property
    def vdcs(self) -> VdcReader:
        """Reader that returns VDCs with their capacity and quotas."""
        from vcloudair_core.services.query.vdcs import VdcReader

        return VdcReader(self.session, self.query)

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
        """Return a query for records of a type. Reading records sends the requests.

        Args:
            type_name: The record type, such as ``vm``.
            where: Conditions, as in :func:`~vcloudair_core.services.query.filters.parse_where`. Values are escaped, and
                this host checks the returned records against the conditions again.
            filter: A filter in the FIQL syntax of the API. Records must meet both ``where`` and ``filter``.
            fields: Attributes to fetch. By default, all attributes are fetched. ``name`` is always included.
            metadata: Up to 8 metadata keys to fetch.
            sort: The attribute to sort by. The default is the ID, which keeps pages stable.
            descending: Reverse the order.
            limit: The maximum number of records.
            format: ``records``, ``idrecords`` or ``references``.
            progress: Callback with the number of records read and the total.
            warn: Callback for a message about objects that appeared or vanished during the read. By default, the
                message is logged.

        Raises: SpecError for invalid input, before a request is sent. For an unknown ``type_name``, the list of record
        types is read from the server first.
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
        if len(metadata) > MAX_METADATA:
            problems.add("metadata", f"at most {MAX_METADATA} keys are allowed, not {len(metadata)}")
        if limit is not None and limit < 0:
            problems.add("limit", f"{limit} must not be negative")
        if format not in FORMATS:
            problems.add("format", f"{format!r} is not one of {', '.join(FORMATS)}")
        if format == "references" and not record_type.references_element:
            problems.add("format", f"the query type {type_name} does not support format=references")
        if format == "references" and where:
            problems.add(
                "format", "'references' cannot be combined with conditions, because references have no attributes"
            )
        if any(ord(letter) < 32 for letter in filter):
            problems.add("filter", "contains a control character")
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
                raise SpecError("type", f"unknown type {name!r}{'; ' + hint if hint else ''}")
            return RecordType(name, f"{name[:1].upper()}{name[1:]}Record", "References")
        is_admin = self.session.identity.org_name.casefold() == "system" if record_type.admin_name else False
        # Administrators of the provider see types under other names. Source: protocol/query.md §6.
        return known.get(record_type.admin_name, record_type) if is_admin else record_type


def _check_attribute(name: str, path: str, record_type: RecordType, problems: Problems) -> None:
    """Add a problem if an attribute name is invalid.

    Names that the record type does not list are valid, because servers have undocumented attributes.
    """
    if isinstance(name, str) and _ATTRIBUTE.match(name):
        return
    hint = near(str(name), record_type.attributes)
    problems.add(path, f"{name!r} is not an attribute{'; ' + hint if hint else ''}")
