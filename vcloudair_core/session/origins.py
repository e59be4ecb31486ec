"""Origins that a token or a password may be sent to.

Allowed are the origin that issued it, origins of the same owner (same registrable host, by the public suffix list) when
a body from there names them, and what ``allowed_origins`` lists. Never allowed: http where the issuer was https.
Source for several hosts of one owner: protocol/sessions.md §1.2 (portal, regions and vCloud Directors differ in host).
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.errors import ConfigurationError, ConnectionFailedError
from vcloudair_core.transport.messages import origin_of
from vcloudair_core.util.xml import excerpt_of

_ODD = re.compile(r"[\x00-\x20\\]")
"""Characters that URL parsers understand in different ways: blanks, control signs, a backslash."""
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z", re.IGNORECASE)


class UntrustedOriginError(ConnectionFailedError):
    """A link leads to where the token must not go. Nothing was sent."""


class Origins:
    """The trust that an issuer gives. ``issuer`` is any URL of it."""

    def __init__(self, issuer: str, allowed: Iterable[str] = ()) -> None:
        self._issuer = issuer
        self._issuer_origin = origin_of(issuer)
        self._is_https = urlsplit(issuer).scheme.lower() == "https"
        self._allowed = frozenset(_allowed_origin(entry) for entry in allowed)

    def admit(self, url: str) -> str:
        """The URL itself. Raises UntrustedOriginError when no token may be sent there."""
        parts = _split(url)
        scheme = parts.scheme.lower()
        if scheme == "http" and self._is_https:
            raise UntrustedOriginError(
                f"A link leads from https to plain http ({shown_origin(url)}); it was not followed.",
                hint="The server's public address is probably set wrong (a proxy ends TLS in front of it): tell its "
                "operator.",
            )
        if self.is_trusted(url):
            return url
        raise UntrustedOriginError(
            f"A link leads to another owner's host ({shown_origin(url)}, not {self._issuer_origin}); the token was not "
            "sent there.",
            hint=f"If that host is right, set allowed_origins (VCA_ALLOWED_ORIGINS) to {shown_origin(url)}",
        )

    def is_trusted(self, url: str) -> bool:
        """True when a token may be sent to this URL; false for what is none, or may be read in two ways."""
        try:
            _split(url)
        except UntrustedOriginError:
            return False
        origin = origin_of(url)
        if self._is_https and origin.startswith("http://"):
            return False
        if origin == self._issuer_origin or origin in self._allowed:
            return True
        # Last, because it loads the public suffix list.
        return owner_of(url) == owner_of(self._issuer)


def owner_of(url: str) -> str:
    """The registrable host (``example.com`` of ``a.b.example.com``); the host itself for addresses and bare names."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    if "." not in host or _is_address(host):
        return host
    return _registrable(host) or host


def shown_origin(url: str) -> str:
    """``scheme://host[:port]`` for messages: no user info, no path, no default port."""
    origin = origin_of(url)
    for scheme, port in (("https", ":443"), ("http", ":80")):
        if origin.startswith(f"{scheme}://") and origin.endswith(port):
            return origin[: -len(port)]
    return origin


def _split(url: str) -> Any:
    """The parts of an absolute URL. Raises UntrustedOriginError for what is none, or holds a user name."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError on a port that is no number
    except ValueError as exc:
        raise UntrustedOriginError(f"The server sent a link that is not a URL: {excerpt_of(url)!r}.") from exc
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or _ODD.search(url):
        raise UntrustedOriginError(f"The server sent a link that is not a URL: {excerpt_of(url)!r}.")
    if "@" in parts.netloc:
        raise UntrustedOriginError(f"A link to {shown_origin(url)} holds a user name; it was not followed.")
    return parts


def _is_address(host: str) -> bool:
    # 10.0.0.010 and 0x7f.1 are addresses to whoever connects, but not to ipaddress.
    if _NUMBER.match(host.rpartition(".")[2]):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=256)
def _registrable(host: str) -> str:
    suffix = _suffixes().privatesuffix(host)
    return str(suffix or "")


@functools.lru_cache(maxsize=1)
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _allowed_origin(entry: str) -> str:
    text = entry if "://" in entry else f"https://{entry}"
    try:
        origin = origin_of(text)
        if urlsplit(text).scheme.lower() in ("http", "https") and urlsplit(text).hostname:
            return origin
    except ValueError:
        pass
    raise ConfigurationError(
        f"allowed_origins has {excerpt_of(entry)!r}, which is not an origin.",
        hint="Write https://host or https://host:port.",
    )
