"""Read records, documents and metadata of a tenant.

Objects that cannot be read are left out with a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from vcloudair_core.cli.recording.metadata import parse_metadata
from vcloudair_core.errors import ApiError, NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.query.record import Record

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class TenantReader:
    """Read the records and documents of the org of a signed-in client.

    ``warn`` is called with a message about each object that cannot be read.
    """

    def __init__(self, client: Client, warn: Callable[[str], None]) -> None:
        self.client, self.warn = client, warn
        self._workers = max(1, int(client.settings.parallel_calls))

    def query(self, kind: str) -> list[Record]:
        """Return all records of a query type."""
        try:
            return self.client.query.query(kind).all()
        except (NotFoundError, PermissionDeniedError) as exc:
            self.warn(f"Records of type {kind} are left out. {exc}")
            return []

    def each(self, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        """Return the results of ``work`` for all items, in their order.

        Several calls of ``work`` run in parallel.
        """
        with ThreadPoolExecutor(max_workers=self._workers, thread_name_prefix="vca-record") as pool:
            return list(pool.map(work, items))

    def metadata(self, href: str) -> dict[str, Any]:
        """Return the metadata of the object at ``href``, or an empty dict with a warning."""
        try:
            return parse_metadata(self.client.session.call("GET", f"{href}/metadata").body)
        except ApiError as exc:
            self.warn(f"The metadata of {href} is left out. {exc}")
            return {}

    def document(self, href: str, parse: Callable[[bytes], _Result]) -> _Result | None:
        """Return the parsed document at a URL, or None if it cannot be read."""
        try:
            return parse(self.client.session.call("GET", href).body)
        except ApiError as exc:
            self.warn(f"The description of {href} is left out. {exc}")
            return None


def filled(**fields: Any) -> dict[str, Any]:
    """Return the fields without empty values.

    Zero, False and an empty string are left out, because they are the defaults of inventory files.
    """
    return {name: value for name, value in fields.items() if value}


def uuid_at_end(href: Any) -> str:
    """Return the UUID at the end of a link."""
    return str(href or "").rstrip("/")[-36:].lower()
