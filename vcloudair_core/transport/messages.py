"""HTTP as values: what is asked, what came back, and both together. No I/O happens here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit


class Headers(Mapping[str, str]):
    """An immutable header mapping: names are compared without case, the spelling given is kept.

    A name that came more than once (``Set-Cookie``, ``Link``) keeps every value in :meth:`get_all`; indexing returns
    the last one.
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
        # Values may be tokens: a repr shows names only.
        return f"Headers({', '.join(self)})"

    def get_all(self, name: str) -> list[str]:
        """Every value of a header, in the order received."""
        return [value for known, value in self._items if known.lower() == name.lower()]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All (name, value) pairs, doubles included."""
        return self._items

    def merged(self, overrides: Mapping[str, str]) -> Headers:
        """These headers, with those of ``overrides`` in place of equal names."""
        names = {name.lower() for name in overrides}
        kept = [(name, value) for name, value in self._items if name.lower() not in names]
        return Headers([*kept, *overrides.items()])


@dataclass(frozen=True)
class Request:
    """One HTTP request. ``timeout_s`` is (connect, read) in seconds; None leaves it to the transport."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    timeout_s: tuple[float, float] | None = None

    def with_headers(self, extra: Mapping[str, str]) -> Request:
        """A copy with more headers; equal names are replaced."""
        return replace(self, headers=self.headers.merged(extra))

    @property
    def path(self) -> str:
        """The path without query: what is safe to show in a message."""
        return urlsplit(self.url).path or "/"

    @property
    def origin(self) -> str:
        """``scheme://host:port`` with the port always written out."""
        return origin_of(self.url)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class Response:
    """One HTTP answer, body read to its end. ``url`` is the URL that answered."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    url: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not UTF-8 becomes replacement characters."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters: servers vary case and append ``;version=N``.

        The service controller of vCloud Air sends malformed parameters (Source: protocol/sessions.md §3.2), so only
        what
        stands before the first semicolon counts.
        """
        return self.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()

    @property
    def request_id(self) -> str:
        """The server's id of this request, or an empty string. Source: protocol/recorded-responses.md §1."""
        return self.headers.get("X-VMWARE-VCLOUD-REQUEST-ID", "")

    @property
    def is_success(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class Exchange:
    """One attempt to send one request: the answer, or the error that stood in its place.

    Observers get this redacted: see :func:`vcloudair_core.util.redaction.redacted_exchange`.
    """

    request: Request
    response: Response | None
    error: Exception | None
    elapsed_s: float
    attempt: int = 1


_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """``scheme://host:port`` of a URL, in lower case and with the default port written out.

    Real servers give ``:443`` in one header of an answer and leave it out in its body (Source: protocol/sessions.md
    §1.2);
    written out, the two compare equal.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    port = parts.port or _DEFAULT_PORTS.get(scheme, 0)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{port}"
