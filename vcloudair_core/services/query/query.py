"""A query, and the methods that read its records."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from vcloudair_core.errors import AmbiguousMatchError, InvalidRequestError, NotFoundError
from vcloudair_core.plugin.records import RecordType
from vcloudair_core.services.query.codec import QueryPage
from vcloudair_core.services.query.filters import EVERYTHING, Filter
from vcloudair_core.services.query.paging import Difference, key_of, pages
from vcloudair_core.services.query.record import Record
from vcloudair_core.services.query.store import LARGEST_PAGE, PageRequest, read_page

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

STABLE = "id"
_IS_ABOUT_SORTING = re.compile(rf"sort|\b{STABLE}\b", re.IGNORECASE)
"""Pattern for server errors about sorting by ID, which keeps pages stable.

A query that fails with such an error is sent again without this order.
"""

_log = logging.getLogger(__name__)
_SHOWN = 5

Progress = Callable[[int, int], None]
"""Callback with the number of records read and the total."""

Warn = Callable[[str], None]
"""Callback for a warning message."""


@dataclass(frozen=True)
class Query:
    """A query. Requests are sent when records are read.

    Iteration yields records while pages are read, and keeps only a few pages in memory.

    Every returned record meets ``condition``, even if the server filter matches more records. ``limit`` is the maximum
    number of records. If objects appear or vanish during the read, all other records are still returned, and ``warn``
    is called with a message about these objects. By default, the message is logged. All methods that read records raise
    IncompleteResultError if pages contradict each other, ApiError, TransportError, DecodeError.
    """

    session: Session
    record_type: RecordType
    condition: Filter = EVERYTHING
    fields: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    sort: str = ""
    is_descending: bool = False
    limit: int | None = None
    form: str = "records"
    parallel: int = 8
    page_size: int = LARGEST_PAGE
    progress: Progress | None = None
    warn: Warn | None = None

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in order. Records that moved during the read come last."""
        yield from self._read(lambda difference: self._warn(difference, len(difference.vanished), ()))

    def all(self) -> list[Record]:
        """Return all records, except records that vanished during the read."""
        differences: list[Difference] = []
        records = list(self._read(differences.append))
        for difference in differences:
            gone = [record for record in records if _key(record) in difference.vanished]
            records = [record for record in records if _key(record) not in difference.vanished]
            self._warn(difference, len(difference.vanished), [record.name for record in gone])
            if difference.appeared and not self.sort:
                records.sort(key=lambda record: record.id, reverse=self.is_descending)
        return records

    def _read(self, on_change: Callable[[Difference], None]) -> Iterator[Record]:
        if self.limit == 0:
            return
        records = islice(self._matching(on_change), self.limit)
        yield from map(self._shown, records) if self.fields else records

    def _warn(self, difference: Difference, vanished: int, names: Sequence[str]) -> None:
        changes = [
            f"{count} {change}{f' ({_listed(changed)})' if changed else ''}"
            for count, change, changed in (
                (len(difference.appeared), "appeared or moved", difference.appeared),
                (vanished, "vanished", names),
            )
            if count
        ]
        text = f"The list of {self.record_type.name} changed while it was read"
        text += f": {', '.join(changes)}." if changes else "."
        if not difference.is_settled:
            text += " It changed during every read, so objects that appeared or vanished may be missing."
        (self.warn or _log.warning)(text)

    def first(self) -> Record | None:
        """Return the first record, or None."""
        return next(iter(replace(self, limit=1)), None)

    def one(self) -> Record:
        """Return the only record.

        Raises: NotFoundError, or AmbiguousMatchError with the candidates.
        """
        records = replace(self, limit=_SHOWN + 1).all()
        if not records:
            raise NotFoundError(f"Object not found: {self._described()}.")
        if len(records) > 1:
            count = f"More than {_SHOWN}" if len(records) > _SHOWN else str(len(records))
            candidates = [_candidate(record) for record in records[:_SHOWN]]
            shown = "; ".join(
                " ".join(f"{key}={value}" for key, value in candidate.items()) for candidate in candidates
            )
            raise AmbiguousMatchError(
                f"{count} objects match {self._described()}: {shown}.",
                candidates=candidates,
                hint="Add another condition, or select the object by its ID.",
            )
        return records[0]

    def count(self) -> int:
        """Return the number of records.

        If the server can count the matching records, one request is sent. Otherwise, all records are read.
        """
        if self.condition.attributes():
            return sum(1 for _ in replace(self, limit=None, fields=("name",), metadata=()))
        total = self._first_page(replace(self._request(), page_size=1)).total
        return total or 0

    # -- requests ----------------------------------------------------------------------------------------------------

    def _matching(self, on_change: Callable[[Difference], None]) -> Iterator[Record]:
        what = f"the query for {self.record_type.name}"
        request = self._request()
        first = self._first_page(request)
        is_exact = not self.condition.attributes()
        read = lambda number, link: read_page(self.session, request, number, link)  # noqa: E731 - for threads
        done = 0
        is_met, record_type = self.condition.is_met, self.record_type
        limit = self.limit if is_exact else None
        for rows in pages(read, first, what, parallel=self.parallel, limit=limit, on_change=on_change):
            records = [Record(attributes, record_type, metadata) for attributes, metadata in rows]
            yield from records if is_exact else filter(is_met, records)
            done += len(rows)
            if self.progress is not None:
                self.progress(done, first.total or done)

    def _first_page(self, request: PageRequest) -> QueryPage:
        if request.sort != STABLE or self.sort:
            return read_page(self.session, request, 1)
        try:
            return read_page(self.session, request, 1)
        except InvalidRequestError as exc:
            # Servers that reject the sort order by ID sort by ID without being asked.
            if not _IS_ABOUT_SORTING.search(exc.message):
                raise
            return read_page(self.session, replace(request, sort=""), 1)

    def _request(self) -> PageRequest:
        return PageRequest(
            self.record_type.name,
            self.form,
            self._fields_to_fetch(),
            self.condition.on_server(),
            self.sort or STABLE,
            self.is_descending,
            self.page_size,
        )

    def _fields_to_fetch(self) -> Sequence[str]:
        """Return the attributes to fetch for output and comparison, or () for all.

        A query with metadata must list its attributes. Source: protocol/query.md §4.3, §5.
        """
        compared = sorted(self.condition.attributes() - {"href", "id"})
        keys = [key if key.startswith("metadata") else f"metadata:{key}" for key in self.metadata]
        keys += [name for name in compared if name.startswith("metadata") and name not in keys]
        names = [name for name in compared if not name.startswith("metadata")]
        if self.fields:
            return list(dict.fromkeys(["name", *self.fields, *names, *keys]))
        if not keys:
            return ()
        known = self.record_type.attributes_of(self.session.identity.api_version)
        return list(dict.fromkeys([*(known or ["name"]), *names, *keys]))

    def _shown(self, record: Record) -> Record:
        if not self.fields:
            return record
        kept = {"name", "href", "id", *self.fields}
        raw = {name: value for name, value in record.raw.items() if name in kept}
        return Record(raw, self.record_type, record.metadata if self.metadata else None)

    def _described(self) -> str:
        conditions = self.condition.described()
        return f"{self.record_type.name} with {conditions}" if conditions else self.record_type.name


def _key(record: Record) -> int:
    return key_of((dict(record.raw), {}))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _candidate(record: Record) -> dict[str, str]:
    shown = {"name": record.name, "id": record.id}
    return shown | {name: record.raw[name] for name in ("containerName", "vdcName", "orgName") if record.raw.get(name)}
