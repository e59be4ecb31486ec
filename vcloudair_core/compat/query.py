"""Query classes with the API of vcloudair 0.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urljoin
from xml.etree.ElementTree import ParseError

from vcloudair_core.compat.connection import Connection
from vcloudair_core.compat.sdk_errors import compatible_errors
from vcloudair_core.engine.validation import one_of
from vcloudair_core.errors import ConfigurationError, IncompleteResultError, SpecError
from vcloudair_core.plugin.records import RecordType
from vcloudair_core.services.query.codec import QueryPage, parse_root, record_elements
from vcloudair_core.services.query.paging import pages
from vcloudair_core.services.query.query import STABLE
from vcloudair_core.services.query.record import Record
from vcloudair_core.services.query.record_types import built_in_types
from vcloudair_core.session.versions import DEFAULT_VERSIONS
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

query_record_types: dict[str, str] = {name: kind.record_element for name, kind in built_in_types().items()}
"""Record element name for each query type. Programs can add types."""

_PATH = "api/query"
_ATTEMPTS = 3
_ELEMENT = "element"


class QueryBase:
    """A query. Set the query type, and then call :meth:`execute`.

    ``results[uuid][field]`` is the string from the server, or None.

    ``params`` are the parameters of the request, such as ``filter``, ``sortAsc`` and ``pageSize``. To use a type that
    :meth:`set_query_type` rejects, set ``params["type"]`` to the type, and ``record_name`` to the name of the record
    element. ``org_info`` is the login result of :class:`VCASession`. The values in ``org_info`` take precedence over
    ``version``, ``vcdurl`` and ``token``. Changes to ``headers`` and ``url`` apply to the next call.
    """

    query_type: ClassVar[str] = ""

    def __init__(
        self,
        org_info: Mapping[str, Any] | None = None,
        version: str | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
    ) -> None:
        accept = "application/*+xml;version={version}"
        self._connection = Connection(org_info, vcdurl, token, version or DEFAULT_VERSIONS["vchs"], accept=accept)
        self.headers = self._connection.headers
        self.params: dict[str, Any] = {"pageSize": 100, "format": "records", "page": 1}
        self.url = urljoin(self._connection.url or "", _PATH)
        self.record_name = ""
        self.fields: set[str] = {"name"}
        self.results: dict[str, dict[str, str | None]] = {}
        self._initial_url = self.url
        self._session()
        if self.query_type:
            self.set_query_type(self.query_type)

    def set_fields(self, *fields: str) -> None:
        """Set the attributes that :meth:`execute` returns, in addition to the name."""
        self.fields = {*fields, "name"}
        self.params["fields"] = ",".join(sorted(self.fields))

    def set_query_type(self, qtype: str) -> None:
        """Set the query type, such as ``orgVdcNetwork``.

        Raises: SpecError for an unknown type.
        """
        if qtype not in query_record_types:
            raise SpecError(
                "qtype",
                one_of(qtype, sorted(query_record_types)),
                hint="To query another record type, set params['type'] and record_name.",
            )
        self.record_name = query_record_types[qtype]
        self.params["type"] = qtype

    @compatible_errors(ParseError)
    def execute(self) -> dict[str, dict[str, str | None]]:
        """Read all pages, and return the records by lowercase UUID.

        Raises: ConfigurationError if no type is set; IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        if not self.params.get("type"):
            raise ConfigurationError("No query type was set.", hint="Call set_query_type, or set params['type'].")
        self.results = {}
        self.results = {
            record.id: {name: record.raw.get(name) for name in self.fields}
            for record in self._records()
            if self.record_name in ("", record.metadata[_ELEMENT])
        }
        return self.results

    def find_by_name(self, name: str) -> list[str]:
        """Return the UUIDs of the results with this name, ignoring case.

        Several results can have the same name.
        """
        folded = name.casefold()
        return [uuid for uuid, result in self.results.items() if (result.get("name") or "").casefold() == folded]

    # -- requests ------------------------------------------------------------------------------------------------

    def _session(self) -> Session:
        base, _, rest = self.url.rpartition(_PATH)
        is_changed = self.url != self._initial_url and not rest
        return self._connection.session(base if is_changed else self._connection.url, self.headers)

    def _records(self) -> list[Record]:
        """Return the records of all pages.

        If the result changes while the pages are read, all pages are read again. At most three reads are made.
        """
        # As in 0.5, keep the order of the server. Only if the pages overlap, sort by ID.
        order = {} if {"sortAsc", "sortDesc"} & set(self.params) else {"sortAsc": STABLE}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._read({} if attempt == 1 else order)
            except IncompleteResultError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError

    def _read(self, order: Mapping[str, str]) -> list[Record]:
        session, kind = self._session(), RecordType(str(self.params["type"]), self.record_name)
        path = self.url if self.url.rpartition(_PATH)[2] else f"/{_PATH}"
        params = {name: value for name, value in self.params.items() if value is not None} | dict(order)

        def read(number: int, link: str = "") -> QueryPage:
            what = f"page {number} of the query for {kind.name}"
            query = urlencode(params | {"page": number}, doseq=True)
            root = xml.parse(session.call("GET", path, query=query).body, what=what)
            page = parse_root(root, what)
            rows = zip(page.rows, record_elements(root), strict=True)
            return replace(page, rows=[(attributes, {_ELEMENT: element}) for (attributes, _), element in rows])

        parallel = max(1, int(session.settings.parallel_calls))
        runs = pages(read, read(1), f"the query for {kind.name}", parallel=parallel)
        return [Record(attributes, kind, element) for rows in runs for attributes, element in rows]


class VMQuery(QueryBase):
    """Query of VMs and VM templates."""

    query_type = "vm"


class EdgeGatewayQuery(QueryBase):
    """Query of edge gateways."""

    query_type = "edgeGateway"


class VAppQuery(QueryBase):
    """Query of vApps."""

    query_type = "vApp"


class VAppTemplateQuery(QueryBase):
    """Query of vApp templates."""

    query_type = "vAppTemplate"


class OrgVdcQuery(QueryBase):
    """Query of virtual data centers."""

    query_type = "orgVdc"
