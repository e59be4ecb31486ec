"""Calls of ``/cloudapi``: reads, pages, and writes that wait for their task.

Source: protocol/nsxt.md §1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from vcloudair_core.engine.ensure.garbage_collection import paused_collection
from vcloudair_core.errors import UNKNOWN, BusyError, DecodeError, TaskFailedError, VcloudAirError
from vcloudair_core.session.api_errors import BUSY_CODES
from vcloudair_core.session.tasks import task_of_response, wait_for_task
from vcloudair_core.util.xml import html_error, html_title, parse_json

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.task_codec import Task
    from vcloudair_core.transport.messages import Response

JSON = "application/json"
PAGE_SIZE = 128
"""Maximum page size of most lists. Source: protocol/nsxt.md §1.4."""

_MAX_PAGES = 1000
_FRESH = {"Cache-Control": "no-cache"}
"""Headers that make reads bypass HTTP caches."""

_TENANT_CONTEXT = "X-VMWARE-VCLOUD-TENANT-CONTEXT"


class CloudApi:
    """A client for ``/cloudapi`` that uses an existing session.

    ``org_id`` is the UUID of the org for which a provider session acts. It is empty for tenant sessions.
    """

    def __init__(self, session: Session, org_id: str = "") -> None:
        self._session = session
        self.org_id = org_id
        self._context = {_TENANT_CONTEXT: org_id} if org_id else {}

    @property
    def version(self) -> str:
        """The API version of the session, such as ``38.1``."""
        return self._session.identity.api_version

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON of a path under ``/cloudapi``.

        Raises: ApiError, TransportError, DecodeError.
        """
        return _tree(self._read(path, query), path)

    def pages(self, path: str, *, filter_text: str = "", query: Mapping[str, Any] | None = None) -> list[Any]:
        """Return the ``values`` of all pages of a list.

        ``filter_text`` is a FIQL expression such as ``name==web``. Source: protocol/nsxt.md §1.4.
        """
        parameters: dict[str, Any] = {"pageSize": PAGE_SIZE, **(query or {})}
        if filter_text:
            parameters |= {"filter": filter_text, "filterEncoded": "true"}
        values: list[Any] = []
        for page in range(1, _MAX_PAGES + 1):
            tree = self.get(path, {**parameters, "page": page})
            items = _values(tree, path)
            values += items
            page_count = tree.get("pageCount")
            if not items or (isinstance(page_count, int) and page >= page_count):
                break
        return values

    def cursor_pages(self, path: str) -> list[Any]:
        """Return the ``values`` of all pages of a list that uses cursors.

        The Link header ``nextPage`` contains the cursor of the next page. Source: protocol/nsxt.md §1.4.
        """
        response = self._read(path, {"pageSize": PAGE_SIZE})
        values = list(_values(_tree(response, path), path))
        for _ in range(_MAX_PAGES):
            href = next_page(", ".join(response.headers.get_all("Link")))
            if not href:
                break
            parts = urlsplit(href)
            response = self._session.call("GET", parts.path, query=parts.query, **self._read_options())
            items = _values(_tree(response, path), path)
            if not items:
                break
            values += items
        return values

    def write(self, method: str, path: str, body: Any = None) -> Task | None:
        """Send a write, wait for its task, and return the finished task.

        Return None if the server completes the write without a task.

        Raises: BusyError if another operation holds the edge gateway; TaskFailedError, TaskTimeoutError, other
        ApiErrors, TransportError. If the server accepts the write but its task cannot be read, the error has
        ``written`` set to UNKNOWN.
        """
        return self._finish(self._send(method, path, body))

    def add(self, path: str, body: Any) -> Any:
        """Send a POST request, wait for its task, and return the JSON of the response.

        Return None if the response is empty. Raises: the errors of :meth:`write`.
        """
        response = self._send("POST", path, body)
        self._finish(response)
        return _tree(response, path) if response.body.strip() else None

    def _send(self, method: str, path: str, body: Any) -> Response:
        response = self._session.call(
            method,
            f"/cloudapi{path}",
            accept=self._accept,
            content_type=JSON,
            body=b"" if body is None else json.dumps(body, ensure_ascii=False).encode(),
            headers=self._context,
        )
        if html_title(response.body):
            raise html_error(response.body, f"the response to {method} {path}", "a response of the server")
        return response

    def _finish(self, response: Response) -> Task | None:
        try:
            return wait_for_task(self._session, task_of_response(response))
        except TaskFailedError as exc:
            if exc.task.get("error_code") in BUSY_CODES:
                raise BusyError(exc.message, code=str(exc.task["error_code"]), hint=exc.hint) from exc
            raise
        except VcloudAirError as exc:
            # The server has accepted the write, and only its task could not be read.
            exc.written = exc.written or UNKNOWN
            raise

    def _read(self, path: str, query: Mapping[str, Any] | None) -> Response:
        pairs = [(name, str(value)) for name, value in (query or {}).items()]
        return self._session.call("GET", f"/cloudapi{path}", query=pairs, **self._read_options())

    def _read_options(self) -> dict[str, Any]:
        return {"accept": self._accept, "headers": {**_FRESH, **self._context}}

    @property
    def _accept(self) -> str:
        return f"{JSON};version={self.version}"


def next_page(link_header: str) -> str:
    """Return the URL of the next page from a ``Link`` header.

    On the last page, return an empty string. Commas separate the links of the header. Source: protocol/nsxt.md §1.1.
    """
    for link in _links(link_header):
        target, _, parameters = link.partition(">")
        names = {text.strip().replace('"', "").casefold() for text in parameters.split(";")}
        if "rel=nextpage" in names:
            return target.lstrip(" <")
    return ""


def gateway_path(edge_id: str, path: str = "", version: str = "1.0.0") -> str:
    """Return the API path of ``path`` under an edge gateway, without ``/cloudapi``."""
    gateway = f"/{version}/edgeGateways/{quote(f'urn:vcloud:gateway:{edge_id}', safe=':')}"
    return f"{gateway}/{path}" if path else gateway


def _links(header: str) -> Iterator[str]:
    """Yield the links of a Link header. Commas in URLs do not separate links."""
    start = 0
    while (at := header.find(">", start)) >= 0:
        end = header.find(",", at)
        end = len(header) if end < 0 else end
        yield header[start:end].lstrip(", ")
        start = end + 1


def _tree(response: Response, path: str) -> Any:
    with paused_collection():
        return parse_json(response.body, what=f"the response of {path}")


def _values(tree: Any, path: str) -> list[Any]:
    values = tree.get("values", "") if isinstance(tree, dict) else ""
    if values is None:
        return []
    if not isinstance(values, list):
        raise DecodeError(f"Reading the response of {path} failed. An object with values was expected.")
    return values
