"""Read all pages of the records of a type."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vcloudair_core.errors import IncompleteResultError

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

T = TypeVar("T")

_log = logging.getLogger(__name__)

_PAGE = (("format", "records"), ("pageSize", "128"))
"""Query parameters of a page.

128 is the maximum page size in all versions. Source: protocol/query.md §1.
"""

_MAX_PAGES = 1000
_MAX_READS = 3
"""Maximum number of reads of a list that changes while it is read."""


def read_records(
    session: Session,
    record_type: str,
    read: Callable[[bytes], tuple[dict[str, T], str, int | None]],
    *,
    filter_text: str = "",
) -> dict[str, T]:
    """Read all pages of records, and return the records by ID.

    ``read`` parses a page and returns its records, the link to the next page, and the total number of records. If the
    list changes during the read, it is read again. If the list changes during every read, the records of all reads are
    returned, and a warning is logged.

    Raises: IncompleteResultError if paging does not end, or ends early. Source: protocol/query.md §2.
    """
    query = [("type", record_type), *_PAGE, *([("filter", filter_text)] if filter_text else [])]
    all_records: dict[str, T] = {}
    for _ in range(_MAX_READS):
        records, totals = _read_all_pages(session, record_type, query, read)
        if len(set(totals)) == 1:
            return records
        all_records |= records
    _log.warning(
        "The list of %s changed during every read. Records that were added or removed may be missing.",
        record_type,
    )
    return all_records


def _read_all_pages(
    session: Session,
    record_type: str,
    query: list[tuple[str, str]],
    read: Callable[[bytes], tuple[dict[str, T], str, int | None]],
) -> tuple[dict[str, T], list[int | None]]:
    response = session.call("GET", "/api/query", query=query)
    records, href, total = read(response.body)
    totals, seen, received = [total], {""}, len(records)
    while href not in seen and len(seen) < _MAX_PAGES and (total is None or len(records) < total):
        seen.add(href)
        more, href, total = read(session.call("GET", href).body)
        totals.append(total)
        records.update(more)
        received += len(more)
    # If records move between pages, some are received twice and others are missed. Therefore compare the number of
    # different records with the total.
    is_short = (len(records) if len(set(totals)) == 1 else received) < (total or 0)
    if is_short or len(seen) >= _MAX_PAGES:
        raise IncompleteResultError(
            f"Reading the list of {record_type} failed. The list ended after {len(records)} of {total} records.",
            hint="Run the command again. The list may have changed during the read.",
        )
    return records, totals
