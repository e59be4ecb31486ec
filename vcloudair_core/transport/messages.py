"""HTTP messages: headers, requests, responses and exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit


class Headers(Mapping[str, str]):
    """An immutable mapping of HTTP headers with case-insensitive names.

    For repeated headers (``Set-Cookie``, ``Link``), :meth:`get_all` returns every value. Indexing returns the last
    value.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = items.items() if isinstance(items, Mapping) else items
        self._items: tuple[tuple[str, str], ...] = tuple((str(name), str(value)) for name, value in pairs)

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return values[-1]

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for name, _ in self._items:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self._items})

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __repr__(self) -> str:
        # Show names only, because values can be tokens.
        return f"Headers({', '.join(self)})"

    def get_all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        return [value for known, value in self._items if known.lower() == name.lower()]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return all (name, value) pairs, including repeated headers."""
        return self._items

    def merged(self, overrides: Mapping[str, str]) -> Headers:
        """Return a copy in which ``overrides`` replace headers with the same name."""
        names = {name.lower() for name in overrides}
        kept = [(name, value) for name, value in self._items if name.lower() not in names]
        return Headers([*kept, *overrides.items()])


@dataclass(frozen=True)
class Request:
    """An HTTP request.

    ``timeout_s`` is a tuple of the connect and read timeouts in seconds. None selects the default of the transport.
    """

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    timeout_s: tuple[float, float] | None = None

    def with_headers(self, extra: Mapping[str, str]) -> Request:
        """Return a copy with additional headers.

        ``extra`` replaces headers with the same name.
        """
        return replace(self, headers=self.headers.merged(extra))

    @property
    def path(self) -> str:
        """Path without the query. The path is safe to show in a message."""
        return urlsplit(self.url).path or "/"

    @property
    def origin(self) -> str:
        """Origin as ``scheme://host:port``. The port is always included."""
        return origin_of(self.url)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class Response:
    """An HTTP response with its complete body. ``url`` is the URL of the request."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    url: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """Body decoded as UTF-8, with replacement characters for invalid bytes."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def media_type(self) -> str:
        """Media type in lower case, without parameters such as ``;version=N``.

        Parameters are not parsed, because the service controller of vCloud Air sends malformed parameters (source:
        protocol/sessions.md §3.2).
        """
        return self.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()

    @property
    def request_id(self) -> str:
        """Request ID that the server assigned, or an empty string.

        Source: protocol/recorded-responses.md §1.
        """
        return self.headers.get("X-VMWARE-VCLOUD-REQUEST-ID", "")

    @property
    def is_success(self) -> bool:
        """True for a 2xx status."""
        return 200 <= self.status < 300

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class Exchange:
    """One attempt to send a request, with its response or error.

    Observers receive a redacted copy. See :func:`vcloudair_core.util.redaction.redacted_exchange`.
    """

    request: Request
    response: Response | None
    error: Exception | None
    elapsed_s: float
    attempt: int = 1


_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return the origin of a URL as ``scheme://host:port`` in lower case.

    The port is always included, so that a URL has the same origin with and without ``:443``. Servers include ``:443``
    in some headers and omit it in the body (source: protocol/sessions.md §1.2).
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    port = parts.port or _DEFAULT_PORTS.get(scheme, 0)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{port}"
